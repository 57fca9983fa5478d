"""Lists follow their conference, whatever the scheduler says and however often."""

from datetime import UTC, datetime, timedelta

import pytest
from siko_contracts.commands.invitations import (
    AddBody,
    CheckCoverage,
    ConfirmForwarding,
    RecordAttendance,
    RemoveBody,
    Respond,
)
from siko_contracts.events import Recorded
from siko_contracts.events.invitations import (
    ForwardingReopened,
    InvitationAccepted,
    InvitationForwarded,
    InvitationListDerived,
    InvitationListFrozen,
    InvitationSent,
    InvitationWithdrawn,
    ResponseInvalidated,
)
from siko_contracts.events.scheduler import (
    BodyChanged,
    BodyClosed,
    CompetentBodiesChanged,
    ConferenceCancelled,
    ConferenceConvened,
    ConferenceHeld,
    ConferenceOpened,
    ConferencePostponed,
    ConferenceRescheduled,
)

from tests.gaps import accepted

MOVED_TO = datetime(2025, 6, 3, 9, tzinfo=UTC)


def accepting(body_id):
    return Respond(conference_id="c1", body_id=body_id, answer="accepted", channel="mail")


FIVE = ("sta-koeln", "ag-koeln", "lg-koeln", "olg-koeln", "stadt-koeln")


def without(body_id):
    return tuple(each for each in FIVE if each != body_id)


@pytest.fixture
def cologne(office):
    """A conference of Cologne with five competent bodies, all invited."""
    office.hears_of_register()
    office.hears_of_conference(areas=("Köln",), bodies=FIVE)
    office.releases(accepted_gaps=accepted("Köln"))
    return office


def moves(office, *, bodies=FIVE, state="CONVENED", starts_at=MOVED_TO):
    office.starts_at = starts_at
    office.hears_of_conference(ConferenceRescheduled, areas=("Köln",), bodies=bodies, state=state)


def list_of(office):
    return office.application.repository.get("list:c1")


def test_r9_a_scheduled_conference_has_a_list_of_its_competent_bodies(office):
    office.hears_of_conference()
    (derived,) = office.published(InvitationListDerived)
    assert (derived.aggregate_id, derived.authority_id) == ("list:c1", "pp-koeln")
    assert len(derived.bodies) == 13
    assert "br-koeln" not in {b.body_id for b in derived.bodies}


def test_r14_a_new_date_reopens_the_answers_and_leaves_the_invitations_sent(cologne):
    cologne.does(accepting("ag-koeln"))
    cologne.does(accepting("lg-koeln"))
    moves(cologne)
    assert cologne.bodies(ResponseInvalidated) == ["ag-koeln", "lg-koeln"]
    assert cologne.published(InvitationWithdrawn) == []
    cologne.does(accepting("ag-koeln"))
    assert len(cologne.published(InvitationAccepted)) == 3


def test_r16_answers_are_taken_until_the_new_start(cologne):
    moves(cologne)
    cologne.now = "2025-05-20T09:00:00+02:00"
    cologne.does(accepting("ag-koeln"))


def test_a_changed_place_reopens_no_answer(cologne):
    cologne.does(accepting("ag-koeln"))
    moves(cologne, starts_at=cologne.starts_at)
    assert cologne.published(ResponseInvalidated) == []


def test_a_body_that_is_no_longer_competent_is_no_longer_invited(cologne):
    moves(cologne, bodies=without("lg-koeln"), state="SCHEDULED")
    assert cologne.bodies(InvitationWithdrawn) == ["lg-koeln"]
    assert list_of(cologne).state == "DERIVED"


def test_r9_a_body_that_becomes_competent_is_invited_with_the_next_release(cologne):
    cologne.hears_of_conference(
        CompetentBodiesChanged,
        areas=("Köln",),
        bodies=(*FIVE, "hza-koeln"),
        state="SCHEDULED",
    )
    assert "hza-koeln" not in cologne.bodies(InvitationSent)
    cologne.releases(accepted_gaps=accepted("Köln"))
    assert cologne.bodies(InvitationSent) == [*FIVE, "hza-koeln"]


def test_a_renewal_keeps_what_was_added_and_removed_by_hand(cologne):
    cologne.does(AddBody(conference_id="c1", body_id="br-koeln", purpose="Schulen"))
    cologne.does(RemoveBody(conference_id="c1", body_id="olg-koeln", reason="Wunsch"))
    moves(cologne, bodies=(*FIVE, "hza-koeln"), state="SCHEDULED")
    assert set(list_of(cologne).bodies) == {*without("olg-koeln"), "hza-koeln", "br-koeln"}


def test_a_postponed_conference_withdraws_and_its_new_date_invites_again(cologne):
    cologne.does(accepting("ag-koeln"))
    cologne.hears_that(ConferencePostponed)
    assert sorted(cologne.bodies(InvitationWithdrawn)) == sorted(FIVE)
    refusal = cologne.refuses(CheckCoverage(conference_id="c1"))
    assert refusal.error.details["state"] == "POSTPONED"
    moves(cologne, state="SCHEDULED")
    assert cologne.bodies(ResponseInvalidated) == ["ag-koeln"]
    cologne.releases(accepted_gaps=accepted("Köln"))
    assert cologne.bodies(InvitationSent) == [*FIVE, *FIVE]


def test_a_cancelled_conference_withdraws_what_was_sent_and_nothing_else(cologne):
    cologne.does(AddBody(conference_id="c1", body_id="br-koeln", purpose="Schulen"))
    cologne.hears_that(ConferenceCancelled)
    assert sorted(cologne.bodies(InvitationWithdrawn)) == sorted(FIVE)
    refusal = cologne.refuses(CheckCoverage(conference_id="c1"))
    assert (refusal.error.code, refusal.error.details["state"]) == ("WrongState", "CANCELLED")


def test_a_conference_that_opens_without_a_release_is_frozen_without_credit(office):
    office.hears_of_conference()
    office.hears_that(ConferenceOpened)
    (frozen,) = office.published(InvitationListFrozen)
    assert [(a.counts, a.credited) for a in frozen.areas] == [(False, ()), (False, ())]
    assert all(a.gaps for a in frozen.areas)


def test_r12_the_dispatch_to_the_intermediary_is_credited_at_the_start(invited):
    invited.hears_that(ConferenceOpened)
    (frozen,) = invited.published(InvitationListFrozen)
    credited = {c.body_id for area in frozen.areas for c in area.credited}
    assert {"schulamt-koeln", "schulamt-leverkusen"} <= credited
    assert all(area.counts and not area.gaps for area in frozen.areas)


def test_r12_the_open_hop_is_confirmed_after_the_start_too(invited):
    invited.hears_that(ConferenceOpened)
    invited.does(
        ConfirmForwarding(conference_id="c1", body_id="schulamt-koeln", by_body_id="br-koeln")
    )


def test_r9_the_invitation_that_was_not_sent_before_the_start_is_a_gap(cologne):
    cologne.hears_of_conference(
        CompetentBodiesChanged, areas=("Köln",), bodies=(*FIVE, "hza-koeln")
    )
    cologne.hears_that(ConferenceOpened)
    (frozen,) = cologne.published(InvitationListFrozen)
    assert "hza-koeln" in {g.body_id for g in frozen.areas[0].gaps}


def test_a_reaction_inherits_when_its_cause_happened(office):
    office.hears_of_conference(effective_at="2024-12-01T09:00:00+01:00")
    (derived,) = office.published(InvitationListDerived)
    assert derived.effective_at == datetime(2024, 12, 1, 8, tzinfo=UTC)


def test_facts_that_are_told_again_record_nothing(invited):
    invited.does(accepting("ag-koeln"))
    stories = [
        invited.hears_of_register,
        lambda: invited.hears_of_conference(state="CONVENED"),
        lambda: invited.hears_that(ConferenceOpened),
        lambda: invited.hears_of_conference(ConferenceRescheduled, state="CONVENED"),
        lambda: invited.hears_that(ConferencePostponed),
        lambda: invited.hears_that(ConferenceCancelled),
    ]
    counts = []
    for story in stories:
        story()
        counts.append(len(invited.contracts))
    assert counts[0] == counts[1] == counts[2] - 1
    assert counts[2:] == [counts[2]] * 4


def test_a_body_is_noted_once_and_again_when_it_changes(office):
    for _ in range(2):
        office.hears_of_body("ag-koeln")
    office.hears_of_body("ag-koeln", BodyChanged, name="Amtsgericht Köln (neu)")
    for _ in range(2):
        office.hears(BodyClosed, body_id="ag-koeln", valid_to="2025-12-31")
    assert [e.event for e in office.published(Recorded)] == [
        "invitations_known_body.noted",
        "invitations_known_body.changed",
        "invitations_known_body.closed",
    ]


@pytest.mark.parametrize(
    "contract",
    [ConferencePostponed, ConferenceCancelled, ConferenceOpened],
)
def test_what_happens_to_an_unknown_conference_passes_by(office, contract):
    office.hears_that(contract, "unheard-of")
    office.hears(BodyClosed, body_id="unheard-of", valid_to="2025-12-31")
    office.hears(ConferenceConvened, conference_id="unheard-of")
    assert office.contracts == []


def test_after_the_conference_the_attendance_is_completed(invited):
    invited.hears_that(ConferenceOpened)
    invited.hears(
        ConferenceHeld,
        conference_id="c1",
        kind="siko",
        started_at=invited.now,
        ended_at=invited.now,
    )
    invited.does(
        RecordAttendance(conference_id="c1", body_id="ag-koeln", attended=True, level="head")
    )


def test_r12_r14_a_new_date_is_forwarded_anew_and_keeps_its_credit(invited):
    forward = ConfirmForwarding(conference_id="c1", body_id="schulamt-koeln", by_body_id="br-koeln")
    invited.does(forward)
    invited.hears_of_conference(ConferenceRescheduled, state="CONVENED")
    assert invited.published(ForwardingReopened) == []

    invited.starts_at += timedelta(days=7)
    invited.hears_of_conference(ConferenceRescheduled, state="CONVENED")
    assert invited.bodies(ForwardingReopened) == ["schulamt-koeln"]
    invited.does(forward)
    assert invited.bodies(InvitationForwarded) == ["schulamt-koeln"] * 2

    invited.hears_that(ConferenceOpened)
    (frozen,) = invited.published(InvitationListFrozen)
    assert "schulamt-koeln" in {each.body_id for each in frozen.areas[0].credited}
