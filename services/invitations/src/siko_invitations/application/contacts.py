"""How a body is reached."""

from siko_contracts.commands.invitations import SetContact
from siko_core.eventsourced import Saved

from siko_invitations.application.lookup import Lookup


class ContactCommands(Lookup):
    """Contact data are sealed under the body's own key."""

    def set_contact(self, command: SetContact) -> Saved:
        known = self.known_body(command.body_id)
        known.set_contact(
            email=self.seal(known.id, "email", command.email),
            postal_address=self.seal(known.id, "postal_address", command.postal_address or None),
            salutation=self.seal(known.id, "salutation", command.salutation),
            name=self.seal(known.id, "name", command.name),
        )
        return self.save(known)
