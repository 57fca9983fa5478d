"""Every event of siko, a module a service; `decode` reads one from a message's `ce-type` and body."""

from siko_contracts.events import agenda, invitations, scheduler
from siko_contracts.events.base import TYPES, Event, HistoryLost, PersonErased, Recorded, decode

__all__ = [
    "TYPES",
    "Event",
    "HistoryLost",
    "PersonErased",
    "Recorded",
    "agenda",
    "decode",
    "invitations",
    "scheduler",
]
