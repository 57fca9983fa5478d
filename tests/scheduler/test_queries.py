"""What the scheduler answers: the register at any time, days that suit, verdicts under another ruleset."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from siko_contracts.commands import scheduler as commands
from siko_contracts.queries.scheduler import FreeDays, Register, WhatIf
from siko_core.refusals import InvalidCommand, NotFound
from siko_scheduler.application.queries import free_days, register, what_if

FULL: tuple[bool, tuple[str, ...]] = (True, ())
NOW = "2027-01-04T09:00:00+01:00"
LATER = "2027-06-01T09:00:00+02:00"


def debtors(house: Any, **parameters: Any) -> list[tuple[str, str]]:
    rows = house.ask(register, Register(area="Leverkusen", **parameters))
    return [(row.id, row.authority_id) for row in rows if row.fact == "area"]


def test_the_register_has_a_row_a_fact_with_its_validity_its_recording_and_its_event(
    house: Any,
) -> None:
    rows = {(row.fact, row.id): row for row in house.ask(register, Register())}

    assert {fact for fact, _ in rows} == {"authority", "motorway_duty", "area", "body"}
    area = rows["area", "Köln"]
    assert (area.authority_id, area.valid_from, area.valid_to, area.event_id) == (
        "pp-koeln",
        date(2007, 1, 1),
        None,
        "area:Köln@2",
    )
    assert area.recorded_at == datetime(2006, 12, 31, 23, tzinfo=UTC)
    office = rows["body", "schulamt-koeln"]
    assert (office.category, office.route, office.via) == ("school_office", "via", "br-koeln")
    assert office.into_body_id is None
    assert rows["motorway_duty", "pp-koeln"].sections == ["A 3", "A 4"]
    authority = rows["authority", "pp-essen"]
    assert (authority.name, authority.kind, authority.district) == (
        "Polizeipräsidium pp-essen",
        "polizeipraesidium",
        "br-duesseldorf",
    )


def test_the_register_is_bitemporal_what_was_known_then_and_what_held_on_a_day(house: Any) -> None:
    house.done(house.body("zeuge", "other", "Köln"), NOW)
    house.done(
        commands.TransferArea(
            area="Leverkusen", to_authority_id="pp-essen", valid_from=date(2027, 3, 1)
        ),
        LATER,
    )
    known_before = datetime(2027, 2, 1, tzinfo=UTC)

    assert debtors(house) == [("Leverkusen", "pp-koeln"), ("Leverkusen", "pp-essen")]
    assert debtors(house, effective_on=date(2027, 2, 28)) == [("Leverkusen", "pp-koeln")]
    assert debtors(house, effective_on=date(2027, 3, 1)) == [("Leverkusen", "pp-essen")]
    assert debtors(house, as_of=known_before, effective_on=date(2027, 3, 1)) == [
        ("Leverkusen", "pp-koeln")
    ]


def test_heads_and_duties_and_routes_are_known_as_of_any_date(house: Any) -> None:
    for function, since in (("Leitung A", "2007-01-01"), ("Leitung B", "2027-03-01")):
        house.done(
            commands.AppointHead.model_validate(
                {"authority_id": "pp-koeln", "function": function, "valid_from": since}
            )
        )
    house.done(commands.RevokeMotorwayDuty(authority_id="pp-koeln", valid_to=date(2027, 1, 31)))
    moved = house.body("lg-koeln", "ordinary_court", "Köln", valid_from="2027-03-01")
    house.done(commands.ChangeBody(**moved.model_dump()))

    def held(day: date) -> tuple[list[str], int, list[str]]:
        rows = house.ask(register, Register(effective_on=day))
        heads = [row.function for row in rows if row.fact == "head"]
        duties = sum(row.fact == "motorway_duty" for row in rows)
        [court] = [row for row in rows if row.id == "lg-koeln"]
        return heads, duties, court.areas

    assert held(date(2027, 1, 31)) == (["Leitung A"], 1, ["Köln", "Leverkusen"])
    assert held(date(2027, 3, 1)) == (["Leitung B"], 0, ["Köln"])


def test_the_register_tells_no_name_of_a_person(house: Any) -> None:
    head = {"authority_id": "pp-koeln", "function": "Leitung", "name": "Erika Muster"}
    house.done(commands.AppointHead.model_validate(head | {"valid_from": "2007-01-01"}))

    rows = house.ask(register, Register(authority_id="pp-koeln"))

    assert "Erika" not in "".join(row.model_dump_json() for row in rows)


def test_the_register_is_asked_by_authority_area_or_body(house: Any) -> None:
    of_authority = house.ask(register, Register(authority_id="pp-koeln"))
    of_area = house.ask(register, Register(area="Leverkusen"))
    of_body = house.ask(register, Register(body_id="fba"))

    assert {row.fact for row in of_authority} == {"authority", "motorway_duty", "area", "body"}
    assert {row.id for row in of_area if row.fact == "body"} == {
        "br-koeln",
        "stadt-leverkusen",
        "lg-koeln",
    }
    assert [row.id for row in of_body] == ["fba"]


@pytest.mark.parametrize(
    ("named", "nearest"),
    [
        ({"area": "Kölm"}, "Köln"),
        ({"authority_id": "pp-kolen"}, "pp-koeln"),
        ({"body_id": "schulamt-koln"}, "schulamt-koeln"),
    ],
)
def test_a_name_that_nothing_has_is_not_found_and_what_comes_near_is_named(
    house: Any, named: dict[str, str], nearest: str
) -> None:
    with pytest.raises(NotFound) as refused:
        house.ask(register, Register.model_validate(named))
    assert refused.value.details["field"] == next(iter(named))
    assert refused.value.details["nearest"][0] == nearest


def test_what_was_registered_later_is_no_wrong_name(house: Any) -> None:
    before = datetime(2006, 1, 1, tzinfo=UTC)
    assert house.ask(register, Register(area="Köln", as_of=before)) == []


def test_what_if_of_an_area_that_nobody_has_is_not_found(two_years: Any) -> None:
    with pytest.raises(NotFound, match="near: Köln"):
        two_years.ask(what_if, WhatIf(ruleset="nrw-2024.1", area="Kölm"))


def test_a_merged_body_says_into_which(house: Any) -> None:
    house.done(house.body("ag-koeln", "ordinary_court", "Köln"))
    merge = {"body_id": "ag-koeln", "into_body_id": "lg-koeln", "valid_to": "2027-06-30"}
    house.done(commands.MergeBody.model_validate(merge))

    [row] = house.ask(register, Register(body_id="ag-koeln"))

    assert (row.valid_to, row.into_body_id) == (date(2027, 6, 30), "lg-koeln")


def days(house: Any, first: str, last: str, **fields: Any) -> dict[str, list[str]]:
    query = {"authority_id": "pp-koeln", "from": first, "to": last} | fields
    items = house.ask(free_days, FreeDays.model_validate(query))
    for item in items:
        assert item.suits == (not set(by_code(item)) - {"SchoolHolidaysUnknown"})
    return {item.day.isoformat(): by_code(item) for item in items}


def by_code(item: Any) -> list[str]:
    return [finding.code for finding in item.against]


def test_free_days_are_all_that_are_not_refused_with_what_speaks_against_each(house: Any) -> None:
    taken = house.schedule("2027-05-04T09:00:00+02:00", "Köln", now=NOW)

    assert days(house, "2027-05-01", "2027-05-09") == {
        "2027-05-03": [],
        "2027-05-04": ["ConferenceOverlaps"],
        "2027-05-05": [],
        "2027-05-07": [],
        "2027-05-08": ["Saturday"],
    }
    house.done(commands.CancelConference(conference_id=taken, reason="r"))
    assert days(house, "2027-05-04", "2027-05-04") == {"2027-05-04": []}


def test_free_days_begin_tomorrow_and_say_where_notice_is_short(house: Any) -> None:
    house.day("2027-01-04")
    found = days(house, "2027-01-01", "2027-02-16")

    assert min(found) == "2027-01-05"
    assert "ShortNotice" in found["2027-02-10"]
    assert found["2027-02-15"] == found["2027-02-16"] == []


def test_free_days_behind_the_known_school_holidays_suit_and_say_so(house: Any) -> None:
    assert days(house, "2029-09-05", "2029-09-05") == {"2029-09-05": ["SchoolHolidaysUnknown"]}


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        ("2027-05-02", "2027-05-01", "to"),
        ("2027-05-01", "2029-05-01", "to"),
        ("1950-05-01", "1950-05-02", "from"),
        ("2100-12-31", "2101-01-01", "to"),
    ],
)
def test_a_range_that_makes_no_sense_is_refused_by_its_field(
    house: Any, first: str, last: str, field: str
) -> None:
    with pytest.raises(InvalidCommand) as refused:
        days(house, first, last)
    assert list(refused.value.details) == [field]


def test_free_days_of_an_unknown_authority_are_not_found(house: Any) -> None:
    with pytest.raises(NotFound):
        days(house, "2027-05-01", "2027-05-02", authority_id="pp-bonn")


@pytest.fixture
def two_years(house: Any) -> Any:
    """Köln met in March 2025 and November 2026: once in each year, twenty months apart."""
    house.day("2025-01-02")
    for day in ("2025-03-05", "2026-11-04"):
        house.hold(
            house.schedule(f"{day}T09:00:00Z", "Köln", override_reason="r"), day, {"Köln": FULL}
        )
    house.day("2027-01-02")
    return house


def test_r2_what_if_judges_the_same_facts_by_months_and_records_nothing(two_years: Any) -> None:
    before = len(two_years.desk.contracts)

    items = two_years.ask(what_if, WhatIf(ruleset="nrw-2024.1-rolling", area="Köln"))

    assert [(i.year, i.verdict, i.recorded_verdict, i.differs) for i in items] == [
        (2024, "MISSED", "MISSED", False),
        (2025, "FULFILLED", "FULFILLED", False),
        (2026, "MISSED", "FULFILLED", True),
        (2027, "OPEN", "OPEN", False),
    ]
    assert {(i.ruleset, i.recorded_ruleset) for i in items} == {
        ("nrw-2024.1-rolling", "nrw-2024.1")
    }
    assert len(two_years.desk.contracts) == before


def test_r2_by_months_only_a_conference_that_counted_begins_the_interval(house: Any) -> None:
    house.day("2025-01-02")
    uncounted = house.schedule("2025-03-12T10:00:00+01:00", "Köln")
    house.hold(uncounted, "2025-03-12", {"Köln": (False, ())})
    house.day("2026-04-01")

    [item] = house.ask(what_if, WhatIf(ruleset="nrw-2024.1-rolling", area="Köln", year=2026))

    assert item.verdict == "OPEN"


def test_what_if_under_the_ruleset_in_force_says_what_is_recorded(two_years: Any) -> None:
    items = two_years.ask(what_if, WhatIf(ruleset="nrw-2024.1"))

    assert items
    assert not any(item.differs for item in items)


def test_what_if_is_asked_by_kind_and_year_and_as_of_a_time(two_years: Any) -> None:
    query = WhatIf(ruleset="nrw-2024.1", kind="siko_ap", year=2025)
    [item] = two_years.ask(what_if, query)
    assert (item.authority_id, item.area, item.verdict) == ("pp-koeln", None, "MISSED")

    then = query.model_copy(update={"as_of": datetime(2025, 5, 1, tzinfo=UTC)})
    [item] = two_years.ask(what_if, then)
    assert item.verdict == "OPEN"


def test_an_unknown_ruleset_is_refused_and_the_known_ones_are_named(house: Any) -> None:
    with pytest.raises(InvalidCommand) as refused:
        house.ask(what_if, WhatIf(ruleset="nrw-1999"))
    assert "nrw-2024.1" in refused.value.details["ruleset"]
