"""One invitation: sent, forwarded, answered, attended."""

from datetime import date

import pytest
from siko_contracts.values import CompetentBody
from siko_core.refusals import AlreadyDone, InvalidCommand, WrongState
from siko_core.testing import at, given, new, sealed
from siko_invitations.domain.invitation import Invitation
from siko_invitations.domain.participation import Deputy, ensure_own_deputy
from siko_invitations.domain.refusals import (
    AnswerAfterStart,
    DeputyOfDeputy,
    ForeignDeputy,
    InvitationWithdrawn,
    NotInvited,
    WrongDistrict,
)

COURT = CompetentBody(body_id="ag-koeln", category="ordinary_court", areas=("Köln",))
SCHOOLS = CompetentBody(
    body_id="schulamt-koeln",
    category="school_office",
    areas=("Köln",),
    route="via",
    via="br-koeln",
)
HEAD = Deputy(function="Vizepräsidentin", level="deputy_head")


@pytest.fixture(autouse=True)
def _now():
    with at("2025-01-10T09:00:00+01:00"):
        yield


def drafted(body=COURT):
    return Invitation(authority_id="pp-koeln", conference_id="c1", body_id=body.body_id)


def sent(body=COURT):
    invitation = drafted(body)
    invitation.send(body)
    new(invitation)
    return invitation


def withdrawn():
    invitation = sent()
    invitation.withdraw("withdrawn", sealed())
    new(invitation)
    return invitation


def attended():
    invitation = sent()
    invitation.record_attendance("head", attended=True)
    new(invitation)
    return invitation


def respond(invitation, answer="accepted", *, comment=None, in_time=True):
    says_more = comment is not None
    invitation.respond(answer, "mail", comment, in_time=in_time, says_more=says_more)


def name_deputy(invitation, deputy=HEAD, *, in_time=True):
    invitation.name_deputy(deputy, None, "phone", in_time=in_time, says_more=False)


def topics(invitation):
    return [each.TOPIC for each in new(invitation)]


def test_an_invitation_has_the_authority_of_its_conference():
    invitation = drafted()
    invitation.send(COURT)
    assert {each.authority_id for each in new(invitation)} == {"pp-koeln"}
    assert invitation.id == "invitation:c1:ag-koeln"


def test_the_history_makes_the_same_invitation_again():
    invitation = drafted(SCHOOLS)
    invitation.send(SCHOOLS)
    invitation.hand_over("letter")
    invitation.note_overdue(date(2025, 1, 24), "nrw-2024.1")
    invitation.remind(date(2025, 1, 25), sealed(), sealed())
    invitation.confirm_forwarding("br-koeln")
    respond(invitation, comment=sealed())
    name_deputy(invitation)
    invitation.invalidate_response()
    invitation.withdraw("postponed")
    invitation.draft_again()
    invitation.send(SCHOOLS)
    invitation.record_attendance("other", attended=True)
    invitation.correct_attendance(None, sealed(), attended=False)
    assert vars(given(*new(invitation))) == vars(invitation)


def test_r12_a_school_office_is_invited_through_its_intermediary():
    invitation = drafted(SCHOOLS)
    invitation.send(SCHOOLS)
    assert invitation.state == "SENT_TO_INTERMEDIARY"
    assert new(invitation)[-1].body.via == "br-koeln"


def test_r8_an_invitation_that_is_drafted_again_counts_from_when_it_is_sent_again():
    invitation = withdrawn()
    with at("2025-02-01T09:00:00+01:00"):
        invitation.draft_again()
    with at("2025-03-01T09:00:00+01:00") as sent_at:
        invitation.send(COURT)
    assert invitation.sent_at == sent_at
    assert not invitation.was_sent_before(sent_at)


def test_r12_only_the_intermediary_forwards():
    invitation = sent(SCHOOLS)
    with pytest.raises(WrongDistrict):
        invitation.confirm_forwarding("br-duesseldorf")
    invitation.confirm_forwarding("br-koeln")
    assert invitation.state == "FORWARDED"
    assert topics(invitation) == ["invitation.forwarded"]


def test_r12_forwarding_is_confirmed_once_and_repeats_change_nothing():
    invitation = sent(SCHOOLS)
    invitation.confirm_forwarding("br-koeln")
    new(invitation)
    invitation.confirm_forwarding("br-koeln")
    assert new(invitation) == []


@pytest.mark.parametrize("invitation", [sent, attended])
def test_r12_what_went_out_directly_is_not_forwarded(invitation):
    with pytest.raises(WrongState):
        invitation().confirm_forwarding("br-koeln")


def test_r14_a_sent_invitation_is_not_sent_again():
    invitation = sent()
    invitation.send(COURT)
    assert new(invitation) == []


def test_r14_a_withdrawn_invitation_is_drafted_again_with_an_open_answer():
    invitation = sent()
    respond(invitation)
    invitation.withdraw("postponed")
    new(invitation)
    invitation.draft_again()
    assert (invitation.state, invitation.answer) == ("DRAFTED", "OPEN")
    assert topics(invitation) == ["invitation.response_invalidated", "invitation.drafted_again"]


def test_r14_an_invitation_that_stands_is_not_drafted_again():
    invitation = sent()
    invitation.draft_again()
    assert new(invitation) == []


def test_a_dispatch_is_recorded_once_a_channel():
    invitation = sent()
    for channel in ("mail", "letter", "mail"):
        invitation.hand_over(channel)
    assert [each.channel for each in new(invitation)] == ["mail", "letter"]


@pytest.mark.parametrize(
    ("answer", "state"),
    [("accepted", "ACCEPTED"), ("tentative", "TENTATIVE"), ("declined", "DECLINED")],
)
def test_a_body_answers(answer, state):
    invitation = sent()
    respond(invitation, answer)
    assert (invitation.answer, invitation.state) == (state, "SENT")


def test_r12_an_answer_is_taken_while_the_second_hop_is_open():
    invitation = sent(SCHOOLS)
    respond(invitation)
    assert (invitation.answer, invitation.state) == ("ACCEPTED", "SENT_TO_INTERMEDIARY")


def test_r14_the_same_answer_again_changes_nothing():
    invitation = sent()
    respond(invitation, comment=sealed())
    respond(invitation)
    assert topics(invitation) == ["invitation.accepted"]


def test_the_same_answer_with_a_comment_that_says_more_is_recorded():
    invitation = sent()
    respond(invitation)
    respond(invitation, comment=sealed())
    assert topics(invitation) == ["invitation.accepted"] * 2


def test_r14_a_changed_answer_is_the_answers_event_again():
    invitation = sent()
    for answer in ("accepted", "declined", "accepted"):
        respond(invitation, answer)
    assert topics(invitation) == [
        "invitation.accepted",
        "invitation.declined",
        "invitation.accepted",
    ]


def test_an_answer_replaces_the_deputy():
    invitation = sent()
    name_deputy(invitation)
    respond(invitation)
    assert (invitation.answer, invitation.deputy) == ("ACCEPTED", None)


@pytest.mark.parametrize(
    ("level", "keeps"), [("head", True), ("deputy_head", True), ("other", False)]
)
def test_r11_a_deputy_head_keeps_the_level_and_another_does_not(level, keeps):
    invitation = sent()
    name_deputy(invitation, Deputy(function="Vertretung", level=level))
    named = new(invitation)[-1]
    assert (named.keeps_level, named.ruleset) == (keeps, "nrw-2024.1")
    assert invitation.answer == "DEPUTY_NAMED"


def test_r14_the_same_deputy_again_changes_nothing():
    invitation = sent()
    name_deputy(invitation)
    name_deputy(invitation)
    assert topics(invitation) == ["invitation.deputy_named"]


def test_r15_a_deputy_names_no_deputy():
    with pytest.raises(DeputyOfDeputy):
        ensure_own_deputy("ag-koeln", "ag-koeln", "deputy")


def test_r15_a_deputy_belongs_to_the_same_body():
    with pytest.raises(ForeignDeputy):
        ensure_own_deputy("ag-koeln", "lg-koeln", "leadership")
    ensure_own_deputy("ag-koeln", "ag-koeln", "leadership")


@pytest.mark.parametrize("answer", [respond, name_deputy])
def test_r16_after_the_start_no_answer_is_taken(answer):
    with pytest.raises(AnswerAfterStart):
        answer(sent(), in_time=False)


def test_r14_a_new_date_reopens_an_answer_and_keeps_the_invitation_sent():
    invitation = sent()
    respond(invitation)
    invitation.invalidate_response()
    invitation.invalidate_response()
    assert (invitation.answer, invitation.state) == ("OPEN", "SENT")
    assert topics(invitation) == ["invitation.accepted", "invitation.response_invalidated"]


ACTS = [
    respond,
    name_deputy,
    lambda each: each.hand_over("mail"),
    lambda each: each.confirm_forwarding("br-koeln"),
    lambda each: each.withdraw("withdrawn"),
    lambda each: each.record_attendance("head", attended=True),
    lambda each: each.correct_attendance("head", sealed(), attended=True),
]


@pytest.mark.parametrize("act", ACTS)
def test_who_was_not_invited_does_nothing(act):
    with pytest.raises(NotInvited):
        act(drafted())


@pytest.mark.parametrize("act", ACTS)
def test_a_withdrawn_invitation_allows_nothing(act):
    with pytest.raises(InvitationWithdrawn):
        act(withdrawn())


def test_an_invitation_is_not_withdrawn_after_the_conference():
    with pytest.raises(WrongState):
        attended().withdraw("withdrawn")


def test_r11_attendance_has_its_level():
    invitation = sent()
    with pytest.raises(InvalidCommand) as refused:
        invitation.record_attendance(None, attended=True)
    assert "level" in refused.value.details
    invitation.record_attendance("other", attended=True)
    assert (invitation.state, new(invitation)[-1].level) == ("ATTENDED", "other")


def test_who_did_not_come_has_no_level():
    invitation = sent()
    invitation.record_attendance("head", attended=False)
    assert (invitation.state, new(invitation)[-1].level) == ("ABSENT", None)


def test_r16_attendance_is_recorded_once_and_then_corrected():
    invitation = attended()
    with pytest.raises(AlreadyDone):
        invitation.record_attendance("head", attended=True)
    invitation.correct_attendance(None, sealed(), attended=False)
    assert invitation.state == "ABSENT"
    assert topics(invitation) == ["invitation.attendance_corrected"]


def test_r16_what_was_not_recorded_is_not_corrected():
    with pytest.raises(WrongState):
        sent().correct_attendance("head", sealed(), attended=True)
