"""Commands that every service takes from its operators; each names one dead letter, or all of one aggregate."""

from typing import ClassVar, Self

from pydantic import model_validator

from siko_contracts.access import Access
from siko_contracts.answers import Answer, Settled
from siko_contracts.requests import Request
from siko_contracts.values import Slug, Stored, Text

REPAIR = Access(free=("operator",))


class LettersCommand(Request):
    ANSWER: ClassVar[type[Answer]] = Settled
    id: Stored | None = None
    """Of a dead letter: `scheduler.17`."""
    aggregate_id: Stored | None = None
    """All that is parked of it."""
    producer: Slug | None = None
    """Only what this service has published; two may keep a note under one id (`known:…`)."""
    reason: Text | None = None
    """Kept as it is written: no personal data."""

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.id is None) == (self.aggregate_id is None):
            raise ValueError("either id or aggregate_id")
        return self


class ReplayDeadLetters(LettersCommand):
    """Apply parked events now, in their order; with `id` this one and those of its aggregate before it."""

    NAME = "replay_dead_letters"
    ACCESS = REPAIR


class DiscardDeadLetters(LettersCommand):
    """Give parked events up: they are never applied."""

    NAME = "discard_dead_letters"
    ACCESS = REPAIR
    reason: Text
