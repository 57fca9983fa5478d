"""An action: one lead body, contributing bodies, a due date, and the consent of each of them."""

from collections.abc import Collection
from datetime import date
from typing import Any, Literal

from siko_core.eventsourced.aggregates import Aggregate, Created, event
from siko_core.refusals import AlreadyDone, InvalidCommand
from siko_core.sealed import Sealed

from siko_agenda.domain.refusals import (
    ConsentMissing,
    CourtLeadsAdjudication,
    DueNotAfterAgreement,
    FollowUpAfterDue,
)

State = Literal["PROPOSED", "AGREED"]
ORDINARY_COURT = "ordinary_court"


class ActionEvent(Aggregate.Event):
    """Says how the action stands, so that its contract is a function of the event alone."""

    conference_id: str
    topic_id: str
    topic_area: str
    lead_body_id: str
    contributing_body_ids: tuple[str, ...]
    due_on: date
    follow_up_on: date | None


class Action(Aggregate):
    """PROPOSED -> AGREED, once all its bodies have consented (R27); back to PROPOSED if one was not at the table."""

    TOPIC = "action"

    class Proposed(Created):
        TOPIC = "action.proposed"
        conference_id: str
        topic_id: str
        topic_area: str
        title: Sealed[str]
        lead_body_id: str
        contributing_body_ids: tuple[str, ...]
        due_on: date
        follow_up_on: date | None
        administrative: bool

    class Consented(ActionEvent):
        TOPIC = "action.consented"
        body_id: str
        note: Sealed[str] | None
        at_the_table: bool = False
        """False in older events too: what was given at the table is known since events say so."""

    class Agreed(ActionEvent):
        TOPIC = "action.agreed"

    class ConsentVoided(ActionEvent):
        TOPIC = "action.consent_voided"
        body_id: str

    @classmethod
    def propose(
        cls,
        *,
        on: date,
        lead_category: str | None,
        at_the_table: Collection[str],
        consents: Collection[str],
        **fields: Any,
    ) -> "Action":
        """R26-R28. `on`: the Berlin day of the proposal; fields as in `Proposed`, and id and authority_id."""
        lead, contributing = fields["lead_body_id"], fields["contributing_body_ids"]
        if len({lead, *contributing}) != 1 + len(contributing):
            raise InvalidCommand(
                "An action names each of its bodies once: one lead, others contributing.",
                contributing_body_ids="names a body twice, or the lead",
            )
        if lead_category == ORDINARY_COURT and not fields["administrative"]:
            raise CourtLeadsAdjudication(field="administrative")
        if fields["follow_up_on"] is not None and fields["follow_up_on"] > fields["due_on"]:
            raise FollowUpAfterDue(field="follow_up_on")
        if absent := [body_id for body_id in consents if body_id not in at_the_table]:
            raise ConsentMissing(field="consents", bodies=absent)
        _ensure_due_after(on, fields["due_on"])
        action = cls(**fields)
        for body_id in dict.fromkeys(consents):
            action.consent(body_id, on, None, at_the_table=True)
        return action

    @event(Proposed)
    def __init__(
        self,
        *,
        id: str,  # noqa: A002
        authority_id: str,
        conference_id: str,
        topic_id: str,
        topic_area: str,
        title: Sealed[str],
        lead_body_id: str,
        contributing_body_ids: tuple[str, ...],
        due_on: date,
        follow_up_on: date | None,
        administrative: bool,
    ) -> None:
        self.conference_id = conference_id
        self.topic_id = topic_id
        self.topic_area = topic_area
        self.lead_body_id = lead_body_id
        self.contributing_body_ids = contributing_body_ids
        self.due_on = due_on
        self.follow_up_on = follow_up_on
        self.consented: set[str] = set()
        self.consented_at_the_table: set[str] = set()
        self.state: State = "PROPOSED"

    def trigger_event(self, event_class: Any, **kwargs: Any) -> None:
        super().trigger_event(
            event_class,
            conference_id=self.conference_id,
            topic_id=self.topic_id,
            topic_area=self.topic_area,
            lead_body_id=self.lead_body_id,
            contributing_body_ids=self.contributing_body_ids,
            due_on=self.due_on,
            follow_up_on=self.follow_up_on,
            **kwargs,
        )

    @property
    def bodies(self) -> set[str]:
        return {self.lead_body_id, *self.contributing_body_ids}

    def consent(
        self, body_id: str, on: date, note: Sealed[str] | None, *, at_the_table: bool = False
    ) -> None:
        """R27; the last consent is the agreement, so it lies before the due date (R26)."""
        if body_id not in self.bodies:
            raise ConsentMissing(
                "The body is no part of the action: only its lead and contributing bodies consent.",
                bodies=sorted(self.bodies - self.consented),
            )
        if body_id in self.consented:
            raise AlreadyDone(f"{body_id} has consented.")
        agrees = self.bodies - self.consented == {body_id}
        if agrees:
            _ensure_due_after(on, self.due_on)
        self._consented(body_id, note, at_the_table)
        if agrees:
            self._agreed()

    @event(Consented)
    def _consented(self, body_id: str, note: Sealed[str] | None, at_the_table: bool) -> None:
        self.consented.add(body_id)
        if at_the_table:
            self.consented_at_the_table.add(body_id)

    @event(Agreed)
    def _agreed(self) -> None:
        self.state = "AGREED"

    def void_consent(self, body_id: str) -> None:
        """R27: the body was absent, so it gave no consent at the table; what it consented to later stays."""
        if body_id in self.consented_at_the_table:
            self._consent_voided(body_id)

    @event(ConsentVoided)
    def _consent_voided(self, body_id: str) -> None:
        self.consented.remove(body_id)
        self.consented_at_the_table.remove(body_id)
        self.state = "PROPOSED"


def _ensure_due_after(on: date, due_on: date) -> None:
    """R26: an action is due after the day on which it is agreed."""
    if due_on <= on:
        raise DueNotAfterAgreement(field="due_on", not_before=on.isoformat())
