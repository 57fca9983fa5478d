"""Checkpoints: a follower's position in a producer's log, advanced by compare-and-set."""

from dataclasses import dataclass
from typing import NamedTuple

COMMITS = "(commits)"
"""Stands in for a producer's name in the row that holds a store's commit count."""
OWN_LOG = "(own log)"
"""Stands in for one in the row of how far the service has followed its own log for effects outside."""


@dataclass(frozen=True)
class Step:
    """Compare-and-set of a checkpoint, from `previous` to `position`; `sequence`: that message's sequence in the stream."""

    producer: str
    previous: int
    position: int
    sequence: int


@dataclass(frozen=True)
class Place:
    """A checkpoint: the last position of the producer that was applied, and that message's sequence in the stream."""

    position: int = 0
    sequence: int = 0


@dataclass(frozen=True)
class Standing:
    """A store's state: its commit count, its last event's position, and whether anything is parked."""

    commits: int
    last: int
    is_parked: bool


class Written(NamedTuple):
    """Header of a stored event, without its payload: position, aggregate id and version, and topic."""

    id: int
    originator_id: str
    originator_version: int
    topic: str


class OutOfStep(Exception):
    """The compare-and-set failed: the checkpoint is not at `previous`, because another replica was faster."""
