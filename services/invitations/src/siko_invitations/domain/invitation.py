"""One invitation a conference and body: how it went out, what was answered, who came."""

from datetime import date, datetime
from typing import Any, ClassVar, Literal

from siko_contracts.values import Channel, CompetentBody, Finding, Level
from siko_core.eventsourced.aggregates import Aggregate, Created, event
from siko_core.refusals import AlreadyDone, WrongState, ensure_state
from siko_core.sealed import Sealed

from siko_invitations.domain.participation import (
    Answer,
    Attendance,
    CarriedByPeople,
    Deputy,
    Dispatch,
    LinkIssue,
    LinkRevocation,
    Naming,
    Origin,
    Overdue,
    Reminder,
    ReplyMark,
    Response,
    Waiting,
    level_present,
)
from siko_invitations.domain.refusals import (
    AnswerAfterStart,
    AnswerLinkRevoked,
    InvitationWithdrawn,
    NotInvited,
    WrongDistrict,
)
from siko_invitations.domain.ruleset import NRW_2024_1

State = Literal[
    "DRAFTED", "SENT", "SENT_TO_INTERMEDIARY", "FORWARDED", "ATTENDED", "ABSENT", "WITHDRAWN"
]
SENT: tuple[State, ...] = ("SENT", "SENT_TO_INTERMEDIARY", "FORWARDED")
ATTENDANCE: tuple[State, ...] = ("ATTENDED", "ABSENT")
AnswerState = Literal["OPEN", "ACCEPTED", "TENTATIVE", "DECLINED", "DEPUTY_NAMED"]
Cause = Literal["withdrawn", "removed", "no_longer_competent", "postponed", "cancelled"]


class Invitation(Aggregate):
    """DRAFTED -> SENT | SENT_TO_INTERMEDIARY -> FORWARDED -> ATTENDED | ABSENT; WITHDRAWN -> DRAFTED.

    Beside it the answer: OPEN until there is one; OPEN again when the conference gets a new date.
    """

    TOPIC = "invitation"

    class Event(Aggregate.Event):
        conference_id: str
        body_id: str

    class Drafted(Created):
        TOPIC = "invitation.drafted"
        conference_id: str
        body_id: str

    class DraftedAgain(Event):
        TOPIC = "invitation.drafted_again"

    class Sent(Dispatch, Event):
        TOPIC = "invitation.sent"

    class SentToIntermediary(Dispatch, Event):
        TOPIC = "invitation.sent_to_intermediary"

    class Forwarded(Waiting, Event):
        TOPIC = "invitation.forwarded"
        body: CompetentBody

    class ForwardingReopened(Waiting, Event):
        TOPIC = "invitation.forwarding_reopened"

    class ForwardingOverdue(Overdue, Event):
        TOPIC = "invitation.forwarding_overdue"

    class Reminded(Reminder, Event):
        TOPIC = "invitation.reminded"

    class HandedOver(CarriedByPeople, Event):
        TOPIC = "invitation.handed_over"

    class Accepted(Response, Event):
        TOPIC = "invitation.accepted"
        ANSWER = "ACCEPTED"

    class TentativelyAccepted(Response, Event):
        TOPIC = "invitation.tentatively_accepted"
        ANSWER = "TENTATIVE"

    class Declined(Response, Event):
        TOPIC = "invitation.declined"
        ANSWER = "DECLINED"

    class DeputyNamed(Naming, Event):
        TOPIC = "invitation.deputy_named"

    class LinkIssued(LinkIssue, Event):
        TOPIC = "invitation.link_issued"

    class LinksRevoked(LinkRevocation, Event):
        TOPIC = "invitation.links_revoked"

    class ResponseInvalidated(Waiting, Event):
        TOPIC = "invitation.response_invalidated"

    class Withdrawn(Event):
        TOPIC = "invitation.withdrawn"
        cause: Cause
        reason: Sealed[str] | None = None

    class AttendanceRecorded(Attendance, Event):
        TOPIC = "invitation.attendance_recorded"

    class AttendanceCorrected(Attendance, Event):
        TOPIC = "invitation.attendance_corrected"
        error: Sealed[str]

    @staticmethod
    def create_id(conference_id: str, body_id: str, **_: Any) -> str:
        return f"invitation:{conference_id}:{body_id}"

    @event(Drafted)
    def __init__(self, authority_id: str, conference_id: str, body_id: str) -> None:
        self.conference_id = conference_id
        self.body_id = body_id
        self.reminded_on: date | None = None
        self._begin()

    def _begin(self) -> None:
        self.state: State = "DRAFTED"
        self.sent_at: datetime | None = None
        self.waiting_since: datetime | None = None
        self.is_overdue = False
        self.reminders = 0
        self.body: CompetentBody | None = None
        self.handed_over: frozenset[Channel] = frozenset()
        self.link_ids: frozenset[str] = frozenset()
        self.last_reply: ReplyMark | None = None
        self._set_answer("OPEN")

    def trigger_event(self, event_class: Any, **kwargs: Any) -> None:
        super().trigger_event(
            event_class, conference_id=self.conference_id, body_id=self.body_id, **kwargs
        )

    @property
    def is_sent(self) -> bool:
        return self.state in SENT

    @property
    def is_pending(self) -> bool:
        """Whether it is sent and nobody has answered; whoever has answered is chased no more."""
        return self.is_sent and self.answer == "OPEN"

    @property
    def addressee(self) -> str:
        """R12: a school office is never written to directly."""
        return (self.body.via if self.body else None) or self.body_id

    def was_sent_before(self, start: datetime) -> bool:
        """R8: what was sent only after the start earns no credit, and neither does what was withdrawn."""
        return self.is_sent and self.sent_at is not None and self.sent_at < start

    def draft_again(self) -> None:
        """R14: draft anew when the list names the body again; its earlier answer stays in history only."""
        if self.state == "WITHDRAWN":
            self.invalidate_response()
            self._drafted_again()

    @event(DraftedAgain)
    def _drafted_again(self) -> None:
        self._begin()

    def send(self, body: CompetentBody) -> None:
        """Send the invitation when its list is released; one that is sent already stays as it is (R14)."""
        if self.state != "DRAFTED":
            return
        if body.route == "via":
            self._sent_to_intermediary(body)
        else:
            self._sent(body)

    @event(Sent)
    def _sent(self, body: CompetentBody) -> None:
        self._begin_journey("SENT", body)

    @event(SentToIntermediary)
    def _sent_to_intermediary(self, body: CompetentBody) -> None:
        self._begin_journey("SENT_TO_INTERMEDIARY", body)

    def _begin_journey(self, state: State, body: CompetentBody) -> None:
        self.state, self.body = state, body

    def confirm_forwarding(self, by_body_id: str) -> None:
        """R12: the intermediary that the invitation went to confirms that it has forwarded it."""
        self.ensure_invited()
        if self.body is None or self.state not in {"SENT_TO_INTERMEDIARY", "FORWARDED"}:
            raise WrongState(state=self.state, needed=["SENT_TO_INTERMEDIARY"])
        if by_body_id != self.body.via:
            raise WrongDistrict(field="by_body_id", via=self.body.via)
        if self.state == "SENT_TO_INTERMEDIARY":
            self._forwarded(self.body)

    @event(Forwarded)
    def _forwarded(self, body: CompetentBody) -> None:
        self.state = "FORWARDED"

    def reopen_forwarding(self) -> None:
        """R12, R14: a new date has still to be forwarded. The credit stays, it is for the dispatch to the intermediary."""
        if self.state == "FORWARDED":
            self._forwarding_reopened()

    @event(ForwardingReopened)
    def _forwarding_reopened(self) -> None:
        self.state = "SENT_TO_INTERMEDIARY"
        self.is_overdue = False

    def note_overdue(self, due_on: date, ruleset: str) -> None:
        """R12: the intermediary was asked to have forwarded it by that day."""
        if self.body is not None and self.state == "SENT_TO_INTERMEDIARY" and not self.is_overdue:
            self._forwarding_overdue(self.body, due_on, ruleset=ruleset)

    @event(ForwardingOverdue)
    def _forwarding_overdue(self, body: CompetentBody, due_on: date, *, ruleset: str) -> None:
        self.is_overdue = True

    def may_be_reminded_on(self, day: date) -> bool:
        """Never twice for the same day, and only while nobody has answered."""
        return self.is_pending and (self.reminded_on is None or self.reminded_on < day)

    def remind(
        self,
        day: date,
        subject: Sealed[str] | None = None,
        text: Sealed[str] | None = None,
        *,
        ruleset: str | None = None,
    ) -> None:
        """Remind of the answer, or the intermediary of the forwarding; a no-op if nobody may be reminded that day."""
        if self.may_be_reminded_on(day):
            self.trigger_event(
                self.Reminded,
                reminder=self.reminders + 1,
                day=day,
                about="forwarding" if self.state == "SENT_TO_INTERMEDIARY" else "answer",
                to_body_id=self.addressee,
                subject=subject,
                text=text,
                ruleset=ruleset,
            )

    def hand_over(self, channel: Channel) -> None:
        self.ensure_invited()
        if channel not in self.handed_over:
            self._handed_over(channel)

    @event(HandedOver)
    def _handed_over(self, channel: Channel) -> None:
        self.handed_over |= {channel}

    def issue_link(self, link_id: str, *, in_time: bool) -> None:
        """The body may answer by this link too, until it is withdrawn or the links are revoked."""
        self._ensure_answerable(in_time=in_time)
        self.trigger_event(self.LinkIssued, link_id=link_id)

    def revoke_links(self) -> None:
        if self.link_ids:
            self.trigger_event(self.LinksRevoked)

    def ensure_usable(self, link_id: str) -> None:
        """Raises InvitationWithdrawn or AnswerLinkRevoked: a link is for the invitation as it was sent then."""
        self.ensure_invited()
        if link_id not in self.link_ids:
            raise AnswerLinkRevoked

    def respond(
        self,
        answer: Answer,
        channel: Channel,
        comment: Sealed[str] | None,
        origin: Origin | None = None,
        *,
        in_time: bool,
        says_more: bool,
    ) -> None:
        """R16: answers are taken until the start. The same answer again changes nothing, unless its comment does."""
        self._ensure_answerable(in_time=in_time)
        said = self.RESPONSES[answer]
        if self.answer != said.ANSWER or says_more:
            self.trigger_event(said, channel=channel, comment=comment, origin=origin)

    RESPONSES: ClassVar[dict[Answer, type[Response]]] = {
        "accepted": Accepted,
        "tentative": TentativelyAccepted,
        "declined": Declined,
    }

    def _set_answer(self, answer: AnswerState, comment: Sealed[str] | None = None) -> None:
        self.answer: AnswerState = answer
        self.comment = comment
        self.deputy: Deputy | None = None
        self.deputy_name: Sealed[str] | None = None

    def name_deputy(
        self,
        deputy: Deputy,
        name: Sealed[str] | None,
        channel: Channel,
        comment: Sealed[str] | None = None,
        origin: Origin | None = None,
        *,
        in_time: bool,
        says_more: bool,
        findings: tuple[Finding, ...] = (),
    ) -> None:
        """R11: a deputy head keeps the level. The same deputy again changes nothing.

        `findings`: that the deputy stands for another body too (R15).
        """
        self._ensure_answerable(in_time=in_time)
        if self.deputy != deputy or says_more:
            self.trigger_event(
                self.DeputyNamed,
                deputy=deputy,
                keeps_level=deputy.keeps_level(NRW_2024_1),
                name=name,
                channel=channel,
                comment=comment,
                origin=origin,
                ruleset=NRW_2024_1.name,
                findings=findings,
            )

    def invalidate_response(self) -> None:
        """R14: a new date reopens the answer."""
        if self.answer != "OPEN":
            self._response_invalidated()

    @event(ResponseInvalidated)
    def _response_invalidated(self) -> None:
        self._set_answer("OPEN")

    def withdraw(self, cause: Cause, reason: Sealed[str] | None = None) -> None:
        self.ensure_invited()
        self._ensure_state(*SENT)
        self._withdrawn(cause, reason)

    @event(Withdrawn)
    def _withdrawn(self, cause: Cause, reason: Sealed[str] | None) -> None:
        self.state = "WITHDRAWN"

    def record_attendance(self, level: Level | None, *, attended: bool) -> None:
        self.ensure_invited()
        if self.state in ATTENDANCE:
            raise AlreadyDone(
                "the attendance is recorded: use correct_attendance", state=self.state
            )
        self._attendance_recorded(attended, level_present(level, attended=attended))

    @event(AttendanceRecorded)
    def _attendance_recorded(self, attended: bool, level: Level | None) -> None:
        self.state = "ATTENDED" if attended else "ABSENT"

    def correct_attendance(
        self, level: Level | None, error: Sealed[str], *, attended: bool
    ) -> None:
        """R16: what is known only after the start comes as a correction that names the error."""
        self.ensure_invited()
        self._ensure_state(*ATTENDANCE)
        self._attendance_corrected(attended, level_present(level, attended=attended), error)

    @event(AttendanceCorrected)
    def _attendance_corrected(
        self, attended: bool, level: Level | None, error: Sealed[str]
    ) -> None:
        self.state = "ATTENDED" if attended else "ABSENT"

    def ensure_invited(self) -> None:
        if self.state == "DRAFTED":
            raise NotInvited(body_id=self.body_id)
        if self.state == "WITHDRAWN":
            raise InvitationWithdrawn(body_id=self.body_id)

    def _ensure_state(self, *needed: State) -> None:
        ensure_state(self.state, *needed)

    def _ensure_answerable(self, *, in_time: bool) -> None:
        self.ensure_invited()
        if not in_time:
            raise AnswerAfterStart
