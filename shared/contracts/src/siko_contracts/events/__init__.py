"""Every event of siko, a module a service; `decode` reads one from a message's `ce-type` and body."""

from siko_contracts.events import agenda, invitations, scheduler
from siko_contracts.events.base import TYPES, Event, HistoryLost, Recorded, decode

__all__ = [
    "TYPES",
    "Event",
    "HistoryLost",
    "Recorded",
    "agenda",
    "decode",
    "invitations",
    "scheduler",
]
