"""What an invited body answers, and whom it sends."""

from typing import Any

from siko_contracts.commands.invitations import NameDeputy, Respond
from siko_core.eventsourced import Saved
from siko_core.sealed import Sealed

from siko_invitations.application.lookup import Lookup, ensure_entered_when_it_happened
from siko_invitations.domain.participation import Deputy, ensure_own_deputy


class AnswerCommands(Lookup):
    """R16: until the start, judged when the answer was given."""

    def respond(self, command: Respond) -> Saved:
        ensure_entered_when_it_happened(command.channel, command.effective_at)
        invitations = self.list_of(command.conference_id)
        invitation = self.invitation_of(invitations, command.body_id)
        invitation.respond(
            command.answer,
            command.channel,
            self.seal(invitation.id, "comment", command.comment),
            in_time=invitations.takes_answers(self.effective_at),
            says_more=self._says_more(
                invitation.id, "comment", invitation.comment, command.comment
            ),
        )
        return self.save(invitation)

    def name_deputy(self, command: NameDeputy) -> Saved:
        ensure_entered_when_it_happened(command.channel, command.effective_at)
        invitations = self.list_of(command.conference_id)
        invitation = self.invitation_of(invitations, command.body_id)
        ensure_own_deputy(command.body_id, command.of_body_id or command.body_id, command.named_by)
        invitation.name_deputy(
            Deputy(function=command.function, level=command.level),
            self.seal(invitation.id, "name", command.name),
            command.channel,
            in_time=invitations.takes_answers(self.effective_at),
            says_more=self._says_more(invitation.id, "name", invitation.deputy_name, command.name),
        )
        return self.save(invitation)

    def _says_more(
        self, owner: str, field: str, before: Sealed[Any] | None, said: str | None
    ) -> bool:
        """Sealed texts can be compared only when they are opened."""
        if said is None or before is None:
            return said is not None
        return bool(self.keyring.open(owner, field, before) != said)
