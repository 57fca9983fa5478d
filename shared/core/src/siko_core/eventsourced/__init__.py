"""Aggregates, their events, and the application that loads and saves them."""

from siko_core.eventsourced.aggregates import (
    Aggregate,
    Created,
    DomainEvent,
    event,
)
from siko_core.eventsourced.application import EventSourcedApplication, Saved

__all__ = [
    "Aggregate",
    "Created",
    "DomainEvent",
    "EventSourcedApplication",
    "Saved",
    "event",
]
