"""Actions: lead, contributing bodies, dates, and the consent of all of them."""

from datetime import date

import pytest
from siko_agenda.domain.action import Action
from siko_contracts.commands import agenda as commands
from siko_contracts.events import Event
from siko_contracts.events.agenda import ActionEvent, ActionProposed
from siko_contracts.events.invitations import InvitationSent
from siko_contracts.events.scheduler import BodyChanged

LATER = "2025-07-01T09:00:00+02:00"


@pytest.fixture
def topic_id(office):
    """Discussed on 12 June 2025 by stadt-koeln and sta-koeln."""
    return office.discussed_topic("need_for_action")


def consenting(action_id, body_id, **fields):
    return commands.ConsentToAction(action_id=action_id, body_id=body_id, **fields)


def test_an_action_goes_out_with_its_bodies_and_dates_and_without_its_title(office, topic_id):
    action_id = office.do(office.proposal(topic_id, follow_up_on="2025-10-01"))

    [proposed] = office.published(ActionProposed)
    assert proposed.model_dump(include=set(ActionEvent.model_fields) - set(Event.model_fields)) == {
        "action_id": action_id,
        "conference_id": office.conference_id,
        "topic_id": topic_id,
        "topic_area": "spatial_hotspots",
        "lead_body_id": "stadt-koeln",
        "contributing_body_ids": ("sta-koeln",),
        "due_on": date(2025, 12, 1),
        "follow_up_on": date(2025, 10, 1),
    }
    assert "Streifen" not in proposed.model_dump_json()


def test_r26_an_action_comes_out_of_a_discussion(office):
    code, details = office.refuses(office.proposal(office.accepted_topic()))

    assert (code, details) == ("WrongState", {"state": "ACCEPTED", "needed": ["DISCUSSED"]})


@pytest.mark.parametrize(
    "contributing", [("stadt-koeln",), ("sta-koeln", "sta-koeln"), ("sta-koeln", "stadt-koeln")]
)
def test_r26_an_action_has_one_lead_and_names_each_body_once(office, topic_id, contributing):
    proposal = office.proposal(topic_id, contributing_body_ids=contributing)

    code, details = office.refuses(proposal)
    assert (code, list(details)) == ("InvalidCommand", ["contributing_body_ids"])


def test_r26_an_action_is_due_after_the_day_of_the_agreement(office, topic_id):
    code, details = office.refuses(office.proposal(topic_id, due_on="2025-06-12"))

    assert (code, details["not_before"]) == ("DueNotAfterAgreement", "2025-06-12")
    office.do(office.proposal(topic_id, due_on="2025-06-13"))


def test_r26_the_day_of_the_agreement_is_the_day_in_berlin(office, topic_id):
    """At 22:30 UTC it is the next day in Berlin."""
    proposal = office.proposal(topic_id, due_on="2025-06-13", effective_at="2025-06-12T22:30:00Z")

    code, _ = office.refuses(proposal, LATER)
    assert code == "DueNotAfterAgreement"


def test_r26_the_last_consent_is_the_agreement_and_lies_before_the_due_date(office, topic_id):
    action_id = office.do(office.proposal(topic_id, due_on="2025-07-01"))
    office.do(consenting(action_id, "sta-koeln"), LATER)

    code, _ = office.refuses(consenting(action_id, "stadt-koeln"))
    assert code == "DueNotAfterAgreement"


def test_r26_the_follow_up_is_not_after_the_due_date(office, topic_id):
    office.do(office.proposal(topic_id, follow_up_on="2025-12-01"))

    refused = office.refuses(office.proposal(topic_id, follow_up_on="2025-12-02"))
    assert refused == ("FollowUpAfterDue", {"field": "follow_up_on"})


def test_an_action_is_proposed_until_all_its_bodies_have_consented(office, topic_id):
    action_id = office.do(office.proposal(topic_id))
    assert office.desk.application.get(Action, action_id).state == "PROPOSED"


def test_r28_courts_lead_administrative_actions_only(office, topic_id):
    court = {"lead_body_id": "ag-koeln"}
    code, _ = office.refuses(office.proposal(topic_id, **court))
    assert code == "CourtLeadsAdjudication"

    office.do(office.proposal(topic_id, administrative=True, **court))


def test_r28_courts_contribute_to_any_action(office, topic_id):
    office.do(office.proposal(topic_id, contributing_body_ids=("ag-koeln",)))


def test_r28_the_category_is_the_one_the_scheduler_said_last(office, topic_id):
    office.hear(
        BodyChanged,
        LATER,
        authority_id="nrw",
        body_id="sta-koeln",
        name="sta-koeln",
        category="ordinary_court",
        route="direct",
        leadership_function="Leitung",
        verified=True,
        valid_from="2025-07-01",
    )
    proposal = office.proposal(topic_id, lead_body_id="sta-koeln", contributing_body_ids=())

    assert office.refuses(proposal)[0] == "CourtLeadsAdjudication"


def test_r28_the_category_in_the_invitation_serves_until_the_register_s_arrives(office, topic_id):
    office.hear(
        InvitationSent,
        LATER,
        conference_id=office.conference_id,
        body_id="lg-koeln",
        category="ordinary_court",
        areas=("Köln",),
    )
    proposal = office.proposal(topic_id, lead_body_id="lg-koeln")

    assert office.refuses(proposal)[0] == "CourtLeadsAdjudication"


@pytest.mark.parametrize(
    "bodies", [{"lead_body_id": "nobody"}, {"contributing_body_ids": ("nobody",)}]
)
def test_bodies_never_heard_of_wait_for_the_scheduler(office, topic_id, bodies):
    code, details = office.refuses(office.proposal(topic_id, **bodies))

    assert (code, details["id"]) == ("NotYetKnown", "nobody")


def test_the_id_of_an_action_is_taken_once(office, topic_id):
    proposal = office.proposal(topic_id, id="019730a0-0000-7000-8000-00000000000b")
    office.do(proposal)

    assert office.refuses(proposal)[0] == "AlreadyDone"


def test_an_action_never_proposed_is_not_found(office):
    code, _ = office.refuses(consenting("nowhere", "sta-koeln"))

    assert code == "NotFound"
