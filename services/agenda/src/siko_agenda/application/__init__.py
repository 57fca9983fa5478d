"""The application of the agenda: what its commands look up, and who may act on what they name.

The commands are functions in this package's modules, one module a topic; `policy` holds the reactions to scheduler
and invitations. They load, call and save; `service.py` says which command lives where.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from siko_contracts.words import VOCABULARIES, Vocabulary
from siko_core.eventsourced.application import EventSourcedApplication
from siko_core.refusals import NotFound, NotYetKnown

from siko_agenda.domain.action import Action
from siko_agenda.domain.agenda import Agenda
from siko_agenda.domain.known_body import KnownBody
from siko_agenda.domain.known_conference import KnownConference
from siko_agenda.domain.known_words import KnownWords
from siko_agenda.domain.topic_submission import TopicSubmission


class Agendas(EventSourcedApplication):
    """Agendas of conferences with their topics and actions, and what is known of conferences and bodies."""

    name = "agenda"
    NAMED: ClassVar = {
        "conference_id": (Agenda, Agenda.create_id),
        "topic_id": (TopicSubmission, str),
        "action_id": (Action, str),
    }
    HEARD_FROM_OTHERS = frozenset({"conference_id"})

    def is_open_to(self, body_id: str, field: str, command: Any) -> bool:
        """R38: a conference to the invited, a topic to the one of them that submitted it, an action to those that do it."""
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
        conference = self.find(KnownConference, KnownConference.create_id(conference_id))
        return conference is not None and body_id in conference.invited

    def find_agenda(self, conference_id: str) -> Agenda | None:
        """The conference's agenda; None until it has had a date."""
        return self.find(Agenda, Agenda.create_id(conference_id))

    def agenda_of(self, conference_id: str) -> Agenda:
        """Raises NotYetKnown until the scheduler's first date for the conference has arrived."""
        agenda = self.find_agenda(conference_id)
        if agenda is None:
            raise NotYetKnown(
                f"No date of the conference {conference_id!r} is known yet.",
                field="conference_id",
                id=conference_id,
            )
        return agenda

    def conference_of(self, agenda: Agenda) -> KnownConference:
        return self.get(KnownConference, KnownConference.create_id(agenda.conference_id))

    def topic_of(self, agenda: Agenda, topic_id: str) -> TopicSubmission:
        """Raises NotFound if the topic was submitted to another conference."""
        topic = self.get(TopicSubmission, topic_id, "topic_id")
        if topic.conference_id != agenda.conference_id:
            raise NotFound(
                f"topic_id: {topic_id!r} belongs to another conference",
                field="topic_id",
                id=topic_id,
            )
        return topic

    def words(self, vocabulary: Vocabulary) -> Mapping[str, str]:
        """Code -> label: those of the ruleset, and those that the ministry has added."""
        words = self.find(KnownWords, KnownWords.create_id(vocabulary))
        return words.known if words else VOCABULARIES[vocabulary]

    def category_of(self, body_id: str, conference: KnownConference) -> str | None:
        """None for the inviting authority, which is no partner body. Raises NotYetKnown for an unknown id."""
        if body_id == conference.authority_id:
            return None
        if body := self.find(KnownBody, KnownBody.create_id(body_id)):
            return body.category
        if invitee := conference.invited.get(body_id):
            return invitee.category
        raise NotYetKnown(f"No body {body_id!r} is known yet.", id=body_id)
