"""What the commands load: a conference's agenda, what is known of it, its topics, the categories of bodies."""

from typing import Any, ClassVar

from siko_core.eventsourced import EventSourcedApplication
from siko_core.refusals import NotFound, NotYetKnown

from siko_agenda.domain.action import Action
from siko_agenda.domain.agenda import Agenda
from siko_agenda.domain.known_body import KnownBody
from siko_agenda.domain.known_conference import KnownConference
from siko_agenda.domain.topic_submission import TopicSubmission


class Lookup(EventSourcedApplication):
    NAMED: ClassVar = {
        "conference_id": (Agenda, "agenda:{}"),
        "topic_id": (TopicSubmission, "{}"),
        "action_id": (Action, "{}"),
    }
    HEARD_FROM_OTHERS = frozenset({"conference_id"})

    def is_open_to(self, body_id: str, field: str, command: Any) -> bool:
        """R38: a conference to those invited, and a topic to who of them submitted it; an action to who is to do it."""
        match field:
            case "topic_id":
                topic = self.find(TopicSubmission, command.topic_id)
                if topic is None or topic.body_id != body_id:
                    return False
                return self._is_invited(body_id, topic.conference_id)
            case "action_id":
                action = self.find(Action, command.action_id)
                return action is not None and body_id in action.bodies
            case _:
                return self._is_invited(body_id, command.conference_id)

    def _is_invited(self, body_id: str, conference_id: str) -> bool:
        known = self.find(KnownConference, KnownConference.create_id(conference_id))
        return known is not None and body_id in known.invited

    def agenda_of(self, conference_id: str) -> Agenda:
        """`NotYetKnown` until the scheduler's first date for the conference has arrived."""
        agenda = self.find(Agenda, Agenda.create_id(conference_id))
        if agenda is None:
            raise NotYetKnown(
                f"No date of the conference {conference_id!r} is known yet.",
                field="conference_id",
                id=conference_id,
            )
        return agenda

    def known(self, agenda: Agenda) -> KnownConference:
        return self.get(KnownConference, KnownConference.create_id(agenda.conference_id))

    def topic_of(self, agenda: Agenda, topic_id: str) -> TopicSubmission:
        """`NotFound` where it was submitted to another conference."""
        topic = self.get(TopicSubmission, topic_id, "topic_id")
        if topic.conference_id != agenda.conference_id:
            raise NotFound(
                f"topic_id: {topic_id!r} belongs to another conference",
                field="topic_id",
                id=topic_id,
            )
        return topic

    def category_of(self, body_id: str, conference: KnownConference) -> str | None:
        """None for the inviting authority, which is no partner body; `NotYetKnown` for an id never heard of."""
        if body_id == conference.authority_id:
            return None
        if body := self.find(KnownBody, KnownBody.create_id(body_id)):
            return body.category
        if invitee := conference.invited.get(body_id):
            return invitee.category
        raise NotYetKnown(f"No body {body_id!r} is known yet.", id=body_id)
