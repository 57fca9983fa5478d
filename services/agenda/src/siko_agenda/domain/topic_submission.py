"""A topic that an invited body submits: decided by the secretariat, placed, discussed with outcomes."""

from typing import Any, Literal

from siko_contracts.values import Classification, Value
from siko_core.eventsourced.aggregates import Aggregate, Created, event
from siko_core.refusals import ensure_state
from siko_core.sealed import Sealed

from siko_agenda.domain.refusals import CaseDataDeclared, ClassificationTooHigh, NoOutcome

State = Literal[
    "SUBMITTED",
    "ACCEPTED",
    "PLACED",
    "DISCUSSED",
    "RETURNED",
    "REJECTED",
    "DEFERRED",
    "WITHDRAWN",
]
UNDECIDED: tuple[State, ...] = ("SUBMITTED", "RETURNED", "ACCEPTED", "PLACED")
CLASSIFICATIONS: tuple[Classification, ...] = ("open", "vs_nfd")
NEED_FOR_ACTION = "need_for_action"
ANSWERS_TO_NEEDS = {"action", "concept", "deferred"}


class TopicOutcome(Value):
    """What a discussion led to; its words are sealed."""

    kind: str
    text: Sealed[str] | None = None
    refers_to: str | None = None


class TopicEvent(Aggregate.Event):
    """Says which topic it is about, so that its contract is a function of the event alone."""

    conference_id: str
    body_id: str
    topic_area: str
    classification: Classification


class TopicSubmission(Aggregate):
    """SUBMITTED -> ACCEPTED -> PLACED -> DISCUSSED; RETURNED, REJECTED, DEFERRED, WITHDRAWN on the way."""

    TOPIC = "topic_submission"

    class Submitted(Created):
        TOPIC = "topic_submission.submitted"
        conference_id: str
        body_id: str
        topic_area: str
        title: Sealed[str]
        text: Sealed[str] | None
        classification: Classification
        contains_case_data: bool
        may_know: tuple[str, ...] = ()
        """Bodies within the invited ones, which is judged when the topic is accepted; empty: all of them."""
        need_to_know: tuple[str, ...] | None = None
        """The same in older events: judged, and told to all, when the topic was submitted."""

    class Accepted(TopicEvent):
        TOPIC = "topic_submission.accepted"
        need_to_know: tuple[str, ...] | None = None
        """None in older events."""

    class Returned(TopicEvent):
        TOPIC = "topic_submission.returned"
        reason: Sealed[str]

    class Rejected(TopicEvent):
        TOPIC = "topic_submission.rejected"
        reason: Sealed[str]

    class Deferred(TopicEvent):
        TOPIC = "topic_submission.deferred"
        reason: Sealed[str] | None
        """None if the conference was cancelled, or ended before the topic was called."""

    class Withdrawn(TopicEvent):
        TOPIC = "topic_submission.withdrawn"

    class Placed(TopicEvent):
        TOPIC = "topic_submission.placed"

    class TakenOff(TopicEvent):
        TOPIC = "topic_submission.taken_off"

    class Discussed(TopicEvent):
        TOPIC = "topic_submission.discussed"
        areas: tuple[str, ...]
        outcomes: tuple[TopicOutcome, ...]
        bodies_present: tuple[str, ...]
        ad_hoc: bool
        """The topic was not on the agenda (R23)."""

    class PresenceRefuted(TopicEvent):
        TOPIC = "topic_submission.presence_refuted"
        absent_body_id: str

    @classmethod
    def submit(
        cls, *, classification: str, contains_case_data: bool, **fields: Any
    ) -> "TopicSubmission":
        """R22; the topic area is an open list (R17). Fields as in `Submitted`, and id and authority_id."""
        known = next((allowed for allowed in CLASSIFICATIONS if allowed == classification), None)
        if known is None:
            raise ClassificationTooHigh(field="classification", allowed=list(CLASSIFICATIONS))
        if contains_case_data:
            raise CaseDataDeclared(field="contains_case_data")
        return cls(classification=known, contains_case_data=False, need_to_know=None, **fields)

    @event(Submitted)
    def __init__(
        self,
        *,
        id: str,  # noqa: A002
        authority_id: str,
        conference_id: str,
        body_id: str,
        topic_area: str,
        title: Sealed[str],
        text: Sealed[str] | None,
        classification: Classification,
        contains_case_data: bool,
        may_know: tuple[str, ...],
        need_to_know: tuple[str, ...] | None,
    ) -> None:
        self.conference_id = conference_id
        self.body_id = body_id
        self.topic_area = topic_area
        self.classification = classification
        self.need_to_know = may_know if need_to_know is None else need_to_know
        self.state: State = "SUBMITTED"
        self.outcomes: tuple[TopicOutcome, ...] = ()
        self.bodies_present: tuple[str, ...] = ()

    def trigger_event(self, event_class: Any, **kwargs: Any) -> None:
        super().trigger_event(
            event_class,
            conference_id=self.conference_id,
            body_id=self.body_id,
            topic_area=self.topic_area,
            classification=self.classification,
            **kwargs,
        )

    def accept(self) -> None:
        self._ensure_state("SUBMITTED")
        self._accepted(self.need_to_know)

    @event(Accepted)
    def _accepted(self, need_to_know: tuple[str, ...] | None) -> None:
        self.state = "ACCEPTED"

    def send_back(self, reason: Sealed[str]) -> None:
        self._ensure_state("SUBMITTED")
        self._returned(reason)

    @event(Returned)
    def _returned(self, reason: Sealed[str]) -> None:
        self.state = "RETURNED"

    def reject(self, reason: Sealed[str]) -> None:
        self._ensure_state("SUBMITTED", "RETURNED", "ACCEPTED")
        self._rejected(reason)

    @event(Rejected)
    def _rejected(self, reason: Sealed[str]) -> None:
        self.state = "REJECTED"

    def defer(self, reason: Sealed[str]) -> None:
        self._ensure_state(*UNDECIDED)
        self._deferred(reason)

    def defer_with_conference(self) -> None:
        """The conference is cancelled: a topic that was still open goes on with another one."""
        if self.state in UNDECIDED:
            self._deferred(None)

    def defer_uncalled(self) -> None:
        """R29: an item that the session did not come to goes on with another conference.

        Decided: items alone. What was never placed waits for the secretariat, which defers or rejects it with a reason.
        """
        if self.state == "PLACED":
            self._deferred(None)

    @event(Deferred)
    def _deferred(self, reason: Sealed[str] | None) -> None:
        self.state = "DEFERRED"

    def withdraw(self) -> None:
        self._ensure_state(*UNDECIDED)
        self._withdrawn()

    @event(Withdrawn)
    def _withdrawn(self) -> None:
        self.state = "WITHDRAWN"

    def place(self) -> None:
        self._ensure_state("ACCEPTED")
        self._placed()

    @event(Placed)
    def _placed(self) -> None:
        self.state = "PLACED"

    def take_off(self) -> None:
        self._ensure_state("PLACED")
        self._taken_off()

    @event(TakenOff)
    def _taken_off(self) -> None:
        self.state = "ACCEPTED"

    def ensure_placed(self) -> None:
        self._ensure_state("PLACED")

    def discuss(
        self,
        areas: tuple[str, ...],
        outcomes: tuple[TopicOutcome, ...],
        bodies_present: tuple[str, ...],
    ) -> None:
        """R24; what has no place on the agenda is discussed ad hoc (R23)."""
        self._ensure_state("PLACED", "ACCEPTED", "SUBMITTED")
        if not outcomes:
            raise NoOutcome(field="outcomes")
        self._discussed(areas, outcomes, bodies_present, self.state != "PLACED")

    @event(Discussed)
    def _discussed(
        self,
        areas: tuple[str, ...],
        outcomes: tuple[TopicOutcome, ...],
        bodies_present: tuple[str, ...],
        ad_hoc: bool,
    ) -> None:
        self.state = "DISCUSSED"
        self.outcomes = outcomes
        self.bodies_present = bodies_present

    def refute_presence(self, absent_body_id: str) -> None:
        """R27: a body that the discussion names was recorded absent afterwards."""
        if absent_body_id in self.bodies_present:
            self._presence_refuted(absent_body_id)

    @event(PresenceRefuted)
    def _presence_refuted(self, absent_body_id: str) -> None:
        self.bodies_present = tuple(
            body_id for body_id in self.bodies_present if body_id != absent_body_id
        )

    def ensure_discussed(self) -> None:
        """R26: an action comes out of a discussion."""
        self._ensure_state("DISCUSSED")

    @property
    def leaves_need_open(self) -> bool:
        """R25: a need for action that no other outcome of the same discussion answers."""
        kinds = {outcome.kind for outcome in self.outcomes}
        return NEED_FOR_ACTION in kinds and not kinds & ANSWERS_TO_NEEDS

    def is_open_to(self, body_id: str, *, is_released: bool) -> bool:
        """R22, R38: its own topic; another's within the need-to-know, once it is on a released agenda or was discussed."""
        if body_id == self.body_id:
            return True
        is_told = is_released or self.state == "DISCUSSED"
        return is_told and (not self.need_to_know or body_id in self.need_to_know)

    def _ensure_state(self, *needed: State) -> None:
        ensure_state(self.state, *needed)
