"""R27: an action is agreed once its lead and all contributing bodies have consented."""

from collections.abc import Collection
from datetime import date

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st
from siko_agenda.domain.action import Action
from siko_agenda.domain.refusals import ConsentMissing
from siko_contracts.commands import agenda as commands
from siko_contracts.events.agenda import ActionAgreed, ActionConsented, ActionEvent, ActionProposed
from siko_contracts.events.invitations import AttendanceCorrected, AttendanceRecorded
from siko_core.testing import at, given, new, sealed

LATER = "2025-07-01T09:00:00+02:00"


@pytest.fixture
def topic_id(office):
    """Discussed on 12 June 2025 by stadt-koeln and sta-koeln."""
    return office.discussed_topic("need_for_action")


def consenting(action_id, body_id, **fields):
    return commands.ConsentToAction(action_id=action_id, body_id=body_id, **fields)


def test_r27_with_all_consents_at_the_table_it_is_agreed_at_once(office, topic_id):
    before = len(office.desk.contracts)
    office.do(office.proposal(topic_id, consents=("sta-koeln", "stadt-koeln")))

    facts = [each for each in office.desk.contracts[before:] if isinstance(each, ActionEvent)]
    assert [type(each) for each in facts] == [
        ActionProposed,
        ActionConsented,
        ActionConsented,
        ActionAgreed,
    ]
    assert [each.body_id for each in facts[1:3]] == ["sta-koeln", "stadt-koeln"]


def test_r27_it_is_agreed_only_with_the_last_consent(office, topic_id):
    action_id = office.do(office.proposal(topic_id, consents=("stadt-koeln",)))
    assert office.published(ActionAgreed) == []

    office.do(consenting(action_id, "sta-koeln"), LATER)
    assert [each.action_id for each in office.published(ActionAgreed)] == [action_id]


def test_r27_a_body_that_was_not_at_the_table_consents_later(office, topic_id):
    proposal = {"contributing_body_ids": ("jugendamt-koeln",)}
    both = office.proposal(topic_id, consents=("stadt-koeln", "jugendamt-koeln"), **proposal)
    code, details = office.refuses(both)
    assert (code, details["bodies"]) == ("ConsentMissing", ["jugendamt-koeln"])

    action_id = office.do(office.proposal(topic_id, consents=("stadt-koeln",), **proposal))
    office.do(consenting(action_id, "jugendamt-koeln"))
    assert len(office.published(ActionAgreed)) == 1


def test_r27_a_recorded_attendance_is_a_place_at_the_table(office, topic_id):
    attendance = {"conference_id": office.conference_id, "body_id": "jugendamt-koeln"}
    proposal = office.proposal(
        topic_id,
        contributing_body_ids=("jugendamt-koeln",),
        consents=("stadt-koeln", "jugendamt-koeln"),
    )
    office.hear(AttendanceRecorded, LATER, attended=True, level="head", **attendance)
    office.hear(AttendanceCorrected, LATER, attended=False, **attendance)
    assert office.refuses(proposal)[0] == "ConsentMissing"

    office.hear(AttendanceCorrected, LATER, attended=True, **attendance)
    office.do(proposal)


def test_r27_the_host_is_always_at_the_table_and_consents_like_the_others(office, topic_id):
    proposal = {"lead_body_id": "pp-koeln"}
    office.do(office.proposal(topic_id, consents=("sta-koeln",), **proposal))
    assert office.published(ActionAgreed) == []

    office.do(
        office.proposal(topic_id, consents=("sta-koeln", "pp-koeln"), **proposal),
    )
    assert len(office.published(ActionAgreed)) == 1


def test_r27_only_bodies_of_the_action_consent(office, topic_id):
    action_id = office.do(office.proposal(topic_id))

    code, details = office.refuses(consenting(action_id, "jugendamt-koeln"))
    assert (code, details["bodies"]) == ("ConsentMissing", ["sta-koeln", "stadt-koeln"])


def test_r27_a_body_consents_once(office, topic_id):
    action_id = office.do(office.proposal(topic_id, consents=("stadt-koeln",)))

    code, _ = office.refuses(consenting(action_id, "stadt-koeln"))
    assert code == "AlreadyDone"


def test_r27_the_note_of_a_consent_is_sealed(office, topic_id):
    action_id = office.do(office.proposal(topic_id))
    office.do(consenting(action_id, "sta-koeln", note="ab Juli"))

    [consented] = office.stored(Action.Consented)
    keyring = office.desk.application.keyring
    assert keyring.open(action_id, "note", consented.note) == "ab Juli"


BODIES = ("stadt-koeln", "sta-koeln", "ag-koeln", "jugendamt-koeln", "pp-koeln")


@given_any(
    involved=st.lists(st.sampled_from(BODIES), min_size=1, unique=True),
    order=st.permutations(BODIES),
    at_the_table=st.integers(min_value=0, max_value=len(BODIES)),
    told=st.integers(min_value=0, max_value=len(BODIES)),
)
def test_r27_an_action_is_agreed_exactly_when_all_its_bodies_have_consented(
    involved, order, at_the_table, told
):
    """Whoever consents, at the table or later, in whatever order; strangers never count."""
    asked = order[:told]
    first = [body_id for body_id in asked[:at_the_table] if body_id in involved]
    with at("2025-06-12T11:00:00+02:00"):
        action = proposed(involved, consents=first)
        for body_id in asked[at_the_table:]:
            if body_id in involved:
                action.consent(body_id, date(2025, 6, 20), None)
            else:
                with pytest.raises(ConsentMissing):
                    action.consent(body_id, date(2025, 6, 20), None)
        facts = new(action)

    all_consented = set(involved) <= set(asked)
    assert (action.state == "AGREED") == all_consented
    assert [type(each) for each in facts].count(Action.Agreed) == all_consented
    assert isinstance(facts[-1], Action.Agreed) == all_consented
    assert given(*facts).state == action.state


def proposed(involved: Collection[str], consents: Collection[str]) -> Action:
    lead, *contributing = involved
    return Action.propose(
        on=date(2025, 6, 12),
        lead_category=None,
        at_the_table=BODIES,
        consents=consents,
        id="action",
        authority_id="pp-koeln",
        conference_id="conference",
        topic_id="topic",
        topic_area="other",
        title=sealed(),
        lead_body_id=lead,
        contributing_body_ids=tuple(contributing),
        due_on=date(2025, 12, 1),
        follow_up_on=None,
        administrative=True,
    )
