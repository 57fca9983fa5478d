"""What every command may carry; unknown fields are refused."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from siko_contracts.access import MAY_BACKDATE, Role
from siko_contracts.values import Moment, NewId, Text

HIGHEST_VERSION = 2**31 - 1


class Command(BaseModel):
    """Asks a service to do something; `NAME` is the last token of its subject."""

    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid")

    NAME: ClassVar[str]

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

    BACKDATED_BY: ClassVar[frozenset[Role]] = MAY_BACKDATE
    """The roles that may give `effective_at`."""
    effective_at: Moment | None = None
    """When it happened; default now. Later is `InTheFuture`, too early `BeforeHistory`."""
