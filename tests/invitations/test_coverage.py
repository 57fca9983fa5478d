"""Coverage is a pure function of who is competent and who is invited."""

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st
from siko_contracts.values import MANDATORY_CATEGORIES, CompetentBody, Finding
from siko_core.testing import at, sealed
from siko_invitations.domain.coverage import Acceptance, coverage, gaps, not_counting, to_invite
from siko_invitations.domain.invitation_list import InvitationList
from siko_invitations.domain.ruleset import NRW_2024_1

AREAS = ("Köln", "Leverkusen", "Bonn")
CATEGORIES = (*MANDATORY_CATEGORIES, "district_government", "business")


def body(body_id, category, *areas):
    return CompetentBody(body_id=body_id, category=category, areas=areas)


def judge(competent, invited, areas=("Köln",), kind="siko"):
    return coverage(
        conference_id="c1",
        kind=kind,
        areas=areas,
        competent=competent,
        invited=invited,
        rules=NRW_2024_1,
    )


AG, LG, OLG = (body(b, "ordinary_court", "Köln") for b in ("ag-koeln", "lg-koeln", "olg-koeln"))
STADT = body("stadt-koeln", "administration", "Köln")


def test_r8_a_category_without_a_registered_body_is_the_gap_no_body_registered():
    (area,) = judge([STADT], [STADT])
    assert {(g.code, g.rule, g.category, g.body_id) for g in area.gaps} == {
        ("NoBodyRegistered", "R8", category, None)
        for category in MANDATORY_CATEGORIES
        if category != "administration"
    }
    assert all((g.area, g.conference_id) == ("Köln", "c1") for g in area.gaps)


def test_r9_all_competent_courts_are_to_be_invited_not_one_of_them():
    (area,) = judge([AG, LG, OLG], [LG])
    missing = [(g.code, g.rule, g.body_id) for g in area.gaps if g.category == "ordinary_court"]
    assert missing == [("BodyNotInvited", "R9", "ag-koeln"), ("BodyNotInvited", "R9", "olg-koeln")]
    assert [c.body_id for c in area.credited] == ["lg-koeln"]


def test_r9_a_body_of_another_area_neither_covers_nor_is_missing():
    leverkusen = body("stadt-leverkusen", "administration", "Leverkusen")
    (area,) = judge([STADT, leverkusen], [leverkusen])
    assert [g.body_id for g in area.gaps if g.code == "BodyNotInvited"] == ["stadt-koeln"]
    assert area.credited == ()


def test_r3_an_area_counts_only_if_its_administration_was_invited():
    leverkusen = body("stadt-leverkusen", "administration", "Leverkusen")
    cologne, other = judge([STADT, leverkusen, AG], [STADT, AG], ("Köln", "Leverkusen"))
    assert (cologne.counts, other.counts) == (True, False)
    (without,) = judge([STADT, AG], [AG])
    assert not without.counts


def test_r34_a_motorway_conference_has_one_entry_without_area_that_counts_with_anybody_invited():
    fba = body("fba", "road_operator")
    (entry,) = judge([fba], [fba], areas=(), kind="siko_ap")
    assert (entry.area, entry.counts, entry.gaps) == (None, True, ())
    assert [c.body_id for c in entry.credited] == ["fba"]
    (nobody,) = judge([fba], [], areas=(), kind="siko_ap")
    assert (nobody.counts, nobody.gaps) == (False, ())


def test_r8_a_list_begins_with_the_mandatory_categories_and_of_a_motorway_conference_with_all():
    district = body("br-koeln", "district_government", "Köln")
    assert to_invite("siko", [STADT, district], NRW_2024_1) == (STADT,)
    assert to_invite("siko_ap", [STADT, district], NRW_2024_1) == (STADT, district)


def test_r8_an_acceptance_covers_the_gaps_that_it_names_and_a_part_left_out_means_any():
    gap = Finding(
        code="BodyNotInvited", rule="R9", area="Köln", category="customs", body_id="hza-koeln"
    )
    covering = [{}, {"area": "Köln"}, {"category": "customs"}, {"body_id": "hza-koeln"}]
    foreign = [{"area": "Bonn"}, {"category": "administration"}, {"area": "Köln", "body_id": "x"}]
    assert all(Acceptance(reason=sealed(), **named).covers(gap) for named in covering)
    assert not any(Acceptance(reason=sealed(), **named).covers(gap) for named in foreign)


registers = st.lists(
    st.tuples(
        st.sampled_from(CATEGORIES), st.lists(st.sampled_from(AREAS), unique=True, max_size=3)
    ),
    max_size=12,
).map(lambda drawn: [body(f"b{n}", category, *areas) for n, (category, areas) in enumerate(drawn)])


@settings(deadline=None)
@given(registers, st.data())
def test_r9_credits_and_gaps_name_every_competent_mandatory_body_of_an_area_exactly_once(
    competent, data
):
    invited = data.draw(
        st.lists(st.sampled_from(competent), unique=True) if competent else st.just([])
    )
    for area in judge(competent, invited, AREAS):
        due = sorted(
            b.body_id
            for b in competent
            if b.category in MANDATORY_CATEGORIES and area.area in b.areas
        )
        credited = [c.body_id for c in area.credited]
        missing = [g.body_id for g in area.gaps if g.body_id]
        assert sorted(credited + missing) == due
        assert set(credited) == set(due) & {b.body_id for b in invited}


@settings(deadline=None)
@given(registers)
def test_r8_each_mandatory_category_is_credited_or_has_a_gap_in_every_area(competent):
    for area in judge(competent, competent[::2], AREAS):
        judged = {c.category for c in area.credited} | {g.category for g in area.gaps}
        assert judged == set(MANDATORY_CATEGORIES)


@settings(deadline=None)
@given(registers, st.randoms(use_true_random=False))
def test_coverage_does_not_depend_on_the_order_of_its_bodies(competent, random):
    shuffled = random.sample(competent, len(competent))
    half = competent[::2]
    again = random.sample(half, len(half))
    assert judge(competent, half, AREAS) == judge(shuffled, again, AREAS)


def test_r8_the_order_of_adding_and_removing_does_not_change_the_findings():
    extra = body("ihk-koeln", "business", "Köln")
    steps = {
        "remove lg": lambda each: each.remove("lg-koeln", sealed()),
        "remove ag": lambda each: each.remove("ag-koeln", sealed()),
        "add ihk": lambda each: each.add(extra, sealed()),
    }
    found = set()
    with at("2025-01-10T09:00:00+01:00") as now:
        for order in permutations(steps):
            a_list = InvitationList(
                authority_id="pp-koeln",
                conference_id="c1",
                kind="siko",
                areas=("Köln",),
                starts_at=now,
                ends_at=None,
                place=None,
                bodies=(AG, LG, OLG, STADT),
            )
            for step in order:
                steps[step](a_list)
            found.add((a_list.check(()), frozenset(a_list.bodies)))
    assert len(found) == 1


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(("ag-koeln", "lg-koeln", "stadt-koeln")), max_size=8))
def test_r9_the_findings_are_those_of_the_bodies_on_the_list_whatever_was_removed_and_added(names):
    """Each name toggles: off the list, and on again."""
    bodies = {b.body_id: b for b in (AG, LG, STADT)}
    with at("2025-01-10T09:00:00+01:00") as now:
        a_list = InvitationList(
            authority_id="pp-koeln",
            conference_id="c1",
            kind="siko",
            areas=("Köln",),
            starts_at=now,
            ends_at=None,
            place=None,
            bodies=tuple(bodies.values()),
        )
        for name in names:
            if name in a_list.bodies:
                a_list.remove(name, sealed())
            else:
                a_list.add(bodies[name], sealed())
        off = {name for name in bodies if names.count(name) % 2}
        on = [b for name, b in bodies.items() if name not in off]
        areas = judge(bodies.values(), on)
        assert a_list.check(()) == gaps(areas) + not_counting("c1", areas)
