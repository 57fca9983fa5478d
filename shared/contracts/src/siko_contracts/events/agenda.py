"""Events of the stream SIKO_AGENDA."""

import operator
from datetime import date
from typing import Annotated

from pydantic import Field

from siko_contracts.events.base import Event
from siko_contracts.values import Classification, Finding, Outcome


class TopicEvent(Event):
    conference_id: str
    topic_id: str
    body_id: str
    topic_area: str
    classification: Classification


class TopicSubmitted(TopicEvent):
    TYPE = "topic_submitted.v1"
    need_to_know: tuple[str, ...] | None = None
    """As in `topic_accepted.v1`; only older events tell it here, others have null."""


class TopicAccepted(TopicEvent):
    TYPE = "topic_accepted.v1"
    need_to_know: tuple[str, ...] | None = Field(default=None, exclude_if=lambda told: told is None)
    """Bodies that may know of it beside the submitter; empty: all that are invited. Left out: an older event."""


class TopicReturned(TopicEvent):
    TYPE = "topic_returned.v1"


class TopicRejected(TopicEvent):
    TYPE = "topic_rejected.v1"


class TopicDeferred(TopicEvent):
    TYPE = "topic_deferred.v1"


class TopicWithdrawn(TopicEvent):
    TYPE = "topic_withdrawn.v1"


class ItemEvent(Event):
    conference_id: str
    topic_id: str
    number: int


class ItemPlaced(ItemEvent):
    TYPE = "item_placed.v1"


class ItemMoved(ItemEvent):
    TYPE = "item_moved.v1"


class ItemRemoved(ItemEvent):
    TYPE = "item_removed.v1"


class AgendaEvent(Event):
    conference_id: str
    agenda_version: int


class AgendaVersion(AgendaEvent):
    findings: Annotated[tuple[Finding, ...], Field(exclude_if=operator.not_)] = ()
    """What spoke against it, such as a missing situation picture (R19); left out where nothing did."""


class AgendaReleased(AgendaVersion):
    TYPE = "agenda_released.v1"


class AgendaSupplemented(AgendaVersion):
    TYPE = "agenda_supplemented.v1"


class AgendaFrozen(AgendaEvent):
    TYPE = "agenda_frozen.v1"


class TopicDiscussed(Event):
    """A topic was discussed in session, with at least one outcome (R23, R24)."""

    TYPE = "topic_discussed.v1"
    conference_id: str
    topic_id: str
    topic_area: str
    areas: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    bodies_present: tuple[str, ...]


class PresenceRefuted(Event):
    """A body that the discussion names as present was recorded absent (R27)."""

    TYPE = "presence_refuted.v1"
    conference_id: str
    topic_id: str
    absent_body_id: str


class NeedDismissed(Event):
    """The table decided that a need for action has no answer (R25); the reason is sealed."""

    TYPE = "need_dismissed.v1"
    conference_id: str
    topic_id: str


class NeedsAnswered(Event):
    TYPE = "needs_answered.v1"
    conference_id: str


class ActionEvent(Event):
    """An action as it stands after the event (R26)."""

    action_id: str
    conference_id: str
    topic_id: str
    topic_area: str
    lead_body_id: str
    contributing_body_ids: tuple[str, ...] = ()
    due_on: date
    follow_up_on: date | None = None


class ActionProposed(ActionEvent):
    TYPE = "action_proposed.v1"


class ActionConsented(ActionEvent):
    TYPE = "action_consented.v1"
    body_id: str


class ActionAgreed(ActionEvent):
    """Lead and contributing bodies have all consented (R27)."""

    TYPE = "action_agreed.v1"


class ActionConsentVoided(ActionEvent):
    """A consent at the table does not hold: the body was recorded absent. The action is proposed again (R27)."""

    TYPE = "action_consent_voided.v1"
    body_id: str
