"""What an invited body may answer, whom it may send, and on which level it takes part."""

from datetime import date
from typing import Any, ClassVar, Literal

from siko_contracts.values import Channel, CompetentBody, Finding, Level, ReminderAbout, Value
from siko_core.eventsourced.aggregates import DomainEvent
from siko_core.refusals import InvalidCommand
from siko_core.sealed import Sealed

from siko_invitations.domain.refusals import DeputyOfDeputy, ForeignDeputy
from siko_invitations.domain.ruleset import Ruleset

Answer = Literal["accepted", "tentative", "declined"]


class Waiting(DomainEvent):
    """An event from which on somebody is waited for: the intermediary, or the body with its answer."""

    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        aggregate.waiting_since = aggregate.effective_at


class Dispatch(Waiting):
    """An invitation goes out."""

    body: CompetentBody

    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        aggregate.sent_at = aggregate.effective_at


class CarriedByPeople(DomainEvent):
    """A dispatch that people have entered; letters that go by mail are those of `Correspondence`."""

    kind: ClassVar[None] = None
    letter: ClassVar[None] = None
    sha256: ClassVar[None] = None
    channel: Channel


class Response(DomainEvent):
    """What the events of the three answers have in common."""

    channel: Channel
    comment: Sealed[str] | None = None


class Chasing(DomainEvent):
    """Somebody is chased. What had happened before can still be entered after it: an answer that came by letter."""

    def apply(self, aggregate: Any) -> None:
        effective_at = aggregate.effective_at
        super().apply(aggregate)
        aggregate.effective_at = effective_at


class Overdue(Chasing):
    """The intermediary has not confirmed by that day."""

    body: CompetentBody
    due_on: date
    ruleset: str


class Reminder(Chasing):
    """A reminder of the answer, or of the forwarding.

    `ruleset`: where it was due by itself; what a secretariat sends may have words of its own.
    """

    reminder: int
    day: date
    about: ReminderAbout
    to_body_id: str
    subject: Sealed[str] | None = None
    text: Sealed[str] | None = None
    ruleset: str | None = None


class Deputy(Value):
    """A deputy by function, never a person; the name is sealed in the event beside it."""

    function: str
    level: Level

    def keeps_level(self, rules: Ruleset) -> bool:
        """R11: a deputy head is of the leadership level."""
        return self.level in rules.leadership_levels


class Naming(DomainEvent):
    """A deputy is named; `findings`: that the deputy stands for another body too (R15)."""

    deputy: Deputy
    keeps_level: bool
    name: Sealed[str] | None = None
    channel: Channel
    ruleset: str
    findings: tuple[Finding, ...] = ()


class Attendance(DomainEvent):
    """Who came, at which level."""

    attended: bool
    level: Level | None = None


def ensure_own_deputy(
    body_id: str, of_body_id: str, named_by: Literal["leadership", "deputy"]
) -> None:
    """R15: a deputy belongs to the same body, and a deputy names none."""
    if named_by == "deputy":
        raise DeputyOfDeputy(field="named_by")
    if of_body_id != body_id:
        raise ForeignDeputy(field="of_body_id", body_id=body_id)


def level_present(level: Level | None, *, attended: bool) -> Level | None:
    """R11: the level of the person who came; None if nobody came."""
    if attended and level is None:
        raise InvalidCommand(level="required where the body attended")
    return level if attended else None
