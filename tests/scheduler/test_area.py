"""An area has one debtor a day, and knows who is competent for it."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from siko_core.refusals import AlreadyDone, InvalidCommand, WrongState
from siko_core.testing import at, given, new
from siko_scheduler.domain.area import Area
from siko_scheduler.domain.competence import NotedBody, competent_on
from siko_scheduler.domain.refusals import CompetenceOverlaps, NotCompetent

SINCE = date(2007, 1, 1)
MAY = date(2025, 5, 1)


@pytest.fixture(autouse=True)
def moment() -> Iterator[None]:
    with at("2025-01-02T09:00:00+01:00"):
        yield


def named() -> Area:
    return Area(authority_id="pp-koeln", area="Köln")


def assigned() -> Area:
    area = named()
    area.assign("pp-koeln", SINCE, None, verified=False)
    return area


def note(
    body_id: str = "ag-koeln", since: date = SINCE, category: str = "ordinary_court"
) -> NotedBody:
    return NotedBody(
        body_id=body_id,
        category=category,
        route="direct",
        via=None,
        verified=True,
        valid_from=since,
    )


def bodies(area: Area, day: date) -> list[str]:
    return [body.body_id for body in competent_on(day, {area.area: area.notes})]


def test_an_area_is_one_aggregate_by_its_name() -> None:
    assert assigned().id == "area:Köln"


def test_r5_only_the_authority_competent_on_the_day_convenes() -> None:
    area = assigned()
    area.transfer("pp-essen", MAY)

    area.ensure_competent("pp-koeln", date(2025, 4, 30))
    area.ensure_competent("pp-essen", MAY)
    with pytest.raises(NotCompetent) as refused:
        area.ensure_competent("pp-koeln", MAY)
    assert refused.value.details["competent"] == "pp-essen"


def test_r5_nobody_is_competent_before_the_first_assignment() -> None:
    with pytest.raises(NotCompetent) as refused:
        assigned().ensure_competent("pp-koeln", date(2006, 12, 31))

    assert refused.value.details["competent"] is None


def test_r6_a_transfer_is_two_events_each_under_its_authority() -> None:
    area = assigned()
    area.transfer("pp-essen", MAY)

    released, given_to = new(area)[-2:]
    assert (released.TOPIC, released.authority_id, released.valid_to) == (
        "area.released",
        "pp-koeln",
        date(2025, 4, 30),
    )
    assert (given_to.TOPIC, given_to.authority_id, given_to.valid_from) == (
        "area.assigned",
        "pp-essen",
        MAY,
    )
    assert given_to.verified is False


def test_r6_a_transfer_leaves_one_obligation_with_two_debtors() -> None:
    area = assigned()
    area.transfer("pp-essen", MAY)

    owed = area.owed_in(2025)

    assert [(each.authority_id, each.valid_from, each.valid_to) for each in owed] == [
        ("pp-koeln", date(2025, 1, 1), date(2025, 4, 30)),
        ("pp-essen", MAY, date(2025, 12, 31)),
    ]
    assert [each.evidence for each in owed] == ["area:Köln@2", "area:Köln@4"]
    assert [each.authority_id for each in area.owed_in(2026)] == ["pp-essen"]
    assert area.owed_in(2006) == ()


def test_a_transfer_keeps_the_end_of_the_assignment() -> None:
    area = named()
    area.assign("pp-koeln", SINCE, date(2025, 12, 31), verified=True)
    area.transfer("pp-essen", MAY)

    assert area.owed_in(2026) == ()


def test_a_transfer_needs_a_debtor_who_was_there_before_and_is_another() -> None:
    with pytest.raises(WrongState):
        named().transfer("pp-essen", MAY)
    with pytest.raises(AlreadyDone):
        assigned().transfer("pp-koeln", MAY)
    with pytest.raises(InvalidCommand):
        assigned().transfer("pp-essen", SINCE)


def test_a_second_debtor_on_the_same_day_is_refused() -> None:
    area = named()
    area.assign("pp-koeln", SINCE, MAY, verified=True)

    with pytest.raises(CompetenceOverlaps) as refused:
        area.assign("pp-essen", MAY, None, verified=True)
    assert refused.value.details == {
        "field": "valid_from",
        "area": "Köln",
        "authority_id": "pp-koeln",
        "valid_from": "2007-01-01",
        "valid_to": "2025-05-01",
    }
    area.assign("pp-essen", date(2025, 5, 2), None, verified=True)

    assert area.assignment_on(MAY).authority_id == "pp-koeln"


def test_the_same_assignment_again_is_done_already() -> None:
    with pytest.raises(AlreadyDone):
        assigned().assign("pp-koeln", SINCE, None, verified=False)


def test_an_assignment_does_not_end_before_it_begins() -> None:
    with pytest.raises(InvalidCommand):
        named().assign("pp-koeln", MAY, SINCE, verified=True)


def test_a_released_area_owes_until_its_last_day() -> None:
    area = assigned()
    area.release("pp-essen", MAY)
    assert area.version == 2
    area.release("pp-koeln", MAY)

    assert [each.valid_to for each in area.owed_in(2025)] == [MAY]
    assert area.assignment_on(date(2025, 5, 2)) is None


def test_r9_a_body_is_competent_from_its_first_to_its_last_day() -> None:
    area = assigned()
    area.note_body(note(since=MAY))
    area.end_body("ag-koeln", date(2025, 6, 30))

    assert bodies(area, date(2025, 4, 30)) == []
    assert bodies(area, MAY) == bodies(area, date(2025, 6, 30)) == ["ag-koeln"]
    assert bodies(area, date(2025, 7, 1)) == []


def test_r9_a_changed_body_holds_as_it_was_until_the_day_before() -> None:
    area = assigned()
    area.note_body(note())
    area.note_body(note(since=MAY, category="other"))

    before, after = (competent_on(d, {"Köln": area.notes})[0] for d in (date(2025, 4, 30), MAY))
    assert (before.category, after.category) == ("ordinary_court", "other")


def test_a_body_that_is_not_noted_ends_without_an_event() -> None:
    area = assigned()
    area.end_body("ag-koeln", MAY)

    assert area.version == 2


def test_r9_a_body_of_two_areas_is_one_entry_with_both() -> None:
    koeln, leverkusen = (note(),), (note(), note("ag-leverkusen"))

    found = competent_on(MAY, {"Köln": koeln, "Leverkusen": leverkusen})

    assert [(body.body_id, body.areas) for body in found] == [
        ("ag-koeln", ("Köln", "Leverkusen")),
        ("ag-leverkusen", ("Leverkusen",)),
    ]


def test_history_replays_to_the_same_timeline() -> None:
    area = assigned()
    area.transfer("pp-essen", MAY)
    area.note_body(note())

    replayed = given(*new(area))

    assert replayed.assignments == area.assignments
    assert replayed.notes == area.notes


DAY = st.dates(date(2020, 1, 1), date(2026, 12, 31))
PERIODS = st.lists(
    st.tuples(st.sampled_from(["pp-koeln", "pp-essen"]), DAY, st.none() | DAY), max_size=8
)


@for_all(PERIODS, st.lists(DAY, max_size=4), DAY)
def test_there_is_never_more_than_one_debtor_a_day(
    periods: list[tuple[str, date, date | None]], transfers: list[date], day: date
) -> None:
    with at("2025-01-02T09:00:00+01:00"):
        area = named()
        for authority_id, valid_from, valid_to in periods:
            try:
                area.assign(authority_id, valid_from, valid_to, verified=True)
            except (AlreadyDone, CompetenceOverlaps, InvalidCommand):
                continue
        for valid_from in transfers:
            try:
                area.transfer("pp-bonn", valid_from)
            except (AlreadyDone, InvalidCommand, WrongState):
                continue

        assert sum(each.holds_on(day) for each in area.assignments) <= 1
        owed = area.owed_in(day.year)
        assert all(a.valid_to < b.valid_from for a, b in pairwise(owed))
