"""R27: a body that was recorded absent is neither present nor consents at the table, whichever was recorded first."""

import pytest
from siko_agenda.domain.action import Action
from siko_contracts.commands import agenda as commands
from siko_contracts.events.agenda import (
    ActionAgreed,
    ActionConsentVoided,
    NeedsAnswered,
    PresenceRefuted,
)
from siko_contracts.events.invitations import AttendanceCorrected, AttendanceRecorded

LATER = "2025-07-01T09:00:00+02:00"
BOTH = ("stadt-koeln", "sta-koeln")


def absent(office, body_id="sta-koeln", event=AttendanceRecorded, attended=False):
    office.hear(
        event, LATER, conference_id=office.conference_id, body_id=body_id, attended=attended
    )


def test_r27_a_body_that_was_recorded_absent_is_not_present_at_a_discussion(office):
    topic_id = office.placed_topic()
    office.open()
    absent(office)

    code, details = office.refuses(office.discussion(topic_id, "noted", present=BOTH))
    assert (code, details) == (
        "RecordedAbsent",
        {"field": "bodies_present", "bodies": ["sta-koeln"]},
    )
    office.do(office.discussion(topic_id, "noted", present=("stadt-koeln",)))


def test_r27_a_body_that_was_recorded_absent_does_not_consent_at_the_table(office):
    topic_id = office.discussed_topic("need_for_action")
    absent(office)

    code, details = office.refuses(office.proposal(topic_id, consents=BOTH))
    assert (code, details["bodies"]) == ("ConsentMissing", ["sta-koeln"])
    action_id = office.do(office.proposal(topic_id, consents=("stadt-koeln",)))
    office.do(commands.ConsentToAction(action_id=action_id, body_id="sta-koeln"))
    assert len(office.published(ActionAgreed)) == 1


def test_r27_what_is_learned_later_is_a_finding_at_each_topic_that_names_the_body(office):
    topic_id = office.discussed_topic("noted")
    other = office.accepted_topic(title="Wiener Platz", effective_at="2025-06-04T10:00:00+02:00")
    office.do(office.discussion(other, "noted", present=("stadt-koeln",)))
    absent(office)
    absent(office)

    [refuted] = office.published(PresenceRefuted)
    assert (refuted.topic_id, refuted.absent_body_id) == (topic_id, "sta-koeln")
    assert refuted.conference_id == office.conference_id


def test_r27_an_action_agreed_with_an_absent_body_falls_back_to_proposed(office):
    topic_id = office.discussed_topic("need_for_action")
    action_id = office.do(office.proposal(topic_id, consents=BOTH))
    absent(office)

    [voided] = office.published(ActionConsentVoided)
    assert (voided.action_id, voided.body_id) == (action_id, "sta-koeln")
    assert office.desk.application.get(Action, action_id).state == "PROPOSED"

    office.do(commands.ConsentToAction(action_id=action_id, body_id="sta-koeln"), LATER)
    assert len(office.published(ActionAgreed)) == 2
    absent(office, event=AttendanceCorrected)
    assert len(office.published(ActionConsentVoided)) == 1


def test_r27_what_a_body_consented_to_later_stays(office):
    topic_id = office.discussed_topic("need_for_action")
    action_id = office.do(office.proposal(topic_id, consents=("stadt-koeln",)))
    office.do(commands.ConsentToAction(action_id=action_id, body_id="sta-koeln"))
    absent(office)

    assert office.published(ActionConsentVoided) == []
    assert office.desk.application.get(Action, action_id).state == "AGREED"


def test_r27_a_correction_to_absent_takes_the_place_at_the_table_away(office):
    """The body had its place by the attendance alone, no discussion names it."""
    topic_id = office.discussed_topic("need_for_action", present=("stadt-koeln",))
    absent(office, attended=True)
    office.do(office.proposal(topic_id, consents=BOTH))
    absent(office, event=AttendanceCorrected)

    assert len(office.published(ActionConsentVoided)) == 1
    assert office.published(PresenceRefuted) == []


def test_r27_a_correction_to_attended_gives_the_place_back_and_not_the_consent(office):
    topic_id = office.discussed_topic("need_for_action")
    action_id = office.do(office.proposal(topic_id, consents=BOTH))
    absent(office)
    absent(office, event=AttendanceCorrected, attended=True)

    assert office.desk.application.get(Action, action_id).state == "PROPOSED"
    office.do(office.proposal(topic_id, consents=BOTH, title="Beleuchtung"))


def test_r25_the_need_stays_answered_by_the_action_that_waits_for_consent_again(office):
    topic_id = office.discussed_topic("need_for_action")
    office.do(office.proposal(topic_id, consents=BOTH))
    office.hold()
    absent(office)
    assert len(office.published(NeedsAnswered)) == 1


@pytest.mark.parametrize("body_id", ["ag-koeln", "pp-koeln"])
def test_r27_the_absence_of_a_body_that_nothing_names_changes_nothing(office, body_id):
    topic_id = office.discussed_topic("need_for_action")
    office.do(office.proposal(topic_id, consents=BOTH))
    absent(office, body_id)
    assert office.published(PresenceRefuted) + office.published(ActionConsentVoided) == []
