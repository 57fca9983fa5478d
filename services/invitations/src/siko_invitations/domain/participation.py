"""What an invited body may answer, whom it may send, and on which level it takes part."""

from datetime import date
from typing import Any, ClassVar, Literal

from siko_contracts.values import (
    Channel,
    CompetentBody,
    Finding,
    Level,
    Moment,
    ReminderAbout,
    Value,
)
from siko_core.eventsourced.aggregates import DomainEvent
from siko_core.refusals import InvalidCommand
from siko_core.sealed import Sealed

from siko_invitations.domain.refusals import DeputyOfDeputy, ForeignDeputy
from siko_invitations.domain.ruleset import Ruleset

Answer = Literal["accepted", "tentative", "declined"]
UNNAMED = "Vertretung"
"""Function of a deputy whose function was not said."""


class ReplyMark(Value):
    """Which edition a calendar's reply answers, and when the calendar made it: by this it is told from others."""

    sequence: int
    stamp: Moment


class Origin(Value):
    """How an answer came that no signed-in person has given: by which link, or as which reply from which address."""

    link_id: str | None = None
    reply: ReplyMark | None = None
    sender: Sealed[str] | None = None


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

    ANSWER: ClassVar[str]
    channel: Channel
    comment: Sealed[str] | None = None
    origin: Origin | None = None

    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        aggregate._set_answer(self.ANSWER, self.comment)  # noqa: SLF001 - its own
        _note_reply(aggregate, self.origin)


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

    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        aggregate.reminders, aggregate.reminded_on = self.reminder, self.day


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
    comment: Sealed[str] | None = None
    origin: Origin | None = None

    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        aggregate._set_answer("DEPUTY_NAMED", self.comment)  # noqa: SLF001 - its own
        aggregate.deputy, aggregate.deputy_name = self.deputy, self.name
        _note_reply(aggregate, self.origin)


def _note_reply(aggregate: Any, origin: Origin | None) -> None:
    if origin and origin.reply:
        aggregate.last_reply = origin.reply


class LinkIssue(DomainEvent):
    """The body may answer by one more link."""

    link_id: str

    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        aggregate.link_ids |= {self.link_id}


class LinkRevocation(DomainEvent):
    """All links so far are of no use any more."""

    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        aggregate.link_ids = frozenset()


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
