"""Reactions to scheduler and invitations: what the agenda must know of them becomes its own events."""

from functools import singledispatchmethod
from typing import Any

from siko_contracts.events import (
    AttendanceRecorded,
    BodyClosed,
    BodyDescribed,
    ConferenceCancelled,
    ConferenceHeld,
    ConferenceOpened,
    ConferencePlaced,
    ConferencePostponed,
    InvitationSent,
    InvitationSentToIntermediary,
    InvitationsReleased,
    InvitationWithdrawn,
)

from siko_agenda.application.lookup import Lookup
from siko_agenda.domain.agenda import Agenda
from siko_agenda.domain.known_body import KnownBody
from siko_agenda.domain.known_conference import KnownConference
from siko_agenda.domain.ruleset import NRW_2024_1
from siko_agenda.domain.topic_submission import TopicSubmission


class Policy(Lookup):
    @singledispatchmethod
    def policy(self, event: Any) -> None:
        """What the agenda is not interested in passes by."""

    @policy.register
    def _(self, event: BodyDescribed) -> None:
        body = self.find_or_make(KnownBody, body_id=event.body_id, category=event.category)
        body.note(event.category)
        self.save(body)

    @policy.register
    def _(self, event: BodyClosed) -> None:
        if body := self.find(KnownBody, KnownBody.create_id(event.body_id)):
            body.note_closed(event.valid_to)
            self.save(body)

    @policy.register
    def _(self, event: ConferencePlaced) -> None:
        """A first or a new date, or other competent bodies for it."""
        conference = self._noted(event.conference_id, event.authority_id)
        conference.date(event.areas, event.starts_at, NRW_2024_1)
        agenda = self.find_or_make(
            Agenda, conference_id=event.conference_id, authority_id=event.authority_id
        )
        self.save(agenda, conference)

    @policy.register
    def _(self, event: ConferencePostponed) -> None:
        conference = self._noted(event.conference_id, event.authority_id)
        conference.postpone()
        self.save(conference)

    @policy.register
    def _(self, event: ConferenceCancelled) -> None:
        """What was still to be discussed is deferred; a conference without a date has no agenda."""
        if agenda := self.find(Agenda, Agenda.create_id(event.conference_id)):
            agenda.cancel()
            topics = [self.get(TopicSubmission, topic_id) for topic_id in agenda.topic_ids]
            for topic in topics:
                topic.defer_with_conference()
            self.save(agenda, *topics)

    @policy.register
    def _(self, event: ConferenceOpened) -> None:
        if agenda := self.find(Agenda, Agenda.create_id(event.conference_id)):
            agenda.begin_session(event.effective_at)
            self.save(agenda)

    @policy.register
    def _(self, event: ConferenceHeld) -> None:
        if agenda := self.find(Agenda, Agenda.create_id(event.conference_id)):
            agenda.begin_session(event.started_at)
            agenda.end_session()
            self.save(agenda)

    @policy.register
    def _(self, event: InvitationsReleased) -> None:
        conference = self._noted(event.conference_id, event.authority_id)
        conference.release_invitations(event.areas, event.accepted_gaps)
        self.save(conference)

    @policy.register(InvitationSent)
    @policy.register(InvitationSentToIntermediary)
    def _(self, event: InvitationSent | InvitationSentToIntermediary) -> None:
        conference = self._noted(event.conference_id, event.authority_id)
        conference.invite(event.body_id, event.category, event.areas)
        self.save(conference)

    @policy.register
    def _(self, event: InvitationWithdrawn) -> None:
        conference = self._noted(event.conference_id, event.authority_id)
        conference.withdraw_invitation(event.body_id)
        self.save(conference)

    @policy.register
    def _(self, event: AttendanceRecorded) -> None:
        conference = self._noted(event.conference_id, event.authority_id)
        conference.note_attendance(event.body_id, event.attended)
        self.save(conference)

    def _noted(self, conference_id: str, authority_id: str) -> KnownConference:
        return self.find_or_make(
            KnownConference, conference_id=conference_id, authority_id=authority_id
        )
