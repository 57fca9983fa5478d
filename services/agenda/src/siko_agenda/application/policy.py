"""Reactions to scheduler and invitations: what the agenda must know of them becomes its own events."""

from functools import singledispatch

from siko_contracts.events import Event
from siko_contracts.events.invitations import (
    AttendanceRecorded,
    InvitationSent,
    InvitationSentToIntermediary,
    InvitationsReleased,
    InvitationWithdrawn,
)
from siko_contracts.events.scheduler import (
    BodyClosed,
    BodyDescribed,
    ConferenceCancelled,
    ConferenceClosed,
    ConferenceHeld,
    ConferenceOpened,
    ConferencePlaced,
    ConferencePostponed,
    WordAdded,
)

from siko_agenda.application import Agendas
from siko_agenda.domain.action import Action
from siko_agenda.domain.agenda import Agenda
from siko_agenda.domain.known_body import KnownBody
from siko_agenda.domain.known_conference import KnownConference
from siko_agenda.domain.known_words import KnownWords
from siko_agenda.domain.ruleset import NRW_2024_1
from siko_agenda.domain.topic_submission import TopicSubmission


@singledispatch
def policy(event: Event, agendas: Agendas) -> None:
    """No other event concerns the agenda."""


@policy.register
def note_body(event: BodyDescribed, agendas: Agendas) -> None:
    body = agendas.find_or_make(KnownBody, body_id=event.body_id, category=event.category)
    body.note(event.category)
    agendas.save(body)


@policy.register
def note_body_closed(event: BodyClosed, agendas: Agendas) -> None:
    if body := agendas.find(KnownBody, KnownBody.create_id(event.body_id)):
        body.note_closed(event.valid_to)
        agendas.save(body)


@policy.register
def note_word(event: WordAdded, agendas: Agendas) -> None:
    if event.vocabulary in {"topic_area", "outcome"}:
        words = agendas.find_or_make(KnownWords, vocabulary=event.vocabulary)
        words.note(event.code, event.label)
        agendas.save(words)


@policy.register
def note_date(event: ConferencePlaced, agendas: Agendas) -> None:
    """A first or a new date, or other competent bodies for it. The first one opens the agenda."""
    conference = _conference(agendas, event.conference_id, event.authority_id)
    conference.date(event.areas, event.starts_at, NRW_2024_1)
    agenda = agendas.find_or_make(
        Agenda, conference_id=event.conference_id, authority_id=event.authority_id
    )
    agendas.save(agenda, conference)


@policy.register
def postpone(event: ConferencePostponed, agendas: Agendas) -> None:
    conference = _conference(agendas, event.conference_id, event.authority_id)
    conference.postpone()
    agendas.save(conference)


@policy.register
def cancel(event: ConferenceCancelled, agendas: Agendas) -> None:
    """What was still to be discussed is deferred; a conference without a date has no agenda."""
    if agenda := agendas.find_agenda(event.conference_id):
        agenda.cancel()
        topics = [agendas.get(TopicSubmission, topic_id) for topic_id in agenda.topic_ids]
        for topic in topics:
            topic.defer_with_conference()
        agendas.save(agenda, *topics)


@policy.register
def begin_session(event: ConferenceOpened, agendas: Agendas) -> None:
    if agenda := agendas.find_agenda(event.conference_id):
        agenda.begin_session(event.effective_at)
        agendas.save(agenda)


@policy.register
def end_session(event: ConferenceHeld, agendas: Agendas) -> None:
    if agenda := agendas.find_agenda(event.conference_id):
        agenda.begin_session(event.started_at)
        agenda.end_session()
        items = [agendas.get(TopicSubmission, topic_id) for topic_id in agenda.items]
        for topic in items:
            topic.defer_uncalled()
        agendas.save(agenda, *items)


@policy.register
def close(event: ConferenceClosed, agendas: Agendas) -> None:
    if agenda := agendas.find_agenda(event.conference_id):
        agenda.close()
        agendas.save(agenda)


@policy.register
def note_release(event: InvitationsReleased, agendas: Agendas) -> None:
    conference = _conference(agendas, event.conference_id, event.authority_id)
    conference.release_invitations(event.areas, event.accepted_gaps)
    agendas.save(conference)


@policy.register(InvitationSent)
@policy.register(InvitationSentToIntermediary)
def note_invited(event: InvitationSent | InvitationSentToIntermediary, agendas: Agendas) -> None:
    conference = _conference(agendas, event.conference_id, event.authority_id)
    conference.invite(event.body_id, event.category, event.areas)
    agendas.save(conference)


@policy.register
def note_withdrawn(event: InvitationWithdrawn, agendas: Agendas) -> None:
    conference = _conference(agendas, event.conference_id, event.authority_id)
    conference.withdraw_invitation(event.body_id)
    agendas.save(conference)


@policy.register
def note_attendance(event: AttendanceRecorded, agendas: Agendas) -> None:
    conference = _conference(agendas, event.conference_id, event.authority_id)
    had_a_place = conference.attendance.get(event.body_id, False)
    conference.note_attendance(event.body_id, event.attended)
    agendas.save(conference)
    if not event.attended:
        _refute(agendas, event.conference_id, event.body_id, had_a_place=had_a_place)


def _refute(agendas: Agendas, conference_id: str, body_id: str, *, had_a_place: bool) -> None:
    """R27: where the absent body was named as present, and what it consented to at the table.

    All actions are looked through only if it can have consented: named in a discussion, or recorded as attending.
    """
    agenda = agendas.find_agenda(conference_id)
    if agenda is None:
        return
    topics = [agendas.get(TopicSubmission, topic_id) for topic_id in agenda.topic_ids]
    naming = [topic for topic in topics if body_id in topic.bodies_present]
    for topic in naming:
        topic.refute_presence(body_id)
        agendas.save(topic)
    if naming or had_a_place:
        for action in (agendas.get(Action, action_id) for action_id in agendas.ids_of(Action)):
            if action.conference_id == conference_id:
                action.void_consent(body_id)
                agendas.save(action)


def _conference(agendas: Agendas, conference_id: str, authority_id: str) -> KnownConference:
    return agendas.find_or_make(
        KnownConference, conference_id=conference_id, authority_id=authority_id
    )
