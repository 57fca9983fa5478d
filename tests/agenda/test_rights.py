"""Whose a topic, an action and a conference are, and to which bodies they are open."""

import pytest
from siko_agenda.application import Agendas
from siko_contracts import events

CONFERENCE = "019730a0-0000-7000-8000-000000000001"
NOWHERE = "019730a0-0000-7000-8000-00000000ffff"


@pytest.fixture
def rights(office):
    return office.desk.application


def test_what_is_not_there_is_nobodys_and_open_to_nobody(rights):
    for field in ("conference_id", "topic_id", "action_id"):
        assert rights.authority_of(field, NOWHERE) is None
        assert not rights.is_open_to("stadt-koeln", field, NOWHERE)


def test_r38_a_conference_is_open_to_the_invited_until_the_withdrawal(office, rights):
    assert rights.authority_of("conference_id", CONFERENCE) == "pp-koeln"
    assert rights.is_open_to("stadt-koeln", "conference_id", CONFERENCE)
    assert not rights.is_open_to("stadt-bonn", "conference_id", CONFERENCE)
    office.hear(events.InvitationWithdrawn, conference_id=CONFERENCE, body_id="stadt-koeln")
    assert not rights.is_open_to("stadt-koeln", "conference_id", CONFERENCE)


def test_a_topic_is_open_to_who_submitted_it_and_to_no_other_invited_body(office, rights):
    topic_id = office.accepted_topic(body_id="stadt-koeln")
    assert rights.authority_of("topic_id", topic_id) == "pp-koeln"
    assert rights.is_open_to("stadt-koeln", "topic_id", topic_id)
    assert not rights.is_open_to("sta-koeln", "topic_id", topic_id)


def test_an_action_is_open_to_who_is_to_do_it(office, rights):
    topic_id = office.discussed_topic("need_for_action")
    action_id = office.do(Agendas.propose_action, office.proposal(topic_id))
    action = office.desk.application.repository.get(action_id)
    for body_id in action.bodies:
        assert rights.is_open_to(body_id, "action_id", action_id)
    assert not rights.is_open_to("jugendamt-leverkusen", "action_id", action_id)


def test_an_id_of_another_kind_opens_nothing(office, rights):
    topic_id = office.accepted_topic(body_id="stadt-koeln")
    assert not rights.is_open_to("stadt-koeln", "action_id", topic_id)
