"""A list is derived, checked, released and frozen."""

from datetime import UTC, datetime

import pytest
from siko_contracts.values import CompetentBody, Finding
from siko_core.refusals import WrongState
from siko_core.testing import at, given, new, sealed
from siko_invitations.domain.coverage import Acceptance
from siko_invitations.domain.invitation_list import InvitationList
from siko_invitations.domain.refusals import (
    DirectToSchoolOffice,
    GapNotAccepted,
    ListFrozen,
    NobodyInvited,
    NotChecked,
)

STARTS_AT = datetime(2025, 5, 6, 9, tzinfo=UTC)
MOVED_TO = datetime(2025, 6, 3, 9, tzinfo=UTC)
NOW = datetime(2025, 1, 10, 8, tzinfo=UTC)
ANY = (Acceptance(reason=sealed()),)


def body(body_id, category="administration", *areas, **fields):
    return CompetentBody(body_id=body_id, category=category, areas=areas or ("Köln",), **fields)


STADT, AG, LG = (
    body("stadt-koeln"),
    body("ag-koeln", "ordinary_court"),
    body("lg-koeln", "ordinary_court"),
)
IHK = body("ihk-koeln", "business")


@pytest.fixture(autouse=True)
def _now():
    with at("2025-01-10T09:00:00+01:00"):
        yield


def derived(*bodies, kind="siko"):
    return InvitationList(
        authority_id="pp-koeln",
        conference_id="c1",
        kind=kind,
        areas=("Köln",) if kind == "siko" else (),
        starts_at=STARTS_AT,
        ends_at=None,
        place=None,
        bodies=bodies,
    )


def released(*bodies):
    a_list = derived(*bodies)
    a_list.check(())
    a_list.release(ANY, NOW)
    new(a_list)
    return a_list


def renewed(a_list, *bodies, starts_at=STARTS_AT, convened=True):
    a_list.renew(("Köln",), starts_at, bodies, convened=convened)
    return a_list


def test_a_list_is_checked_released_and_frozen():
    a_list = derived(STADT)
    states = [a_list.state]
    for step in (
        lambda: a_list.check(()),
        lambda: a_list.release(ANY, NOW),
        lambda: a_list.freeze({"stadt-koeln"}),
    ):
        step()
        states.append(a_list.state)
    assert states == ["DERIVED", "CHECKED", "RELEASED", "FROZEN"]


def test_the_history_makes_the_same_list_again():
    a_list = derived(STADT, AG)
    a_list.add(IHK, sealed())
    a_list.remove("ag-koeln", sealed())
    a_list.check(())
    a_list.release(ANY, NOW)
    renewed(a_list, STADT, LG, starts_at=MOVED_TO)
    a_list.freeze({"stadt-koeln"})
    again = given(*new(a_list))
    assert vars(again) == vars(a_list)


def test_an_event_names_its_conference_authority_and_ruleset():
    a_list = derived(STADT)
    a_list.check(())
    checked = new(a_list)[-1]
    assert (checked.conference_id, checked.authority_id, checked.ruleset) == (
        "c1",
        "pp-koeln",
        "nrw-2024.1",
    )


def test_r8_a_list_that_was_not_checked_is_not_released():
    with pytest.raises(NotChecked):
        derived(STADT).release(ANY, NOW)


@pytest.mark.parametrize(
    "change",
    [
        lambda each: each.add(IHK, sealed()),
        lambda each: each.remove("ag-koeln", sealed()),
        lambda each: renewed(each, STADT, AG, LG),
    ],
)
def test_r8_a_change_asks_for_a_new_check(change):
    a_list = derived(STADT, AG)
    a_list.check(())
    change(a_list)
    with pytest.raises(NotChecked):
        a_list.release(ANY, NOW)


def test_r8_every_gap_is_accepted_or_the_list_stays_in():
    a_list = derived(STADT)
    a_list.check(())
    with pytest.raises(GapNotAccepted) as refused:
        a_list.release((Acceptance(category="customs", reason=sealed()),), NOW)
    left = {gap["category"] for gap in refused.value.details["gaps"]}
    assert "customs" not in left
    assert "public_prosecutor" in left


def test_r8_accepting_what_is_no_gap_is_ignored():
    a_list = derived(STADT)
    a_list.check(())
    a_list.release((*ANY, Acceptance(category="administration", reason=sealed())), NOW)
    assert [(a.area, a.category) for a in new(a_list)[-1].accepted_gaps] == [(None, None)]


def test_r34_a_list_without_a_body_is_not_released():
    a_list = derived(kind="siko_ap")
    a_list.check(())
    with pytest.raises(NobodyInvited):
        a_list.release((), NOW)


def test_r14_a_further_release_without_a_change_records_nothing():
    a_list = released(STADT)
    a_list.release((), NOW)
    assert new(a_list) == []


def test_r14_a_repeated_check_with_the_same_findings_records_nothing():
    a_list = derived(STADT)
    a_list.check(())
    new(a_list)
    a_list.check(())
    assert new(a_list) == []


def test_a_body_that_cannot_be_reached_is_a_finding_and_no_gap():
    finding = Finding(code="NoContact", rule="contact", body_id="stadt-koeln")
    a_list = derived(STADT)
    assert a_list.check((finding,))[-1] == finding
    assert finding not in a_list.release(ANY, NOW)


def test_r3_the_area_without_its_administration_is_named_before_and_at_the_release():
    a_list = derived(AG)
    will_not_count = Finding(code="WillNotCount", rule="R3", area="Köln", conference_id="c1")
    assert will_not_count in a_list.check(())
    assert will_not_count in a_list.release(ANY, NOW)
    assert "WillNotCount" not in {gap.code for gap in new(a_list)[-1].areas[0].gaps}
    assert will_not_count not in derived(STADT).check(())


def test_r8_a_release_is_recorded_late_only_if_it_was_entered_after_the_start():
    def late(now, evidence):
        a_list = derived(STADT)
        a_list.check(())
        a_list.release(ANY, now, evidence)
        a_list.freeze({"stadt-koeln"})
        *_, release, frozen = new(a_list)
        assert release.recorded_late == frozen.recorded_late
        return frozen.recorded_late

    after = STARTS_AT
    assert late(after, sealed())
    assert not late(NOW, sealed())
    assert not late(after, None)


def test_r12_a_school_office_is_never_added_to_be_invited_directly():
    with pytest.raises(DirectToSchoolOffice):
        derived(STADT).add(body("schulamt-koeln", "school_office"), sealed())


def test_r12_a_list_with_a_direct_school_office_is_not_released():
    a_list = derived(STADT, body("schulamt-koeln", "school_office"))
    a_list.check(())
    with pytest.raises(DirectToSchoolOffice):
        a_list.release(ANY, NOW)


def test_r9_a_removed_body_stays_a_gap():
    a_list = derived(STADT, AG)
    a_list.remove("ag-koeln", sealed())
    assert ("BodyNotInvited", "ag-koeln") in {(f.code, f.body_id) for f in a_list.check(())}


def test_a_removed_body_can_be_added_again_with_the_areas_that_it_was_competent_in():
    a_list = derived(STADT, AG)
    a_list.remove("ag-koeln", sealed())
    a_list.add(CompetentBody(body_id="ag-koeln", category="other"), sealed())
    assert a_list.bodies["ag-koeln"] == AG


def test_r9_a_renewed_list_follows_the_competent_bodies():
    assert set(renewed(derived(STADT, AG), STADT, LG).bodies) == {"stadt-koeln", "lg-koeln"}


def test_a_renewed_list_keeps_manual_additions_and_removals():
    a_list = derived(STADT, AG)
    a_list.add(IHK, sealed())
    a_list.remove("ag-koeln", sealed())
    assert set(renewed(a_list, STADT, AG, LG).bodies) == {"stadt-koeln", "lg-koeln", "ihk-koeln"}


def test_an_addition_that_was_removed_again_comes_back_once_it_is_competent():
    court = body("ag-bonn", "ordinary_court")
    a_list = derived(STADT)
    a_list.add(court, sealed())
    a_list.remove("ag-bonn", sealed())
    assert set(renewed(a_list, STADT, court).bodies) == {"stadt-koeln", "ag-bonn"}


def test_a_new_date_with_the_same_bodies_keeps_a_released_list_released():
    a_list = renewed(released(STADT), STADT, starts_at=MOVED_TO)
    assert (a_list.state, a_list.starts_at) == ("RELEASED", MOVED_TO)


def test_a_renewal_that_changes_the_bodies_asks_for_a_new_release():
    assert renewed(released(STADT), STADT, AG).state == "DERIVED"


def test_a_conference_that_is_no_longer_convened_asks_for_a_new_release():
    a_list = renewed(released(STADT), STADT, convened=False)
    assert a_list.state == "DERIVED"


def test_a_renewal_that_says_nothing_new_records_nothing():
    a_list = released(STADT, AG)
    renewed(a_list, AG, STADT)
    assert new(a_list) == []


def test_a_postponed_list_waits_for_its_new_date():
    a_list = released(STADT)
    a_list.postpone()
    with pytest.raises(WrongState) as refused:
        a_list.check(())
    assert refused.value.details["state"] == "POSTPONED"
    assert renewed(a_list, STADT, starts_at=MOVED_TO).state == "DERIVED"


def test_a_cancelled_list_stays_cancelled():
    a_list = released(STADT)
    a_list.cancel()
    renewed(a_list, STADT, AG).postpone()
    a_list.freeze({"stadt-koeln"})
    assert a_list.state == "CANCELLED"
    with pytest.raises(WrongState):
        a_list.add(IHK, sealed())


@pytest.mark.parametrize(
    "change",
    [
        lambda each: each.add(IHK, sealed()),
        lambda each: each.remove("stadt-koeln", sealed()),
        lambda each: each.check(()),
        lambda each: each.release(ANY, NOW),
    ],
)
def test_a_frozen_list_takes_no_change(change):
    a_list = released(STADT)
    a_list.freeze({"stadt-koeln"})
    with pytest.raises(ListFrozen):
        change(a_list)


def test_what_happens_to_the_conference_later_leaves_a_frozen_list_as_it_is():
    a_list = released(STADT)
    a_list.freeze({"stadt-koeln"})
    new(a_list)
    a_list.freeze(set())
    a_list.postpone()
    a_list.cancel()
    renewed(a_list, STADT, AG)
    assert new(a_list) == []


def test_r9_a_frozen_list_credits_what_was_sent_not_what_was_listed():
    a_list = released(STADT, AG)
    a_list.freeze({"stadt-koeln"})
    (area,) = new(a_list)[-1].areas
    assert [c.body_id for c in area.credited] == ["stadt-koeln"]
    assert "ag-koeln" in {g.body_id for g in area.gaps}


def test_r3_a_list_that_was_never_released_is_frozen_without_any_credit():
    a_list = derived(STADT, AG)
    a_list.freeze(set())
    (area,) = new(a_list)[-1].areas
    assert (area.counts, area.credited, len(area.gaps)) == (False, (), 7)


def test_r16_answers_are_taken_until_the_start_and_never_once_frozen():
    a_list = released(STADT)
    assert a_list.takes_answers(datetime(2025, 5, 6, 8, 59, tzinfo=UTC))
    assert not a_list.takes_answers(STARTS_AT)
    a_list.freeze(set())
    assert not a_list.takes_answers(datetime(2025, 1, 1, tzinfo=UTC))
