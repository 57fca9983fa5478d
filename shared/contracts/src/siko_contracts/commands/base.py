"""What every command may carry."""

from typing import Annotated, ClassVar

from pydantic import Field

from siko_contracts.answers import Answer
from siko_contracts.requests import Request
from siko_contracts.values import Moment, NewId, Text

HIGHEST_VERSION = 2**31 - 1


class Command(Request):
    """Asks a service to do something."""

    ANSWER: ClassVar[type[Answer]] = Answer
    """What an accepted command is answered with."""
    id: NewId | None = None
    """Id of what is created, a UUID; made by the service (UUIDv7) when left out."""
    expected_version: Annotated[int, Field(ge=0, le=HIGHEST_VERSION)] | None = None
    """Refuse with `VersionConflict` unless the aggregate has this version."""
    override_reason: Text | None = None
    """Goes on in spite of findings (soft rules); recorded sealed."""

    @property
    def brings_now(self) -> Moment | None:
        """What the manual clock is to be when the command is decided, where the command itself says so."""
        return None


class Effective(Command):
    """A command about something that may have happened before it is recorded."""

    effective_at: Moment | None = None
    """When it happened; default now. Later is `InTheFuture`, too early `BeforeHistory`."""
