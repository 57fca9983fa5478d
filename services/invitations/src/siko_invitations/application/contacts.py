"""Commands on addresses: how a body is reached, and from where an authority's letters go out. All of them are sealed."""

from pydantic import ValidationError
from siko_contracts.commands.invitations import SetContact, SetSender
from siko_core.eventsourced.application import Saved
from siko_core.refusals import InvalidCommand, NotYetKnown
from siko_itip.mailboxes import Mailbox

from siko_invitations.application import Invitations
from siko_invitations.domain.known_authority import KnownAuthority


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


def set_sender(invitations: Invitations, command: SetSender) -> Saved:
    """Raises InvalidCommand, which names the field, if it is no address or a name that would break a header."""
    try:
        mailbox = Mailbox(email=command.email, name=command.name)
    except ValidationError as error:
        wrong = {str(each["loc"][0]): str(each["msg"]) for each in error.errors()}
        raise InvalidCommand(**wrong) from None
    named = KnownAuthority.create_id(command.authority_id)
    authority = invitations.find(KnownAuthority, named)
    if authority is None:
        raise NotYetKnown(
            "the authority has not been heard of", field="authority_id", id=command.authority_id
        )
    authority.set_sender(
        email=invitations.keyring.seal(authority.id, "email", mailbox.email),
        name=invitations.keyring.seal(authority.id, "name", mailbox.name),
    )
    return invitations.save(authority)
