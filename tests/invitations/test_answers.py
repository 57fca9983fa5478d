"""Answers, deputies, dispatch and attendance, as they come in."""

import pytest
from siko_contracts.commands.invitations import (
    ConfirmForwarding,
    CorrectAttendance,
    NameDeputy,
    RecordAttendance,
    RecordDispatch,
    Respond,
)
from siko_contracts.events.invitations import (
    AttendanceCorrected,
    AttendanceRecorded,
    DeputyNamed,
    HandedOver,
    InvitationAccepted,
    InvitationDeclined,
    InvitationForwarded,
    InvitationTentativelyAccepted,
)
from siko_contracts.events.scheduler import ConferenceCancelled, ConferenceOpened

COURT = {"conference_id": "c1", "body_id": "ag-koeln"}
SCHOOLS = {"conference_id": "c1", "body_id": "schulamt-koeln"}
DURING = "2025-05-06T11:30:00+02:00"


def responding(answer="accepted", **fields):
    return Respond(**(COURT | {"answer": answer, "channel": "mail"} | fields))


def naming(**fields):
    deputy = {"function": "Vizepräsidentin", "level": "deputy_head", "channel": "phone"}
    return NameDeputy(**(COURT | deputy | fields))


def attending(**fields):
    return RecordAttendance(**(COURT | {"attended": True, "level": "head"} | fields))


@pytest.mark.parametrize(
    ("answer", "contract"),
    [
        ("accepted", InvitationAccepted),
        ("tentative", InvitationTentativelyAccepted),
        ("declined", InvitationDeclined),
    ],
)
def test_every_answer_is_published_with_its_channel(invited, answer, contract):
    assert invited.does(responding(answer)).id == "invitation:c1:ag-koeln"
    (published,) = invited.published(contract)
    assert (published.conference_id, published.body_id) == ("c1", "ag-koeln")
    assert (published.channel, published.authority_id) == ("mail", "pp-koeln")


def test_r14_the_same_answer_twice_is_one_event(invited):
    for _ in range(2):
        invited.does(responding(comment="Ich komme gern."))
        invited.does(responding())
    assert len(invited.published(InvitationAccepted)) == 1


def test_a_comment_that_was_sealed_otherwise_is_named_where_it_is_compared(invited):
    """Its key was changed: that stays, so nobody is told to come again."""
    invited.does(responding(comment="Ich komme gern."))
    keyring = invited.application.keyring
    with keyring._database.transaction() as cursor:
        cursor.execute("UPDATE sealing_keys SET key = ?", (bytes(32),))
    keyring._keys.clear()
    keyring._current.clear()
    error = invited.refuses(responding(comment="Ich komme später.")).error
    assert error.code == "SealBroken"
    assert error.details == {"id": "invitation:c1:ag-koeln", "field": "comment"}


def test_a_changed_answer_keeps_its_comment_even_if_the_words_are_the_same(invited):
    for answer in ("accepted", "declined"):
        invited.does(responding(answer, comment="siehe Mail"))
    invitation = invited.application.repository.get("invitation:c1:ag-koeln")
    assert (
        invited.application.keyring.open(invitation.id, "comment", invitation.comment)
        == "siehe Mail"
    )


def test_another_comment_on_the_same_answer_is_recorded(invited):
    invited.does(responding(comment="Ich komme."))
    invited.does(responding(comment="Ich komme später."))
    assert len(invited.published(InvitationAccepted)) == 2


def test_r11_a_deputy_is_published_by_level_and_never_by_name(invited):
    invited.does(naming(name="Dr. Erika Muster"))
    (named,) = invited.published(DeputyNamed)
    assert (named.level, named.channel, named.ruleset) == ("deputy_head", "phone", "nrw-2024.1")
    assert "Muster" not in named.model_dump_json()


def test_r14_the_same_deputy_twice_is_one_event_and_another_name_a_second(invited):
    for name in ("Dr. Muster", "Dr. Muster", "Dr. Beispiel"):
        invited.does(naming(name=name))
    assert len(invited.published(DeputyNamed)) == 2


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"named_by": "deputy"}, "DeputyOfDeputy"), ({"of_body_id": "lg-koeln"}, "ForeignDeputy")],
)
def test_r15_a_deputy_is_of_the_same_body_and_names_none(invited, fields, code):
    assert invited.refuses(naming(**fields)).error.code == code


def test_r15_the_body_itself_may_be_named(invited):
    invited.does(naming(of_body_id="ag-koeln"))


@pytest.mark.parametrize("answering", [responding, naming])
def test_r16_an_answer_is_judged_when_it_was_given(invited, answering):
    invited.now = "2025-05-06T11:00:00+02:00"
    assert invited.refuses(answering()).error.code == "AnswerAfterStart"
    invited.does(answering(effective_at="2025-05-05T16:00:00+02:00"))


@pytest.mark.parametrize("answering", [responding, naming])
def test_r16_once_the_list_is_frozen_no_answer_is_taken_whatever_its_date(invited, answering):
    invited.now = DURING
    invited.hears_that(ConferenceOpened)
    late = answering(effective_at="2025-05-05T16:00:00+02:00")
    assert invited.refuses(late).error.code == "AnswerAfterStart"


@pytest.mark.parametrize("answering", [responding, naming])
def test_the_portal_records_when_it_happens(invited, answering):
    refusal = invited.refuses(answering(channel="portal", effective_at=invited.now))
    assert (refusal.error.code, list(refusal.error.details)) == ("InvalidCommand", ["effective_at"])
    invited.does(answering(channel="portal"))


def test_r12_answers_and_forwarding_of_a_school_office_do_not_wait_for_each_other(invited):
    invited.does(responding(body_id="schulamt-koeln"))
    invited.does(ConfirmForwarding(**SCHOOLS, by_body_id="br-koeln"))
    (forwarded,) = invited.published(InvitationForwarded)
    assert (forwarded.category, forwarded.areas) == ("school_office", ("Köln",))
    assert forwarded.via == "br-koeln"


def test_r12_another_district_government_cannot_confirm_the_forwarding(invited):
    refusal = invited.refuses(ConfirmForwarding(**SCHOOLS, by_body_id="br-arnsberg"))
    assert (refusal.error.code, refusal.error.details["via"]) == ("WrongDistrict", "br-koeln")


def test_how_an_invitation_travelled_is_recorded(invited):
    for _ in range(2):
        invited.does(RecordDispatch(**COURT, channel="letter"))
    assert [e.channel for e in invited.published(HandedOver)] == ["letter"]


BEFORE_THE_START = (
    responding,
    naming,
    lambda **f: RecordDispatch(**(COURT | f), channel="mail"),
    lambda **f: ConfirmForwarding(**(COURT | f), by_body_id="br-koeln"),
)


@pytest.mark.parametrize("command", BEFORE_THE_START)
def test_who_is_not_on_the_list_has_no_invitation(invited, command):
    assert invited.refuses(command(body_id="br-koeln")).error.code == "NotInvited"


@pytest.mark.parametrize("command", BEFORE_THE_START)
def test_a_list_that_is_not_released_has_invited_nobody(office, command):
    office.hears_of_conference()
    assert office.refuses(command()).error.code == "NotInvited"


@pytest.mark.parametrize("command", BEFORE_THE_START)
def test_after_a_cancellation_the_invitation_is_withdrawn(invited, command):
    invited.hears_that(ConferenceCancelled)
    assert invited.refuses(command()).error.code == "InvitationWithdrawn"


@pytest.mark.parametrize("command", [*BEFORE_THE_START, attending])
def test_what_concerns_an_unknown_conference_is_not_yet_known(office, command):
    assert office.refuses(command()).error.code == "NotYetKnown"


def test_attendance_waits_for_the_start_of_the_conference(invited):
    refusal = invited.refuses(attending())
    assert refusal.error.code == "WrongState"
    assert refusal.error.details == {"state": "RELEASED", "needed": ["FROZEN"]}


def test_r11_attendance_is_published_with_its_level(invited):
    invited.hears_that(ConferenceOpened)
    invited.does(attending(level="other"))
    (recorded,) = invited.published(AttendanceRecorded)
    assert (recorded.attended, recorded.level) == (True, "other")


def test_who_attends_has_a_level(invited):
    invited.hears_that(ConferenceOpened)
    refusal = invited.refuses(attending(level=None))
    assert (refusal.error.code, list(refusal.error.details)) == ("InvalidCommand", ["level"])


def test_who_was_not_invited_has_no_attendance(invited):
    invited.hears_that(ConferenceOpened)
    assert invited.refuses(attending(body_id="br-koeln")).error.code == "NotInvited"


def test_r16_recorded_attendance_is_only_corrected_and_the_error_is_named_sealed(invited):
    correction = CorrectAttendance(**COURT, attended=False, error="verwechselt")
    assert invited.refuses(correction).error.code == "WrongState"
    invited.hears_that(ConferenceOpened)
    invited.does(attending())
    assert invited.refuses(attending()).error.code == "AlreadyDone"
    invited.does(correction)
    (corrected,) = invited.published(AttendanceCorrected)
    assert (corrected.attended, corrected.level) == (False, None)


@pytest.mark.parametrize(
    ("name", "found"), [("ERIKA Muster", True), ("Erik Muster", False), (None, False)]
)
def test_r15_one_person_who_stands_for_two_bodies_is_a_finding(invited, name, found):
    invited.does(naming(name="Erika Muster"))
    answer = invited.does(naming(name=name, body_id="lg-koeln"))

    assert answer.findings == []
    first, second = invited.published(DeputyNamed)
    assert "findings" not in first.model_dump()
    assert [(f.code, f.rule, f.body_id) for f in second.findings] == (
        [("DeputyForTwoBodies", "R15", first.body_id)] if found else []
    )


def test_r15_a_deputy_who_is_named_again_for_the_same_body_is_no_second_one(invited):
    invited.does(naming(name="Erika Muster"))
    invited.does(naming(name="Erika Muster", function="Vizepräsident"))
    assert [each.findings for each in invited.published(DeputyNamed)] == [(), ()]


def test_r15_who_is_the_deputy_no_longer_is_no_second_one(invited):
    invited.does(naming(name="Erika Muster"))
    invited.does(responding())
    invited.does(naming(name="Erika Muster", body_id="lg-koeln"))
    assert invited.published(DeputyNamed)[-1].findings == ()
