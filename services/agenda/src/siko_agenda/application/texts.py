"""Who reads which texts of topics and actions (R22, R38); sealed texts are opened for nobody else but the auditor."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from siko_contracts.queries.agenda import Texts
from siko_core.eventsourced.aggregates import Aggregate
from siko_core.identity.identity import Identity
from siko_core.requests.history import EventLog
from siko_core.requests.texts import Page, Past, Subject, Table, own_authority, read_texts

from siko_agenda.domain.action import Action
from siko_agenda.domain.agenda import Agenda
from siko_agenda.domain.known_conference import KnownConference
from siko_agenda.domain.topic_submission import TopicEvent, TopicSubmission


class TopicFacts(NamedTuple):
    topic: TopicSubmission
    invited: Collection[str]
    is_released: bool


def may_know(reader: Identity, _: TopicEvent, facts: TopicFacts) -> bool:
    """An invited body, of its own topic and of those that it was told of."""
    return _is_invited(reader, facts) and facts.topic.is_open_to(
        reader.held_for, is_released=facts.is_released
    )


def submitted_it(reader: Identity, _: TopicEvent, facts: TopicFacts) -> bool:
    """The invited body that is told how its topic was decided (R20)."""
    return _is_invited(reader, facts) and reader.held_for == facts.topic.body_id


def does_it(reader: Identity, _: Action.Proposed, action: Action) -> bool:
    """A body of the action, invited or not."""
    return reader.role == "partner" and reader.held_for in action.bodies


def consented(reader: Identity, event: Action.Consented, _: Action) -> bool:
    """The body that wrote the note."""
    return reader.role == "partner" and reader.held_for == event.body_id


TABLE: Table = {
    TopicSubmission.Submitted: (own_authority, may_know),
    TopicSubmission.Returned: (own_authority, submitted_it),
    TopicSubmission.Rejected: (own_authority, submitted_it),
    TopicSubmission.Deferred: (own_authority, submitted_it),
    TopicSubmission.Discussed: (own_authority, may_know),
    Agenda.Released: (own_authority,),
    Agenda.Supplemented: (own_authority,),
    Agenda.NeedDismissed: (own_authority,),
    Action.Proposed: (own_authority, does_it),
    Action.Consented: (own_authority, consented),
}


def texts(log: EventLog, query: Texts, _: datetime) -> Page:
    """Titles, texts, reasons and notes that the reader may read."""
    return read_texts(log, query, TABLE, _find)


def _find(past: Past, named: str) -> Iterator[Subject]:
    """The action or the topic with this id; of a conference its topics, and the needs that it left."""
    match past.find(Aggregate, named):
        case Action() as action, events:
            yield Subject(named, events, action)
        case TopicSubmission() as topic, _:
            yield from _topics(past, topic.conference_id, [named])
        case None:
            if found := past.find(Agenda, Agenda.create_id(named)):
                agenda, events = found
                yield Subject(named, events, None)
                yield from _topics(past, named, agenda.topic_ids)


def _topics(past: Past, conference_id: str, topic_ids: Iterable[str]) -> Iterator[Subject]:
    """Topics of one conference; as of a moment before its agenda there are none."""
    agenda = past.find(Agenda, Agenda.create_id(conference_id))
    conference = past.find(KnownConference, KnownConference.create_id(conference_id))
    for topic_id in topic_ids:
        found = past.find(TopicSubmission, topic_id)
        if agenda and conference and found:
            topic, events = found
            is_released = topic_id in agenda[0].released
            yield Subject(topic_id, events, TopicFacts(topic, conference[0].invited, is_released))


def _is_invited(reader: Identity, facts: TopicFacts) -> bool:
    return reader.role == "partner" and reader.held_for in facts.invited
