"""R38: who reads which texts of answers, lists and contacts; for all others they are not there."""

from typing import Any

import pytest
from siko_contracts.commands import invitations as commands
from siko_contracts.queries.invitations import Texts
from siko_invitations.application.contacts import set_contact
from siko_invitations.application.texts import TABLE, texts

from tests.contracts.stored_events import sealing_topics_of
from tests.invitations.conftest import Office
from tests.reading import AUDITOR, at, partner, read

OWN, OTHERS = at("pp-koeln"), (at("pp-bonn"), partner("sta-koeln"), partner("br-koeln"))
NOWHERE = "019730a0-0000-7000-8000-00000000ffff"


@pytest.fixture
def drafted(office: Office) -> Office:
    """The joint conference c1 of Cologne and Leverkusen, nobody invited yet."""
    office.hears_of_register()
    office.hears_of_conference()
    return office


def words(office: Office, reader: Any, *ids: str) -> list[tuple[str, Any]]:
    items = read(office, texts, Texts(ids=ids), reader)
    return [(item.field, item.text) for item in items]


def respond(office: Office, body_id: str, answer: str = "accepted", **fields: Any) -> None:
    named = {"conference_id": "c1", "body_id": body_id, "channel": "portal"}
    office.does(commands.Respond(answer=answer, **named, **fields))


@pytest.mark.parametrize("answer", ["accepted", "tentative", "declined"])
def test_a_comment_is_read_by_its_body_and_the_authority_and_no_other(invited, answer):
    respond(invited, "stadt-koeln", answer, comment="Nur bis 11 Uhr")
    for reader in (partner("stadt-koeln"), OWN, AUDITOR):
        assert words(invited, reader, "c1") == [("comment", "Nur bis 11 Uhr")]
    for reader in OTHERS:
        assert words(invited, reader, "c1") == words(invited, reader, NOWHERE) == []


def test_the_deputys_name_is_read_by_its_body_and_the_authority(invited):
    named = {"conference_id": "c1", "body_id": "stadt-koeln", "channel": "portal"}
    deputy = {"function": "Beigeordnete", "level": "deputy_head", "named_by": "leadership"}
    invited.does(commands.NameDeputy(**named, **deputy, name="Erika Muster"))
    for reader in (partner("stadt-koeln"), OWN):
        [item] = read(invited, texts, Texts(ids=("c1",)), reader)
        assert (item.id, item.body_id, item.field, item.text) == (
            "c1",
            "stadt-koeln",
            "name",
            "Erika Muster",
        )
    assert all(words(invited, reader, "c1") == [] for reader in OTHERS)


def test_r12_who_forwards_an_invitation_does_not_read_its_answer(invited):
    respond(invited, "schulamt-koeln", comment="Kommen")
    assert words(invited, partner("schulamt-koeln"), "c1") == [("comment", "Kommen")]
    assert words(invited, partner("br-koeln"), "c1") == []


def test_r38_after_the_withdrawal_a_body_reads_nothing_until_it_is_invited_again(invited):
    respond(invited, "stadt-koeln", comment="Kommen")
    of = {"conference_id": "c1", "body_id": "stadt-koeln"}
    invited.does(commands.WithdrawInvitation(**of, reason="Doppelt eingeladen"))
    assert words(invited, partner("stadt-koeln"), "c1") == []
    assert words(invited, OWN, "c1") == [("comment", "Kommen"), ("reason", "Doppelt eingeladen")]
    invited.does(commands.AddBody(**of, purpose="Doch nicht doppelt"))
    assert words(invited, partner("stadt-koeln"), "c1") == []
    invited.releases()
    assert words(invited, partner("stadt-koeln"), "c1") == [("comment", "Kommen")]


def test_r10_purposes_and_reasons_are_read_by_the_authority_alone_each_with_its_body(drafted):
    drafted.hears_of_body("feuerwehr", category="emergency_service", areas=("Köln",))
    drafted.does(commands.AddBody(conference_id="c1", body_id="feuerwehr", purpose="Großlagen"))
    drafted.does(commands.RemoveBody(conference_id="c1", body_id="feuerwehr", reason="Abgesagt"))
    items = read(drafted, texts, Texts(ids=("c1",)), OWN)
    assert [(item.fact, item.body_id, item.text) for item in items] == [
        ("invitation_list.body_added", "feuerwehr", "Großlagen"),
        ("invitation_list.body_removed", "feuerwehr", "Abgesagt"),
    ]
    assert words(drafted, AUDITOR, "c1") == words(drafted, OWN, "c1")
    assert all(words(drafted, r, "c1") == [] for r in (*OTHERS, partner("feuerwehr")))


def test_r8_the_reasons_for_accepted_gaps_are_read_by_the_authority_each_with_its_gap(drafted):
    drafted.does(commands.RemoveBody(conference_id="c1", body_id="hza-koeln", reason="Keine Zeit"))
    gap = {"category": "customs", "body_id": "hza-koeln", "reason": "Kommt im Herbst"}
    drafted.releases(accepted_gaps=[gap | {"area": area} for area in ("Köln", "Leverkusen")])
    items = read(drafted, texts, Texts(ids=("c1",)), OWN)
    gaps = [(i.area, i.body_id, i.text) for i in items if i.field == "accepted_gaps.reason"]
    assert gaps == [
        ("Köln", "hza-koeln", "Kommt im Herbst"),
        ("Leverkusen", "hza-koeln", "Kommt im Herbst"),
    ]


def test_a_contact_is_read_by_who_set_it_as_long_as_it_is_the_present_one(drafted):
    def set_by(actor: str, email: str) -> None:
        command = commands.SetContact(body_id="stadt-koeln", email=email)
        assert drafted.send(set_contact, command, now=drafted.now, actor=actor).ok

    set_by("secretariat@pp-koeln", "post@stadt-koeln.example.org")
    assert words(drafted, OWN, "stadt-koeln") == [("email", "post@stadt-koeln.example.org")]
    for reader in (*OTHERS, partner("stadt-koeln")):
        assert words(drafted, reader, "stadt-koeln") == []
    set_by("leadership@stadt-koeln", "ob@stadt-koeln.example.org")
    assert words(drafted, OWN, "stadt-koeln") == []
    assert words(drafted, partner("stadt-koeln"), "stadt-koeln") == [
        ("email", "ob@stadt-koeln.example.org")
    ]
    assert len(words(drafted, AUDITOR, "stadt-koeln")) == 1


def test_every_event_with_a_sealed_field_says_who_reads_it():
    assert {event.TOPIC for event in TABLE} == sealing_topics_of("invitations")
