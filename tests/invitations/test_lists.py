"""The secretariat works on a list, and the convenor releases it."""

import pytest
from pydantic import ValidationError
from siko_contracts.commands.invitations import (
    AddBody,
    CheckCoverage,
    GapAcceptance,
    ReleaseInvitations,
    RemoveBody,
    SetContact,
    WithdrawInvitation,
)
from siko_contracts.events.invitations import (
    BodyAdded,
    BodyRemoved,
    InvitationListDerived,
    InvitationListFrozen,
    InvitationSent,
    InvitationSentToIntermediary,
    InvitationsReleased,
    InvitationWithdrawn,
)
from siko_contracts.events.scheduler import BodyClosed, ConferenceOpened, WordAdded

from tests.gaps import accepted


def adding(body_id, conference_id="c1"):
    return AddBody(conference_id=conference_id, body_id=body_id, purpose="Lage am Ring")


def test_r9_the_joint_conference_of_all_competent_bodies_has_no_gap(office):
    office.hears_of_register()
    office.hears_of_conference()
    assert office.releases().findings == []
    (released,) = office.published(InvitationsReleased)
    assert [(a.area, a.counts, a.gaps) for a in released.areas] == [
        ("Köln", True, ()),
        ("Leverkusen", True, ()),
    ]
    assert (released.aggregate_id, released.ruleset) == ("list:c1", "nrw-2024.1")


def test_r12_school_offices_are_sent_through_their_district_government(invited):
    assert [(e.body_id, e.via) for e in invited.published(InvitationSentToIntermediary)] == [
        ("schulamt-koeln", "br-koeln"),
        ("schulamt-leverkusen", "br-koeln"),
    ]
    assert len(invited.published(InvitationSent)) == 11


def test_a_district_government_is_no_invitee_of_its_own_unless_it_is_added(invited):
    assert "br-koeln" not in invited.bodies(InvitationSent)
    invited.does(adding("br-koeln"))
    invited.releases()
    assert invited.bodies(InvitationSent).count("br-koeln") == 1


def test_r9_the_court_that_is_left_out_is_the_gap_that_the_verdict_names(office):
    office.hears_of_register()
    office.hears_of_conference(areas=("Leverkusen",))
    office.does(RemoveBody(conference_id="c1", body_id="ag-leverkusen", reason="vergessen"))
    (gap,) = [f for f in office.does(CheckCoverage(conference_id="c1")).findings if f.rule == "R9"]
    assert (gap.code, gap.area, gap.category, gap.body_id, gap.conference_id) == (
        "BodyNotInvited",
        "Leverkusen",
        "ordinary_court",
        "ag-leverkusen",
        "c1",
    )
    refusal = office.refuses(ReleaseInvitations(conference_id="c1"))
    assert refusal.error.code == "GapNotAccepted"
    assert [g["body_id"] for g in refusal.error.details["gaps"]] == ["ag-leverkusen"]
    excused = GapAcceptance(area="Leverkusen", body_id="ag-leverkusen", reason="entschuldigt")
    released = office.does(ReleaseInvitations(conference_id="c1", accepted_gaps=(excused,)))
    assert [f.body_id for f in released.findings] == ["ag-leverkusen"]
    office.hears_that(ConferenceOpened)
    (frozen,) = office.published(InvitationListFrozen)
    assert [g.body_id for g in frozen.areas[0].gaps] == ["ag-leverkusen"]
    assert [a.body_id for a in frozen.accepted_gaps] == ["ag-leverkusen"]


def test_r8_an_area_without_bodies_shows_no_body_registered_and_releases_nobody(office):
    office.hears_of_register()
    office.hears_of_conference(areas=("Bottrop",), bodies=())
    findings = office.does(CheckCoverage(conference_id="c1")).findings
    assert [f.code for f in findings] == ["NoBodyRegistered"] * 7 + ["WillNotCount"]
    refusal = office.refuses(
        ReleaseInvitations(conference_id="c1", accepted_gaps=accepted("Bottrop"))
    )
    assert refusal.error.code == "NobodyInvited"


def test_r8_a_list_is_released_only_after_its_check(office):
    office.hears_of_register()
    office.hears_of_conference()
    refusal = office.refuses(ReleaseInvitations(conference_id="c1"))
    assert refusal.error.code == "NotChecked"


def test_r8_a_gap_is_accepted_by_itself_and_never_with_all_others():
    for gap, names in (
        ({"reason": "x"}, "area"),
        ({"category": "customs", "reason": "x"}, "area"),
        ({"area": "Köln", "reason": "x"}, "category or the body"),
    ):
        with pytest.raises(ValidationError, match=names):
            GapAcceptance.model_validate(gap)
    GapAcceptance(area="Köln", category="customs", reason="x")
    GapAcceptance(area="Köln", body_id="hza-koeln", reason="x")


def test_r8_an_accepted_category_leaves_the_other_area_and_category_open(office):
    office.hears_of_register()
    office.hears_of_conference(bodies=("stadt-koeln", "stadt-leverkusen"))
    office.does(CheckCoverage(conference_id="c1"))
    gap = GapAcceptance(area="Köln", category="customs", reason="nicht besetzt")
    left = office.refuses(ReleaseInvitations(conference_id="c1", accepted_gaps=(gap,)))
    missing = {(g["area"], g["category"]) for g in left.error.details["gaps"]}
    assert len(missing) == 6 + 5
    assert ("Köln", "customs") not in missing
    assert ("Leverkusen", "customs") in missing


@pytest.mark.parametrize("leaves", [RemoveBody, WithdrawInvitation])
def test_r8_a_mandatory_body_that_leaves_after_the_release_asks_the_convenor_again(invited, leaves):
    released = len(invited.published(InvitationsReleased))
    invited.does(leaves(conference_id="c1", body_id="hza-koeln", reason="Versehen"))
    refusal = invited.refuses(ReleaseInvitations(conference_id="c1"))
    assert refusal.error.code == "NotChecked"
    invited.does(CheckCoverage(conference_id="c1"))
    refusal = invited.refuses(ReleaseInvitations(conference_id="c1"))
    assert {g["body_id"] for g in refusal.error.details["gaps"]} == {"hza-koeln"}
    gaps = tuple(
        GapAcceptance(area=area, body_id="hza-koeln", reason="x") for area in ("Köln", "Leverkusen")
    )
    invited.does(ReleaseInvitations(conference_id="c1", accepted_gaps=gaps))
    assert len(invited.published(InvitationsReleased)) == released + 1


STARTED = "2025-06-02T09:00:00+02:00"


def frozen_after(office, **release):
    """The conference of 6 May 2025 is released on 2 June, and then opened."""
    office.hears_of_register()
    office.hears_of_conference()
    office.does(CheckCoverage(conference_id="c1"))
    office.now = STARTED
    office.does(ReleaseInvitations(conference_id="c1", **release))
    office.hears_that(ConferenceOpened)
    (frozen,) = office.published(InvitationListFrozen)
    return frozen


def test_r8_who_was_invited_after_the_start_earns_no_credit(office):
    frozen = frozen_after(office)
    assert [(area.counts, area.credited) for area in frozen.areas] == [(False, ()), (False, ())]
    assert {gap.body_id for area in frozen.areas for gap in area.gaps} >= {
        "stadt-koeln",
        "hza-koeln",
    }
    assert not frozen.recorded_late


def test_r8_a_release_in_time_is_entered_afterwards_with_its_evidence(office):
    frozen = frozen_after(
        office, effective_at="2025-03-10T09:00:00+01:00", evidence="Schreiben vom 10.03.2025"
    )
    assert [(area.counts, area.gaps) for area in frozen.areas] == [(True, ()), (True, ())]
    assert frozen.recorded_late
    (released,) = office.published(InvitationsReleased)
    assert released.recorded_late
    assert (released.effective_at.month, released.recorded_at.month) == (3, 6)


def test_r8_a_release_in_time_can_be_entered_though_the_list_was_looked_at_since(office):
    office.hears_of_register()
    office.hears_of_conference()
    office.now = STARTED
    office.does(CheckCoverage(conference_id="c1"))
    release = ReleaseInvitations(
        conference_id="c1", effective_at="2025-03-10T09:00:00+01:00", evidence="Schreiben"
    )
    office.does(release)
    (released,) = office.published(InvitationsReleased)
    assert released.recorded_late


def test_r8_a_release_entered_as_of_after_the_start_earns_no_credit_either(office):
    frozen = frozen_after(office, effective_at="2025-05-06T11:00:00+02:00", evidence="Vermerk")
    assert not any(area.counts for area in frozen.areas)


@pytest.mark.parametrize(
    "of", [{"effective_at": "2025-03-10T09:00:00+01:00"}, {"evidence": "Vermerk"}]
)
def test_r8_the_date_of_a_past_release_and_its_evidence_belong_together(of):
    with pytest.raises(ValidationError, match="belong together"):
        ReleaseInvitations(conference_id="c1", **of)


def test_who_cannot_be_reached_is_a_finding_at_the_intermediary_for_school_offices(office):
    office.hears_of_register()
    office.hears_of_conference(areas=("Leverkusen",))
    unreachable = [
        f.body_id
        for f in office.does(CheckCoverage(conference_id="c1")).findings
        if (f.code, f.rule, f.conference_id) == ("NoContact", "contact", "c1")
    ]
    assert "br-koeln" in unreachable
    assert "schulamt-leverkusen" not in unreachable
    office.does(SetContact(body_id="br-koeln", email="poststelle@br-koeln.example.org"))
    left = [f.body_id for f in office.does(CheckCoverage(conference_id="c1")).findings]
    assert left == [body_id for body_id in unreachable if body_id != "br-koeln"]


def test_r14_a_second_release_sends_only_what_is_new(invited):
    invited.hears_of_body("ihk-koeln", category="business", areas=("Köln",))
    before = invited.bodies(InvitationSent)
    invited.does(adding("ihk-koeln"))
    invited.releases()
    invited.does(ReleaseInvitations(conference_id="c1"))
    assert invited.bodies(InvitationSent) == [*before, "ihk-koeln"]
    assert len(invited.published(InvitationsReleased)) == 2


def test_r10_an_added_body_is_published_with_the_areas_of_the_conference(office):
    office.hears_of_register()
    office.hears_of_conference(areas=("Köln",))
    office.does(adding("br-koeln"))
    (added,) = office.published(BodyAdded)
    assert (added.conference_id, added.body_id, added.areas) == ("c1", "br-koeln", ("Köln",))


def test_r14_a_body_that_is_on_the_list_is_not_added_again(invited):
    assert invited.refuses(adding("ag-koeln")).error.code == "DuplicateBody"


def test_a_body_that_was_never_heard_of_is_not_yet_known(invited):
    refusal = invited.refuses(adding("ihk-koeln"))
    assert refusal.error.code == "NotYetKnown"
    assert refusal.error.details["field"] == "body_id"
    assert refusal.error.details["retry_after_s"] == 1


def test_a_body_that_closes_before_the_conference_is_unknown_to_it(invited):
    invited.hears_of_body("ihk-koeln", category="business")
    invited.hears(BodyClosed, body_id="ihk-koeln", valid_to="2025-05-05")
    assert invited.refuses(adding("ihk-koeln")).error.code == "UnknownBody"
    invited.hears(BodyClosed, body_id="ihk-koeln", valid_to="2025-05-06")
    invited.does(adding("ihk-koeln"))


def test_r12_a_school_office_of_another_district_is_refused(invited):
    invited.hears_of_body(
        "schulamt-duesseldorf",
        category="school_office",
        areas=("Düsseldorf",),
        route="via",
        via="br-duesseldorf",
    )
    refusal = invited.refuses(adding("schulamt-duesseldorf"))
    assert refusal.error.code == "WrongDistrict"
    assert refusal.error.details["via"] == "br-koeln"


def test_r12_the_district_is_the_one_that_the_authority_lies_in_by_now(invited):
    invited.hears_of_body(
        "schulamt-duesseldorf", category="school_office", route="via", via="br-duesseldorf"
    )
    invited.hears_of_authority(district="br-duesseldorf")
    invited.does(adding("schulamt-duesseldorf"))


def test_r12_a_school_office_is_never_invited_directly(invited):
    invited.hears_of_body("schulamt-bonn", category="school_office", via="br-koeln")
    assert invited.refuses(adding("schulamt-bonn")).error.code == "DirectToSchoolOffice"


def test_r12_without_its_authority_a_school_office_cannot_be_judged(office):
    office.hears_of_body("schulamt-koeln")
    office.hears_of_conference(bodies=())
    assert office.refuses(adding("schulamt-koeln")).error.code == "NotYetKnown"


def test_r34_a_motorway_conference_takes_only_bodies_that_its_motorway_affects(office):
    office.hears_of_body("fba", category="road_operator", motorway_authority_ids=("pp-koeln",))
    office.hears_of_body("ihk-koeln", category="business")
    office.hears_of_conference(kind="siko_ap", areas=(), sections=("BAB",), bodies=())
    refused = office.refuses(adding("ihk-koeln")).error
    assert (refused.code, refused.details) == (
        "NotAffected",
        {"field": "body_id", "authority_id": "pp-koeln"},
    )
    office.does(adding("fba"))
    assert [f.code for f in office.releases().findings] == []
    office.hears_that(ConferenceOpened)
    (frozen,) = office.published(InvitationListFrozen)
    assert [(a.area, a.counts, [c.body_id for c in a.credited]) for a in frozen.areas] == [
        (None, True, ["fba"])
    ]


def test_r34_all_affected_bodies_are_on_the_list_of_a_motorway_conference(office):
    office.hears_of_conference(kind="siko_ap", areas=(), bodies=("br-koeln", "hza-koeln"))
    (derived,) = office.published(InvitationListDerived)
    assert [b.body_id for b in derived.bodies] == ["br-koeln", "hza-koeln"]


def test_a_sent_invitation_is_withdrawn_with_the_removal_of_its_body(invited):
    answer = invited.does(RemoveBody(conference_id="c1", body_id="ag-koeln", reason="Irrtum"))
    assert answer.id == "list:c1"
    assert invited.bodies(InvitationWithdrawn) == ["ag-koeln"]


def test_a_body_that_is_not_on_the_list_is_not_removed(invited):
    removal = RemoveBody(conference_id="c1", body_id="br-koeln", reason="Irrtum")
    assert invited.refuses(removal).error.code == "NotInvited"


def test_a_withdrawn_body_leaves_the_list_and_may_be_added_and_invited_again(invited):
    answer = invited.does(
        WithdrawInvitation(conference_id="c1", body_id="ag-koeln", reason="Befangenheit")
    )
    assert answer.id == "invitation:c1:ag-koeln"
    assert invited.bodies(BodyRemoved) == ["ag-koeln"]
    invited.does(adding("ag-koeln"))
    invited.releases()
    assert invited.bodies(InvitationSent).count("ag-koeln") == 2


@pytest.mark.parametrize(
    ("body_id", "code"), [("br-koeln", "NotInvited"), ("ag-koeln", "InvitationWithdrawn")]
)
def test_only_what_stands_is_withdrawn(invited, body_id, code):
    withdrawal = WithdrawInvitation(conference_id="c1", body_id="ag-koeln", reason="Irrtum")
    invited.does(withdrawal)
    again = withdrawal.model_copy(update={"body_id": body_id})
    assert invited.refuses(again).error.code == code


@pytest.mark.parametrize(
    "command",
    [
        adding("br-koeln"),
        RemoveBody(conference_id="c1", body_id="ag-koeln", reason="Irrtum"),
        WithdrawInvitation(conference_id="c1", body_id="ag-koeln", reason="Irrtum"),
        CheckCoverage(conference_id="c1"),
        ReleaseInvitations(conference_id="c1"),
    ],
)
def test_a_frozen_list_refuses_every_change(invited, command):
    invited.hears_that(ConferenceOpened)
    assert invited.refuses(command).error.code == "ListFrozen"


@pytest.mark.parametrize(
    "command",
    [adding("ag-koeln"), CheckCoverage(conference_id="c1"), ReleaseInvitations(conference_id="c1")],
)
def test_a_conference_that_was_never_heard_of_is_not_yet_known(office, command):
    refusal = office.refuses(command)
    assert (refusal.error.code, refusal.error.details["field"]) == ("NotYetKnown", "conference_id")


def test_a_contact_belongs_to_a_body_that_is_known(office):
    contact = SetContact(body_id="ag-koeln", email="poststelle@ag-koeln.example.org")
    assert office.refuses(contact).error.code == "NotYetKnown"
    office.hears_of_body("ag-koeln")
    assert office.does(contact).id == "known:ag-koeln"


def test_a_contact_without_any_address_is_refused(office):
    office.hears_of_body("ag-koeln")
    refusal = office.refuses(SetContact(body_id="ag-koeln", name="Dr. Muster"))
    assert (refusal.error.code, list(refusal.error.details)) == ("InvalidCommand", ["email"])


def test_a_gap_of_a_category_that_is_no_word_is_refused_until_the_ministry_adds_it(office):
    office.hears_of_conference()
    office.does(CheckCoverage(conference_id="c1"))
    gap = {"area": "Köln", "category": "harbour", "reason": "Es gibt keinen Hafen."}
    release = ReleaseInvitations.model_validate({"conference_id": "c1", "accepted_gaps": [gap]})
    refusal = office.refuses(release)
    assert refusal.error.code == "UnknownWord"
    assert refusal.error.details["field"] == "accepted_gaps.0.category"

    added = {"authority_id": "nrw", "vocabulary": "category", "code": "harbour"}
    office.hears(WordAdded, **added, label="Hafenbehörde")
    office.hears(WordAdded, **added | {"vocabulary": "outcome"}, label="Hafen")
    office.does(release)
