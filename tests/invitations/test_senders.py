"""From which mailbox an authority's letters go out: set by its secretariat, sealed, and never one that breaks a header."""

import pytest
from siko_contracts.commands.invitations import SetSender
from siko_contracts.events import Recorded
from siko_core.sealed import Sealed
from siko_invitations.domain.known_authority import KnownAuthority

from .conftest import Office

EMAIL, NAME = "siko@pp-koeln.example", "Polizeipräsidium Köln, Geschäftsstelle"


def test_the_sender_is_sealed_and_not_on_the_bus(office: Office):
    office.hears_of_authority()
    office.does(SetSender(authority_id="pp-koeln", email=EMAIL, name=NAME))
    notice = office.contracts[-1]
    assert isinstance(notice, Recorded)
    assert notice.event == "invitations_known_authority.sender_set"
    assert EMAIL not in notice.model_dump_json()
    stored = office._stored(0)[-1]
    assert isinstance(stored, KnownAuthority.SenderSet)
    assert isinstance(stored.email, Sealed)
    opened = office.application.keyring.open(stored.originator_id, "email", stored.email)
    assert opened == EMAIL


def test_an_authority_that_nobody_has_heard_of_has_no_sender(office: Office):
    refusal = office.refuses(SetSender(authority_id="pp-bonn", email=EMAIL, name=NAME))
    assert refusal.error.code == "NotYetKnown"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("email", "sekretariat@"),
        ("email", "a@b.example, c@d.example"),
        ("name", "=?utf-8?q?x=0D=0ABcc:_evil@e.example?="),
    ],
)
def test_i12_i13_what_is_no_address_or_breaks_a_header_is_refused_with_its_field(
    office: Office, field: str, wrong: str
):
    office.hears_of_authority()
    given = {"authority_id": "pp-koeln", "email": EMAIL, "name": NAME, field: wrong}
    refusal = office.refuses(SetSender.model_validate(given))
    assert refusal.error.code == "InvalidCommand"
    assert list(refusal.error.details) == [field]
    assert wrong not in refusal.error.message
