"""Bodies of the register, and the conferences that a change of them concerns."""

from datetime import date
from typing import Any

import pytest
from siko_contracts.commands import scheduler as commands
from siko_contracts.events import Recorded
from siko_contracts.events.scheduler import (
    BodyChanged,
    BodyClosed,
    BodyRegistered,
    CompetentBodiesChanged,
)
from siko_scheduler.domain.authority import Authority
from siko_scheduler.domain.conference import Conference

SINCE = date(2007, 1, 1)
MAY = "2027-05-05T09:00:00+02:00"
NOW = "2027-01-04T09:00:00+01:00"


def test_a_body_is_one_save_with_the_areas_that_note_it(house: Any) -> None:
    before = len(house.desk.contracts)
    house.done(house.body("olg-koeln", "ordinary_court", "Köln", "Leverkusen", verified=False))

    body, *noted = house.desk.contracts[before:]
    assert isinstance(body, BodyRegistered)
    assert (body.body_id, body.authority_id, body.verified) == ("olg-koeln", "nrw", False)
    assert [(type(n), n.event, n.aggregate_id) for n in noted] == [
        (Recorded, "area.body_noted", "area:Köln"),
        (Recorded, "area.body_noted", "area:Leverkusen"),
    ]


def test_a_motorway_body_is_noted_by_its_authority(house: Any) -> None:
    authority = house.desk.application.find(Authority, "pp-koeln")

    assert [note.body_id for note in authority.notes] == ["fba"]


def test_r12_a_school_office_with_a_direct_route_is_refused(house: Any) -> None:
    error = house.refused(house.body("schulamt", "school_office", "Köln"))

    assert (error.code, error.details["field"]) == ("DirectToSchoolOffice", "route")


def test_r12_the_intermediary_is_a_district_government(house: Any) -> None:
    error = house.refused(
        house.body("schulamt", "school_office", "Köln", route="via", via="stadt-koeln")
    )

    assert error.code == "NotADistrictGovernment"


def test_r12_a_closed_district_government_is_none(house: Any) -> None:
    house.done(commands.CloseBody(body_id="br-koeln", valid_to=date(2027, 6, 30)))
    office = house.body(
        "schulamt",
        "school_office",
        "Köln",
        route="via",
        via="br-koeln",
        valid_from=date(2027, 7, 1),
    )

    assert house.refused(office).code == "NotADistrictGovernment"


def test_r12_the_route_is_to_the_competent_authoritys_own_district(house: Any) -> None:
    error = house.refused(
        house.body("schulamt", "school_office", "Köln", "Essen", route="via", via="br-koeln")
    )

    assert error.code == "WrongDistrict"
    assert (error.details["scope"], error.details["district"]) == ("area:Essen", "br-duesseldorf")


def test_a_body_without_competence_is_refused(house: Any) -> None:
    assert house.refused(house.body("x", "other")).code == "NoCompetence"


@pytest.mark.parametrize(
    "route", [{"route": "via"}, {"route": "direct", "via": "br-koeln"}], ids=["no via", "no route"]
)
def test_route_and_intermediary_belong_together(house: Any, route: dict[str, str]) -> None:
    error = house.refused(house.body("x", "other", "Köln", **route))

    assert (error.code, list(error.details)) == ("InvalidCommand", ["via"])


def bodies_of(house: Any, conference_id: str) -> dict[str, tuple[str, ...]]:
    conference = house.desk.application.find(Conference, conference_id)
    return {body.body_id: body.areas for body in conference.placement.competent_bodies}


def changed(house: Any, body_id: str, category: str, *areas: str, **fields: Any) -> Any:
    command = house.body(body_id, category, *areas, **fields)
    return commands.ChangeBody(**command.model_dump())


def test_r9_a_new_body_changes_the_conferences_that_it_concerns(house: Any) -> None:
    koeln = house.schedule(MAY, "Köln", now=NOW)
    both = house.schedule("2027-06-09T09:00:00+02:00", "Köln", "Leverkusen")
    essen = house.schedule(MAY, "Essen", authority_id="pp-essen")
    motorway = house.done(house.motorway("2027-05-05T15:00:00+02:00")).id

    house.done(house.body("hza-koeln", "customs", "Köln", "Leverkusen"), now=NOW)

    published = house.published(CompetentBodiesChanged)
    assert {each.conference_id for each in published} == {koeln, both}
    assert all("hza-koeln" in {b.body_id for b in each.competent_bodies} for each in published)
    assert {each.state for each in published} == {"SCHEDULED"}
    assert bodies_of(house, both)["hza-koeln"] == ("Köln", "Leverkusen")
    assert "hza-koeln" not in bodies_of(house, essen) | bodies_of(house, motorway)


def test_r9_a_body_that_is_not_yet_competent_on_the_day_changes_nothing(house: Any) -> None:
    house.schedule(MAY, "Köln", now=NOW)
    house.done(house.body("hza-koeln", "customs", "Köln", valid_from=date(2027, 5, 6)))

    assert house.published(CompetentBodiesChanged) == []


def test_r9_a_convened_conference_falls_back_when_a_body_is_closed(house: Any) -> None:
    conference_id = house.schedule(MAY, "Köln", now=NOW)
    house.release(conference_id, NOW)
    house.done(commands.CloseBody(body_id="lg-koeln", valid_to=date(2027, 5, 4)))

    published = house.published(CompetentBodiesChanged)[-1]
    assert (published.conference_id, published.state) == (conference_id, "SCHEDULED")
    assert house.published(BodyClosed)[0].body_id == "lg-koeln"
    assert "lg-koeln" not in bodies_of(house, conference_id)


def test_a_body_closed_after_the_conference_is_still_invited(house: Any) -> None:
    conference_id = house.schedule(MAY, "Köln", now=NOW)
    house.done(commands.CloseBody(body_id="lg-koeln", valid_to=date(2027, 5, 5)))

    assert "lg-koeln" in bodies_of(house, conference_id)
    assert house.published(CompetentBodiesChanged) == []


def test_a_changed_body_leaves_areas_and_enters_others(house: Any) -> None:
    koeln = house.schedule(MAY, "Köln", now=NOW)
    essen = house.schedule(MAY, "Essen", authority_id="pp-essen")
    house.done(changed(house, "lg-koeln", "ordinary_court", "Essen", valid_from=date(2027, 3, 1)))

    assert "lg-koeln" not in bodies_of(house, koeln)
    assert bodies_of(house, essen)["lg-koeln"] == ("Essen",)
    assert house.published(BodyChanged)[0].areas == ("Essen",)


def test_a_change_of_name_alone_concerns_no_conference(house: Any) -> None:
    house.schedule(MAY, "Köln", now=NOW)
    command = changed(house, "lg-koeln", "ordinary_court", "Köln", "Leverkusen")
    house.done(command.model_copy(update={"name": "Landgericht"}))

    assert house.published(CompetentBodiesChanged) == []


def test_a_change_that_changes_nothing_or_lies_before_the_last_one_is_refused(house: Any) -> None:
    same = changed(house, "lg-koeln", "ordinary_court", "Köln", "Leverkusen")
    older = changed(house, "lg-koeln", "other", "Köln", valid_from=date(2006, 1, 1))

    assert house.refused(same).code == "AlreadyDone"
    assert house.refused(older).code == "InvalidCommand"


def test_a_closed_body_is_neither_changed_after_its_end_nor_closed_again(house: Any) -> None:
    house.done(commands.CloseBody(body_id="lg-koeln", valid_to=date(2027, 6, 30)))
    after = changed(house, "lg-koeln", "other", "Köln", valid_from=date(2027, 7, 1))

    assert house.refused(after).code == "WrongState"
    assert (
        house.refused(commands.CloseBody(body_id="lg-koeln", valid_to=SINCE)).code == "AlreadyDone"
    )
    too_early = commands.CloseBody(body_id="stadt-koeln", valid_to=date(2006, 1, 1))
    assert house.refused(too_early).code == "InvalidCommand"


def test_what_the_register_changes_never_hinders_the_entry_of_history(house: Any) -> None:
    """It is noted after the conference's last event, so that the next one may still lie in the past."""
    conference_id = house.schedule(
        "2024-05-08T09:00:00+02:00",
        "Köln",
        now="2027-01-04T09:00:00+01:00",
        effective_at="2024-01-02T09:00:00+01:00",
    )
    house.done(house.body("hza-koeln", "customs", "Köln"))
    house.release(conference_id, "2024-02-02T09:00:00+01:00")

    answer = house.send(
        commands.OpenConference(
            conference_id=conference_id, effective_at="2024-05-08T09:00:00+02:00"
        )
    )

    assert answer.ok, answer


def merge(body_id: str, into_body_id: str, **fields: Any) -> Any:
    return commands.MergeBody(body_id=body_id, into_body_id=into_body_id, **fields)


def test_r9_a_merged_body_ends_and_the_other_goes_on_with_its_areas_in_one_save(house: Any) -> None:
    house.done(house.body("ag-leverkusen", "ordinary_court", "Leverkusen"))
    house.done(house.body("ag-koeln", "ordinary_court", "Köln"))
    before = house.schedule("2027-06-30T09:00:00+02:00", "Leverkusen", now=NOW)
    after = house.schedule("2027-07-01T09:00:00+02:00", "Leverkusen")

    answer = house.done(merge("ag-leverkusen", "ag-koeln", valid_to=date(2027, 6, 30)))

    [closed], [changed] = house.published(BodyClosed), house.published(BodyChanged)
    assert (answer.id, closed.into_body_id, closed.valid_to) == (
        "ag-leverkusen",
        "ag-koeln",
        date(2027, 6, 30),
    )
    assert (changed.body_id, changed.areas, changed.valid_from) == (
        "ag-koeln",
        ("Köln", "Leverkusen"),
        date(2027, 7, 1),
    )
    assert "ag-leverkusen" in bodies_of(house, before)
    assert bodies_of(house, after)["ag-koeln"] == ("Leverkusen",)
    assert "ag-leverkusen" not in bodies_of(house, after)
    again = merge("ag-leverkusen", "ag-koeln", valid_to=date(2027, 8, 1))
    assert house.refused(again).code == "AlreadyDone"


def test_a_merger_without_a_day_ends_the_body_today(house: Any) -> None:
    house.done(house.body("ag-koeln", "ordinary_court", "Köln"), NOW)
    house.done(merge("ag-koeln", "lg-koeln"))

    assert house.published(BodyClosed)[0].valid_to == date(2027, 1, 4)


def test_a_body_merges_into_another_one_of_its_category(house: Any) -> None:
    for into in ("lg-koeln", "stadt-koeln"):
        error = house.refused(merge("lg-koeln", into, valid_to=date(2027, 6, 30)))
        assert (error.code, list(error.details)) == ("InvalidCommand", ["into_body_id"])
    error = house.refused(merge("lg-koeln", "x", valid_to=date(2027, 6, 30)))
    assert (error.code, error.details["field"]) == ("NotFound", "into_body_id")


def test_r12_a_merger_keeps_the_route_to_the_own_district(house: Any) -> None:
    house.done(house.body("br-duesseldorf", "district_government", "Essen"))
    house.done(
        house.body("schulamt-essen", "school_office", "Essen", route="via", via="br-duesseldorf")
    )

    error = house.refused(merge("schulamt-essen", "schulamt-koeln", valid_to=date(2027, 6, 30)))

    assert error.code == "WrongDistrict"
