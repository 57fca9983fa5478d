"""Where a follower stands in a producer's log, and how it moves on."""

from dataclasses import dataclass
from typing import NamedTuple

COMMITS = "(commits)"
"""Stands for a producer's name where a store counts its own commits."""


@dataclass(frozen=True)
class Step:
    """A producer's log, followed from one position to a later one; `sequence`: that message's place in the stream."""

    producer: str
    previous: int
    position: int
    sequence: int


@dataclass(frozen=True)
class Place:
    """Where a follower stands: the producer's position it has applied, and that message's stream sequence."""

    position: int = 0
    sequence: int = 0


@dataclass(frozen=True)
class Standing:
    """Where a store stands: its count of commits, the last event's position, and whether anything is parked."""

    commits: int
    last: int
    is_parked: bool


class Written(NamedTuple):
    """An event that another process has stored, without what it says: its position, whose it is, and its kind."""

    id: int
    originator_id: str
    originator_version: int
    topic: str


class OutOfStep(Exception):
    """The events do not begin where the follower stands: another replica was faster."""
