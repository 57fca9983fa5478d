"""Whose a list is, and which bodies may act on it: those that were invited, and who forwards to one of them."""

from siko_contracts import events
from siko_contracts.commands.invitations import WithdrawInvitation


def open_to(office, body_id, conference_id="c1"):
    return office.application.is_open_to(body_id, "conference_id", conference_id)


def test_a_list_is_the_authoritys_that_schedules_and_one_that_is_not_there_is_nobodys(invited):
    assert invited.application.authority_of("conference_id", "c1") == "pp-koeln"
    assert invited.application.authority_of("conference_id", "c2") is None


def test_r38_before_the_release_a_list_is_open_to_nobody(office):
    office.hears_of_register()
    office.hears_of_conference()
    assert office.bodies(events.InvitationSent) == []
    for body_id in ("ag-koeln", "schulamt-koeln", "br-koeln"):
        assert not open_to(office, body_id)


def test_r38_after_the_release_it_is_open_to_the_invited_and_to_who_forwards_to_one(invited):
    for body_id in ("ag-koeln", "schulamt-koeln", "br-koeln"):
        assert open_to(invited, body_id)
    assert not open_to(invited, "stadt-bonn")
    assert not open_to(invited, "ag-koeln", "c2")


def test_who_was_invited_is_told_that_the_invitation_was_withdrawn(invited):
    """Not that there never was one: the body has its letter."""
    invited.does(WithdrawInvitation(conference_id="c1", body_id="ag-koeln", reason="Irrtum"))
    assert open_to(invited, "ag-koeln")
