"""Whose a topic, an action and a conference are, and to which bodies they are open."""

import pytest
from siko_contracts.commands import agenda as commands
from siko_contracts.events.invitations import InvitationWithdrawn

CONFERENCE = "019730a0-0000-7000-8000-000000000001"
NOWHERE = "019730a0-0000-7000-8000-00000000ffff"


COMMANDS = {
    "conference_id": commands.SubmitTopic,
    "topic_id": commands.WithdrawTopic,
    "action_id": commands.ConsentToAction,
}


@pytest.fixture
def rights(office):
    return office.desk.application


@pytest.fixture
def is_open(rights):
    def judged(body_id: str, field: str, named: str) -> bool:
        command = COMMANDS[field].model_construct(**{field: named})
        return rights.is_open_to(body_id, field, command)

    return judged


def test_what_is_not_there_is_nobodys_and_open_to_nobody(rights, is_open):
    for field in COMMANDS:
        assert rights.authority_of(field, NOWHERE) is None
        assert not is_open("stadt-koeln", field, NOWHERE)


def test_r38_a_conference_is_open_to_the_invited_until_the_withdrawal(office, rights, is_open):
    assert rights.authority_of("conference_id", CONFERENCE) == "pp-koeln"
    assert is_open("stadt-koeln", "conference_id", CONFERENCE)
    assert not is_open("stadt-bonn", "conference_id", CONFERENCE)
    office.hear(InvitationWithdrawn, conference_id=CONFERENCE, body_id="stadt-koeln")
    assert not is_open("stadt-koeln", "conference_id", CONFERENCE)


def test_a_topic_is_open_to_who_submitted_it_and_to_no_other_invited_body(office, rights, is_open):
    topic_id = office.accepted_topic(body_id="stadt-koeln")
    assert rights.authority_of("topic_id", topic_id) == "pp-koeln"
    assert is_open("stadt-koeln", "topic_id", topic_id)
    assert not is_open("sta-koeln", "topic_id", topic_id)


def test_r38_a_topic_is_closed_to_who_submitted_it_once_the_invitation_is_withdrawn(
    office, is_open
):
    topic_id = office.submit(body_id="stadt-koeln")
    office.hear(InvitationWithdrawn, conference_id=CONFERENCE, body_id="stadt-koeln")
    assert not is_open("stadt-koeln", "topic_id", topic_id)


def test_an_action_is_open_to_who_is_to_do_it(office, rights, is_open):
    topic_id = office.discussed_topic("need_for_action")
    action_id = office.do(office.proposal(topic_id))
    action = office.desk.application.repository.get(action_id)
    for body_id in action.bodies:
        assert is_open(body_id, "action_id", action_id)
    assert not is_open("jugendamt-leverkusen", "action_id", action_id)


def test_an_id_of_another_kind_opens_nothing(office, is_open):
    topic_id = office.accepted_topic(body_id="stadt-koeln")
    assert not is_open("stadt-koeln", "action_id", topic_id)
