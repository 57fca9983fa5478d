"""Commands of the agenda."""

from datetime import date

from siko_contracts.commands.base import Effective
from siko_contracts.values import Code, Id, Name, Slug, Text, Value


class SubmitTopic(Effective):
    """Answer's id: the topic."""

    NAME = "submit_topic"
    conference_id: Id
    body_id: Slug
    topic_area: Code
    title: Name
    """Sealed."""
    text: Text | None = None
    """Sealed."""
    classification: str = "open"
    """`open` or `vs_nfd`; anything higher is refused (R22)."""
    contains_case_data: bool
    need_to_know: tuple[Slug, ...] = ()
    """Bodies within the invited ones; empty: all of them."""


class AcceptTopic(Effective):
    NAME = "accept_topic"
    topic_id: Id


class TopicDecision(Effective):
    topic_id: Id
    reason: Text
    """Sealed."""


class ReturnTopic(TopicDecision):
    NAME = "return_topic"


class RejectTopic(TopicDecision):
    NAME = "reject_topic"


class DeferTopic(TopicDecision):
    NAME = "defer_topic"


class WithdrawTopic(Effective):
    NAME = "withdraw_topic"
    topic_id: Id


class PlaceItem(Effective):
    NAME = "place_item"
    conference_id: Id
    topic_id: Id
    number: int


class MoveItem(PlaceItem):
    NAME = "move_item"


class RemoveItem(Effective):
    NAME = "remove_item"
    conference_id: Id
    topic_id: Id
    number: int | None = None


class ReleaseAgenda(Effective):
    NAME = "release_agenda"
    conference_id: Id


class OutcomeEntry(Value):
    kind: Code
    text: Text | None = None
    """Sealed."""
    refers_to: Id | None = None


class DiscussTopic(Effective):
    NAME = "discuss_topic"
    conference_id: Id
    topic_id: Id
    outcomes: tuple[OutcomeEntry, ...]
    bodies_present: tuple[Slug, ...]


class ProposeAction(Effective):
    """Answer's id: the action."""

    NAME = "propose_action"
    conference_id: Id
    topic_id: Id
    title: Name
    """Sealed."""
    lead_body_id: Slug
    contributing_body_ids: tuple[Slug, ...] = ()
    due_on: date
    follow_up_on: date | None = None
    administrative: bool = False
    """Administrative, not adjudication: a court leads no other (R28)."""
    consents: tuple[Slug, ...] = ()
    """Bodies that agreed at the table (R27)."""


class ConsentToAction(Effective):
    NAME = "consent_to_action"
    action_id: Id
    body_id: Slug
    note: Text | None = None
    """Sealed."""
