"""A conference as its letters need it, read from the log beside the writer: who is written what, and what would be next."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from siko_core.eventsourced.aggregates import fold
from siko_core.identity.identity import IDENTITY
from siko_core.metadata import Metadata, deciding
from siko_core.refusals import NotYetKnown
from siko_core.requests.history import EventLog
from siko_core.requests.texts import Past, own_authority
from siko_documents.letters import Sender
from siko_itip.mailboxes import Mailbox

from siko_invitations.application import letters
from siko_invitations.application.texts import ever_listed
from siko_invitations.domain.correspondence import Correspondence, Letter, Pins
from siko_invitations.domain.invitation import Invitation
from siko_invitations.domain.invitation_list import InvitationList
from siko_invitations.domain.known_authority import KnownAuthority
from siko_invitations.domain.known_body import KnownBody
from siko_invitations.mail.drafts import Composed, Drafts

BEFORE_RELEASE = {"DERIVED", "CHECKED"}


class Written(NamedTuple):
    """A letter among all of its correspondence; `is_stored`: it was written, else the release would write it."""

    letter: Letter
    events: Sequence[Any]
    is_stored: bool
    may_go: bool


class Conference:
    """Reads one conference as it had been recorded by a moment. Its methods decide as the release does, and store nothing."""

    def __init__(
        self,
        log: EventLog,
        past: Past,
        found: tuple[InvitationList, Sequence[Any]],
        now: datetime,
    ) -> None:
        self.list, self.events = found
        self._past = past
        self._drafts = Drafts(log.application)
        self._metadata = Metadata(effective_at=now, recorded_at=now)
        self.now = now

    @classmethod
    def find(
        cls, log: EventLog, conference_id: str, as_of: datetime | None, now: datetime
    ) -> "Conference | None":
        """None if there is none, or if it is another authority's than the caller's."""
        past = Past(log, as_of)
        found = past.find(InvitationList, InvitationList.create_id(conference_id))
        reader = IDENTITY.get()
        if found is None:
            return None
        is_free = reader is None or reader.role == "auditor"
        if not is_free and reader is not None and not own_authority(reader, found[1][0], None):
            return None
        return cls(log, past, found, as_of or now)

    @property
    def body_ids(self) -> list[str]:
        """Of all bodies that have ever stood on the list."""
        return sorted(ever_listed(self.events))

    def written_to(self, body_id: str) -> Iterator[Written]:
        """The letters to a body, in order."""
        correspondence, events = self._correspondence(body_id)
        stored = len(correspondence.letters)
        invitation = self.invitation(body_id)
        is_sent = invitation is not None and invitation.is_sent
        is_carried = is_sent and not events  # by people: a further release writes nothing then
        if self.list.state in BEFORE_RELEASE and body_id in self.list.bodies and not is_carried:
            body = invitation.body if invitation and is_sent else None
            with deciding(self._metadata):
                letters.write(correspondence, body or self.list.bodies[body_id], self.list.meeting)
            events = [*events, *correspondence.collect_events()]
        for number, letter in sorted(correspondence.letters.items()):
            yield Written(letter, events, number <= stored, correspondence.may_go(letter))

    def _correspondence(self, body_id: str) -> tuple[Correspondence, Sequence[Any]]:
        conference_id = self.list.conference_id
        named = Correspondence.create_id(conference_id, body_id)
        if found := self._past.find(Correspondence, named):
            return fold(None, found[1]), found[1]  # one of its own: it is decided with
        with deciding(self._metadata):
            fresh = Correspondence(self.list.authority_id, conference_id, body_id)
        return fresh, []

    def invitation(self, body_id: str) -> Invitation | None:
        named = Invitation.create_id(self.list.conference_id, body_id)
        found = self._past.find(Invitation, named)
        return found[0] if found else None

    def body(self, body_id: str) -> KnownBody:
        """Raises NotYetKnown if the scheduler has not told of it."""
        found = self._past.find(KnownBody, KnownBody.create_id(body_id))
        if found is None:
            raise NotYetKnown("the body has not been heard of", field="body_id", id=body_id)
        return found[0]

    def composed(self, written: Written) -> Composed:
        """As it was sent, or as it would go out now."""
        letter, first = written.letter, written.events[0]
        pins = letter.pins or Pins(
            authority=self._authority().event_id,
            addressee=self.body(letter.to_body_id).event_id,
            body=self.body(first.body_id).event_id,
        )
        return self._drafts.composed(written.events, letter.number, pins)

    def sender(self) -> tuple[Sender, Mailbox | None]:
        return self._drafts.sender(self._authority().event_id, self.list.authority_id)

    def _authority(self) -> KnownAuthority:
        authority_id = self.list.authority_id
        found = self._past.find(KnownAuthority, KnownAuthority.create_id(authority_id))
        if found is None:
            raise NotYetKnown(
                "the authority has not been heard of", field="authority_id", id=authority_id
            )
        return found[0]
