"""Whose a list is, and which bodies may act on it: those that are invited, and who forwards to one of them."""

import pytest
from siko_contracts.commands.invitations import (
    AddBody,
    ConfirmForwarding,
    RemoveBody,
    Respond,
    WithdrawInvitation,
)
from siko_contracts.events.invitations import InvitationSent


def open_to(office, body_id, conference_id="c1"):
    command = Respond.model_construct(conference_id=conference_id, body_id=body_id)
    return office.application.is_open_to(body_id, "conference_id", command)


def invitation_open_to(office, body_id, invited_id, conference_id="c1"):
    named = {"conference_id": conference_id, "body_id": invited_id, "by_body_id": body_id}
    return office.application.is_open_to(body_id, "body_id", ConfirmForwarding(**named))


def test_a_list_is_the_authoritys_that_schedules_and_one_that_is_not_there_is_nobodys(invited):
    assert invited.application.authority_of("conference_id", "c1") == "pp-koeln"
    assert invited.application.authority_of("conference_id", "c2") is None


def test_r38_before_the_release_a_list_is_open_to_nobody(office):
    office.hears_of_register()
    office.hears_of_conference()
    assert office.bodies(InvitationSent) == []
    for body_id in ("ag-koeln", "schulamt-koeln", "br-koeln"):
        assert not open_to(office, body_id)


def test_r38_after_the_release_it_is_open_to_the_invited_and_to_who_forwards_to_one(invited):
    for body_id in ("ag-koeln", "schulamt-koeln", "br-koeln"):
        assert open_to(invited, body_id)
    assert not open_to(invited, "stadt-bonn")
    assert not open_to(invited, "ag-koeln", "c2")


@pytest.mark.parametrize(
    "command",
    [
        WithdrawInvitation(conference_id="c1", body_id="ag-koeln", reason="Irrtum"),
        RemoveBody(conference_id="c1", body_id="ag-koeln", reason="Irrtum"),
    ],
)
def test_r38_it_is_closed_to_who_is_no_longer_invited_also_while_the_list_names_the_body_again(
    invited, command
):
    invited.does(command)
    assert not open_to(invited, "ag-koeln")
    invited.does(AddBody(conference_id="c1", body_id="ag-koeln", purpose="Doch"))
    assert not open_to(invited, "ag-koeln")
    invited.releases()
    assert open_to(invited, "ag-koeln")


def test_r38_it_is_closed_to_who_forwards_once_all_that_it_forwards_is_withdrawn(invited):
    for body_id in ("schulamt-koeln", "schulamt-leverkusen"):
        assert open_to(invited, "br-koeln")
        invited.does(RemoveBody(conference_id="c1", body_id=body_id, reason="Irrtum"))
    assert not open_to(invited, "br-koeln")


def test_r12_an_invitation_is_open_to_its_body_and_to_who_it_went_to(invited):
    for body_id in ("schulamt-koeln", "br-koeln"):
        assert invitation_open_to(invited, body_id, "schulamt-koeln")
    for body_id in ("ag-koeln", "br-duesseldorf"):
        assert not invitation_open_to(invited, body_id, "schulamt-koeln")
    for nobody in ("br-koeln", "stadt-bonn", "gibt-es-nicht"):
        assert not invitation_open_to(invited, "br-koeln", nobody)
    assert not invitation_open_to(invited, "br-koeln", "schulamt-koeln", "c2")
