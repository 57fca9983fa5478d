"""Plans: a conference before it has a date, a year for an authority, and "as last time"."""

from typing import Any
from uuid import uuid5

import pytest
from pydantic import ValidationError
from siko_contracts.commands import scheduler as commands
from siko_contracts.events.scheduler import (
    ConferenceAbsorbed,
    ConferenceCancelled,
    ConferenceHeld,
    ConferencePlanned,
    ConferenceScheduled,
    ObligationJudged,
)
from siko_scheduler.application.planning import NAMESPACE
from siko_scheduler.domain.conference import Conference

NOW = "2027-01-04T09:00:00+01:00"
MAY = "2027-05-05T09:00:00+02:00"


def plan(**fields: Any) -> Any:
    return commands.PlanConference(
        **({"authority_id": "pp-koeln", "kind": "siko", "areas": ("Köln",)} | fields)
    )


def plan_year(year: int, authority_id: str = "pp-koeln") -> Any:
    return commands.PlanYear(authority_id=authority_id, year=year)


def test_a_planned_conference_has_no_date_and_covers_nothing(house: Any) -> None:
    house.day("2027-01-04")
    before = len(house.published(ObligationJudged))
    answer = house.done(plan(month="2027-05"))

    planned = house.published(ConferencePlanned)[0]
    assert (planned.conference_id, planned.kind, planned.areas, planned.month, planned.year) == (
        answer.id,
        "siko",
        ("Köln",),
        "2027-05",
        2027,
    )
    assert len(house.published(ObligationJudged)) == before


def test_a_planned_conference_gets_its_date_and_keeps_its_id_and_areas(house: Any) -> None:
    planned_id = house.done(plan(areas=("Köln", "Leverkusen")), NOW).id

    answer = house.done(house.conference(MAY, conference_id=planned_id))

    assert answer.id == planned_id
    scheduled = house.published(ConferenceScheduled)[0]
    assert (scheduled.aggregate_version, scheduled.areas) == (2, ("Köln", "Leverkusen"))
    assert scheduled.state == "SCHEDULED"
    again = house.conference(MAY, conference_id=planned_id)
    assert house.refused(again).details["needed"] == ["PLANNED"]


def test_a_planned_conference_that_got_its_date_is_held_like_any_other(house: Any) -> None:
    planned_id = house.done(plan(), NOW).id
    house.done(house.conference(MAY, conference_id=planned_id))

    house.hold(planned_id, "2027-05-05", {"Köln": (True, ())})

    assert house.published(ConferenceHeld)[0].conference_id == planned_id


def test_a_planned_conference_may_be_dated_for_other_areas(house: Any) -> None:
    planned_id = house.done(plan(), NOW).id

    house.done(house.conference(MAY, "Leverkusen", conference_id=planned_id))

    assert house.published(ConferenceScheduled)[0].areas == ("Leverkusen",)


def test_a_planned_conference_belongs_to_who_planned_it_and_stays_of_its_kind(house: Any) -> None:
    planned_id = house.done(plan(), NOW).id

    other = house.conference(MAY, conference_id=planned_id, authority_id="pp-essen")
    motorway = house.motorway(MAY, conference_id=planned_id)

    assert list(house.refused(other).details) == ["authority_id"]
    assert house.refused(motorway).details == {"field": "kind", "planned": "siko"}


def test_a_planned_motorway_conference_is_not_dated_as_one_of_areas(house: Any) -> None:
    planned_id = house.done(plan(kind="siko_ap", areas=()), NOW).id

    refusal = house.refused(house.conference(MAY, "Köln", conference_id=planned_id))

    assert (refusal.code, refusal.details) == (
        "MixedKinds",
        {"field": "kind", "planned": "siko_ap"},
    )


def test_a_planned_conference_is_cancelled_but_neither_moved_nor_opened(house: Any) -> None:
    planned_id = house.done(plan(), NOW).id

    for command in (
        commands.RescheduleConference(conference_id=planned_id, starts_at=MAY),
        commands.PostponeConference(conference_id=planned_id, reason="r"),
        commands.OpenConference(conference_id=planned_id),
        commands.CorrectConference(conference_id=planned_id, error="e"),
    ):
        assert house.refused(command).code == "WrongState"
    house.done(commands.CancelConference(conference_id=planned_id, reason="r"))
    assert house.published(ConferenceCancelled)[0].conference_id == planned_id
    dated = house.conference(MAY, conference_id=planned_id)
    assert house.refused(dated).code == "WrongState"


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("NoArea", {"areas": ()}),
        ("MixedKinds", {"kind": "siko_ap"}),
        ("NotCompetent", {"areas": ("Essen",)}),
        ("NotFound", {"areas": ("Bonn",)}),
        ("NoMotorwayDuty", {"kind": "siko_ap", "areas": (), "authority_id": "pp-essen"}),
        ("DateInPast", {"month": "2026-12"}),
    ],
)
def test_what_cannot_be_planned_is_refused_by_a_stable_code(
    house: Any, code: str, fields: dict[str, Any]
) -> None:
    assert house.refused(plan(**fields), NOW).code == code


def test_a_year_is_planned_for_all_areas_and_the_motorways_in_one_command(house: Any) -> None:
    house.done(plan_year(2027), NOW)

    planned = house.published(ConferencePlanned)
    assert [(each.kind, each.areas, each.year) for each in planned] == [
        ("siko", ("Köln",), 2027),
        ("siko", ("Leverkusen",), 2027),
        ("siko_ap", (), 2027),
    ]
    assert house.refused(plan_year(2027)).code == "AlreadyDone"
    house.done(plan_year(2028))
    assert len(house.published(ConferencePlanned)) == 6


@pytest.mark.parametrize("command", ["plan", "schedule"])
def test_what_another_authority_made_under_the_id_of_an_earlier_versions_plan_takes_nothing(
    house: Any, command: str
) -> None:
    """Its ids could be told beforehand, and a command can bring them still."""
    foreseen = str(uuid5(NAMESPACE, "pp-koeln area:Köln 2027"))
    taken = {"authority_id": "pp-essen", "id": foreseen}
    if command == "plan":
        house.done(plan(areas=("Essen",), **taken), NOW)
    else:
        house.done(house.conference(MAY, "Essen", **taken), NOW)

    house.done(plan_year(2027))

    planned = house.published(ConferencePlanned)[-3:]
    assert [each.areas for each in planned] == [("Köln",), ("Leverkusen",), ()]
    assert foreseen not in {each.conference_id for each in planned}


def test_what_an_earlier_version_planned_is_not_planned_twice(house: Any) -> None:
    foreseen = str(uuid5(NAMESPACE, "pp-koeln area:Köln 2027"))
    house.done(plan(id=foreseen), NOW)

    house.done(plan_year(2027))

    assert [e.areas for e in house.published(ConferencePlanned)][1:] == [("Leverkusen",), ()]


def test_the_ids_of_a_years_plan_cannot_be_brought(house: Any) -> None:
    house.done(plan_year(2027), NOW)
    planned = house.published(ConferencePlanned)[0].conference_id

    with pytest.raises(ValidationError, match="id"):
        plan(id=planned)


def test_a_years_plan_leaves_out_what_has_a_date_already(house: Any) -> None:
    house.schedule(MAY, "Köln", now=NOW)

    house.done(plan_year(2027))

    assert [each.areas for each in house.published(ConferencePlanned)] == [("Leverkusen",), ()]


def test_r6_a_years_plan_follows_the_competence_of_that_year(house: Any) -> None:
    transfer = {"area": "Leverkusen", "to_authority_id": "pp-essen", "valid_from": "2028-01-01"}
    house.done(commands.TransferArea.model_validate(transfer), NOW)

    house.done(plan_year(2028))
    house.done(plan_year(2028, "pp-essen"))

    assert [(e.authority_id, e.areas) for e in house.published(ConferencePlanned)] == [
        ("pp-koeln", ("Köln",)),
        ("pp-koeln", ()),
        ("pp-essen", ("Leverkusen",)),
        ("pp-essen", ("Essen",)),
    ]


def test_a_year_that_is_over_is_not_planned(house: Any) -> None:
    error = house.refused(plan_year(2026), NOW)

    assert (error.code, error.details["field"]) == ("DateInPast", "year")


def test_as_last_time_takes_place_length_and_areas_from_a_previous_conference(house: Any) -> None:
    last = house.schedule(MAY, "Köln", "Leverkusen", now=NOW, ends_at="2027-05-05T13:00:00+02:00")
    again = commands.ScheduleConference(
        authority_id="pp-koeln", kind="siko", starts_at="2028-05-03T09:00:00+02:00", like=last
    )

    house.done(again)

    scheduled = house.published(ConferenceScheduled)[-1]
    assert (scheduled.place, scheduled.areas) == ("Köln-Kalk", ("Köln", "Leverkusen"))
    assert (scheduled.ends_at - scheduled.starts_at).total_seconds() == 4 * 3600


def test_what_the_command_says_goes_before_last_time(house: Any) -> None:
    last = house.schedule(MAY, "Köln", "Leverkusen", now=NOW)

    house.done(house.conference("2028-05-03T09:00:00+02:00", "Köln", like=last, place="Rathaus"))

    scheduled = house.published(ConferenceScheduled)[-1]
    assert (scheduled.place, scheduled.areas) == ("Rathaus", ("Köln",))


def test_as_last_time_needs_a_conference_of_the_same_kind_that_had_a_date(house: Any) -> None:
    planned = house.done(plan(), NOW).id
    motorway = house.done(house.motorway(MAY)).id

    assert house.refused(house.conference(MAY, "Köln", like=planned)).code == "WrongState"
    assert house.refused(house.conference(MAY, "Köln", like=motorway)).code == "MixedKinds"
    assert house.refused(house.conference(MAY, "Köln", like="x")).details["field"] == "like"


def test_a_place_is_needed_where_none_can_be_taken_over(house: Any) -> None:
    error = house.refused(house.conference(MAY, "Köln", place=None), NOW)

    assert (error.code, list(error.details)) == ("InvalidCommand", ["place"])


def test_a_plan_reads_the_same_after_a_restart(house: Any) -> None:
    planned_id = house.done(plan(month="2027-05"), NOW).id
    application = house.desk.application
    application.cache.evict([planned_id])

    planned = application.find(Conference, planned_id)

    assert (planned.state, planned.plan.month, planned.had_a_date) == ("PLANNED", "2027-05", False)


def test_a_joint_date_absorbs_the_planned_conferences_of_its_areas(house: Any) -> None:
    house.done(plan_year(2027), NOW)
    house.done(plan_year(2028), NOW)
    joint = house.schedule(MAY, "Köln", "Leverkusen", now=NOW)

    absorbed = house.published(ConferenceAbsorbed)
    of_2027 = [e.conference_id for e in house.published(ConferencePlanned)][:2]
    assert [each.conference_id for each in absorbed] == of_2027
    assert {each.into_conference_id for each in absorbed} == {joint}
    for planned_id in of_2027:
        dated = house.conference(MAY, "Köln", conference_id=planned_id)
        assert house.refused(dated).details["state"] == "ABSORBED"
    assert house.refused(plan_year(2027)).code == "AlreadyDone"


def test_a_planned_conference_that_gets_a_joint_date_absorbs_the_others(house: Any) -> None:
    house.done(plan_year(2027), NOW)
    koeln, leverkusen, motorway = [e.conference_id for e in house.published(ConferencePlanned)]
    house.schedule(MAY, "Köln", "Leverkusen", now=NOW, conference_id=koeln)

    assert [e.conference_id for e in house.published(ConferenceAbsorbed)] == [leverkusen]
    assert house.desk.application.find(Conference, motorway).state == "PLANNED"


def test_a_date_like_the_last_one_absorbs_what_was_planned_for_its_areas(house: Any) -> None:
    last = house.schedule(MAY, "Köln", now=NOW)
    house.done(plan_year(2028))
    again = {"starts_at": "2028-05-03T09:00:00+02:00", "like": last}
    house.done(commands.ScheduleConference(authority_id="pp-koeln", kind="siko", **again))

    [absorbed] = house.published(ConferenceAbsorbed)
    planned = {e.areas: e.conference_id for e in house.published(ConferencePlanned)}
    assert absorbed.conference_id == planned["Köln",]


def test_a_motorway_date_absorbs_the_planned_one(house: Any) -> None:
    house.done(plan_year(2027), NOW)
    house.done(house.motorway(MAY))
    planned = {e.kind: e.conference_id for e in house.published(ConferencePlanned)}
    [absorbed] = house.published(ConferenceAbsorbed)
    assert absorbed.conference_id == planned["siko_ap"]


def test_what_was_planned_by_itself_is_dated_by_its_own_id(house: Any) -> None:
    """There may be two of them in a year, so nobody but the secretariat knows which one the date stands for."""
    house.done(plan(), NOW)
    house.schedule(MAY, "Köln")
    assert house.published(ConferenceAbsorbed) == []
