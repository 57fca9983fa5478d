"""Commands on contacts: how a body is reached. Contact data are sealed under the body's own key."""

from siko_contracts.commands.invitations import SetContact
from siko_core.eventsourced.application import Saved

from siko_invitations.application import Invitations


def set_contact(invitations: Invitations, command: SetContact) -> Saved:
    body = invitations.known_body(command.body_id)
    postal_address = command.postal_address or None
    body.set_contact(
        email=invitations.seal(body.id, "email", command.email),
        postal_address=invitations.seal(body.id, "postal_address", postal_address),
        salutation=invitations.seal(body.id, "salutation", command.salutation),
        name=invitations.seal(body.id, "name", command.name),
    )
    return invitations.save(body)
