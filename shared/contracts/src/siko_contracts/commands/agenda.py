"""Commands of the agenda."""

from typing import Annotated, Literal

from pydantic import Field

from siko_contracts.access import HEADS, MINUTES, SECRETARIAT, Access
from siko_contracts.commands.base import Effective
from siko_contracts.values import Day, Id, Name, Reference, Slug, Slugs, Text, Value
from siko_contracts.words import OutcomeKind, TopicArea

Number = Annotated[int, Field(ge=1, le=999)]
"""Of an item on the agenda."""
MOST_OUTCOMES = 50


class SubmitTopic(Effective):
    """Answer's id: the topic."""

    NAME = "submit_topic"
    ACCESS = Access(own=SECRETARIAT, partner=True, names=("conference_id",), body="body_id")
    conference_id: Id
    body_id: Slug
    topic_area: TopicArea
    title: Name
    """Sealed."""
    text: Text | None = None
    """Sealed."""
    classification: Name = "open"
    """`open` or `vs_nfd`; anything higher is refused (R22)."""
    contains_case_data: bool
    need_to_know: Slugs = ()
    """Bodies within the invited ones; empty: all of them."""


class AcceptTopic(Effective):
    NAME = "accept_topic"
    ACCESS = Access(own=SECRETARIAT, names=("topic_id",))
    topic_id: Id


class TopicDecision(Effective):
    topic_id: Id
    reason: Text
    """Sealed."""


class ReturnTopic(TopicDecision):
    NAME = "return_topic"
    ACCESS = Access(own=SECRETARIAT, names=("topic_id",))


class RejectTopic(TopicDecision):
    NAME = "reject_topic"
    ACCESS = Access(own=SECRETARIAT, names=("topic_id",))


class DeferTopic(TopicDecision):
    NAME = "defer_topic"
    ACCESS = Access(own=SECRETARIAT, names=("topic_id",))


class WithdrawTopic(Effective):
    NAME = "withdraw_topic"
    ACCESS = Access(own=SECRETARIAT, partner=True, names=("topic_id",))
    topic_id: Id


class PlaceItem(Effective):
    NAME = "place_item"
    ACCESS = Access(own=SECRETARIAT, names=("conference_id", "topic_id"))
    conference_id: Id
    topic_id: Id
    number: Number


class MoveItem(PlaceItem):
    NAME = "move_item"
    ACCESS = Access(own=SECRETARIAT, names=("conference_id", "topic_id"))


class RemoveItem(Effective):
    NAME = "remove_item"
    ACCESS = Access(own=SECRETARIAT, names=("conference_id", "topic_id"))
    conference_id: Id
    topic_id: Id
    number: Number | None = None


class ReleaseAgenda(Effective):
    NAME = "release_agenda"
    ACCESS = Access(own=HEADS, names=("conference_id",))
    conference_id: Id


class OutcomeEntry(Value):
    kind: OutcomeKind
    text: Text | None = None
    """Sealed."""
    refers_to: Reference | None = None


class DiscussTopic(Effective):
    NAME = "discuss_topic"
    ACCESS = Access(own=MINUTES, names=("conference_id", "topic_id"))
    conference_id: Id
    topic_id: Id
    outcomes: Annotated[tuple[OutcomeEntry, ...], Field(max_length=MOST_OUTCOMES)]
    bodies_present: Slugs


class ProposeAction(Effective):
    """Answer's id: the action."""

    NAME = "propose_action"
    ACCESS = Access(own=MINUTES, names=("conference_id", "topic_id"))
    conference_id: Id
    topic_id: Id
    title: Name
    """Sealed."""
    lead_body_id: Slug
    contributing_body_ids: Slugs = ()
    due_on: Day
    follow_up_on: Day | None = None
    administrative: bool = False
    """Administrative, not adjudication: a court leads no other (R28)."""
    consents: Slugs = ()
    """Bodies that agreed at the table (R27)."""


class ConsentToAction(Effective):
    NAME = "consent_to_action"
    ACCESS = Access(own=MINUTES, partner=True, names=("action_id",), body="body_id")
    action_id: Id
    body_id: Slug
    note: Text | None = None
    """Sealed."""


class AnswerNeed(Effective):
    """The table decides that a need for action has no answer (R25); an action or a later outcome needs no command."""

    NAME = "answer_need"
    ACCESS = Access(own=MINUTES, names=("conference_id", "topic_id"))
    conference_id: Id
    topic_id: Id
    answer: Literal["none"]
    reason: Text
    """Sealed."""
