"""Register commands: who is competent where, from when to when."""

from datetime import date
from typing import Any

import pytest
from siko_contracts.commands import scheduler as commands
from siko_contracts.events.scheduler import (
    AreaAssigned,
    AreaReleased,
    AuthorityDissolved,
    AuthorityRegistered,
    CompetentBodiesChanged,
    HeadAppointed,
    MotorwayDutyGranted,
    MotorwayDutyRevoked,
)
from siko_core.testing import at
from siko_scheduler.domain.conference import Conference

SINCE = date(2007, 1, 1)
MAY = "2027-05-05T09:00:00+02:00"
NOW = "2027-01-04T09:00:00+01:00"


def test_authorities_areas_and_duties_are_published_with_their_marks(house: Any) -> None:
    registered = house.published(AuthorityRegistered)[0]
    duty = house.published(MotorwayDutyGranted)[0]
    area = house.published(AreaAssigned)[0]

    assert (registered.aggregate_id, registered.district) == ("pp-koeln", "br-koeln")
    assert (duty.sections, duty.verified) == (("A 3", "A 4"), False)
    assert (area.area, area.authority_id, area.aggregate_id, area.verified) == (
        "Köln",
        "pp-koeln",
        "area:Köln",
        True,
    )


def test_an_id_is_given_once_whatever_it_names(house: Any) -> None:
    again = commands.RegisterAuthority(
        authority_id="pp-koeln", name="P", kind="landrat", district="br-koeln", valid_from=SINCE
    )
    as_body = house.body("pp-koeln", "other", "Köln")

    assert house.refused(again).details == {"field": "authority_id", "id": "pp-koeln"}
    assert house.refused(as_body).details == {"field": "body_id", "id": "pp-koeln"}


def test_what_is_not_in_the_register_is_not_found_by_its_field(house: Any) -> None:
    cases: dict[str, Any] = {
        "authority_id": commands.AssignArea(authority_id="pp-bonn", area="Bonn", valid_from=SINCE),
        "to_authority_id": commands.TransferArea(
            area="Köln", to_authority_id="pp-bonn", valid_from=date(2027, 1, 1)
        ),
        "area": commands.TransferArea(
            area="Bonn", to_authority_id="pp-essen", valid_from=date(2027, 1, 1)
        ),
        "areas": house.body("x", "other", "Bonn"),
        "motorway_authority_ids": house.body("x", "other", motorway_authority_ids=("pp-bonn",)),
        "via": house.body("x", "school_office", "Köln", route="via", via="br-nirgends"),
        "body_id": commands.CloseBody(body_id="x", valid_to=SINCE),
    }
    for field, command in cases.items():
        error = house.refused(command)
        assert (error.code, error.details["field"]) == ("NotFound", field)


def test_a_second_debtor_is_refused(house: Any) -> None:
    error = house.refused(
        commands.AssignArea(authority_id="pp-essen", area="Köln", valid_from=date(2020, 1, 1))
    )

    assert (error.code, error.details["authority_id"]) == ("CompetenceOverlaps", "pp-koeln")


def test_r6_a_transfer_is_one_save_of_two_events(house: Any) -> None:
    answer = house.done(
        commands.TransferArea(
            area="Leverkusen", to_authority_id="pp-essen", valid_from=date(2027, 7, 1)
        )
    )

    released, assigned = house.published(AreaReleased)[-1], house.published(AreaAssigned)[-1]
    assert answer.id == "area:Leverkusen"
    assert (released.authority_id, released.valid_to) == ("pp-koeln", date(2027, 6, 30))
    assert (assigned.authority_id, assigned.valid_from) == ("pp-essen", date(2027, 7, 1))
    assert assigned.aggregate_version == released.aggregate_version + 1


def test_a_dissolved_authority_releases_its_areas_and_its_duty(house: Any) -> None:
    answer = house.done(
        commands.DissolveAuthority(authority_id="pp-koeln", valid_to=date(2027, 6, 30))
    )

    assert answer.id == "pp-koeln"
    assert {each.area for each in house.published(AreaReleased)} == {"Köln", "Leverkusen"}
    assert house.published(MotorwayDutyRevoked)[0].valid_to == date(2027, 6, 30)
    assert house.published(AuthorityDissolved)[0].valid_to == date(2027, 6, 30)
    later = house.conference("2027-09-09T09:00:00+02:00", "Köln")
    assert house.refused(later, NOW).code == "NotCompetent"
    on_motorway = house.motorway("2027-09-09T09:00:00+02:00")
    assert house.refused(on_motorway).code == "NoMotorwayDuty"
    assign = commands.AssignArea(authority_id="pp-koeln", area="Köln", valid_from=date(2028, 1, 1))
    assert house.refused(assign).code == "WrongState"


def test_a_head_is_published_by_function_and_the_name_is_sealed(house: Any) -> None:
    house.done(
        commands.AppointHead(
            authority_id="pp-koeln",
            function="Polizeipräsident",
            name="Erika Muster",
            valid_from=SINCE,
        )
    )

    appointed = house.published(HeadAppointed)[0]
    assert appointed.function == "Polizeipräsident"
    assert "Erika" not in appointed.model_dump_json()
    stored = house.desk.application.events.get("pp-koeln")
    name = list(stored)[-1].name
    assert house.desk.application.keyring.open("pp-koeln", "name", name) == "Erika Muster"


def test_a_transfer_leaves_a_scheduled_conference_with_its_authority_and_bodies(house: Any) -> None:
    conference_id = house.schedule(MAY, "Leverkusen", now=NOW)
    house.done(
        commands.TransferArea(
            area="Leverkusen", to_authority_id="pp-essen", valid_from=date(2027, 4, 1)
        )
    )

    conference = house.desk.application.find(Conference, conference_id)
    assert conference.authority_id == "pp-koeln"
    assert house.published(CompetentBodiesChanged) == []
    moved = commands.RescheduleConference(
        conference_id=conference_id, starts_at="2027-05-07T09:00:00+02:00"
    )
    assert house.refused(moved).code == "NotCompetent"


@pytest.mark.parametrize("valid_from", ["1066-10-14", "9999-12-31"])
def test_a_day_centuries_away_is_refused_by_its_field(valid_from: str) -> None:
    with pytest.raises(ValueError, match="valid_from"):
        commands.AssignArea(authority_id="pp-koeln", area="Bonn", valid_from=valid_from)


def test_r5_a_conference_that_others_are_competent_for_on_its_day_is_not_opened(house: Any) -> None:
    """The register changed after it was scheduled: who is competent on the day convenes."""
    conference_id = house.schedule(MAY, "Leverkusen", now=NOW)
    house.release(conference_id, NOW)
    house.done(
        commands.TransferArea(
            area="Leverkusen", to_authority_id="pp-essen", valid_from=date(2027, 4, 1)
        )
    )

    error = house.refused(commands.OpenConference(conference_id=conference_id), MAY)

    assert (error.code, error.details["competent"]) == ("NotCompetent", "pp-essen")


def test_r32_a_motorway_conference_after_the_duty_ended_is_not_opened(house: Any) -> None:
    conference_id = house.done(house.motorway(MAY), NOW).id
    house.release(conference_id, NOW)
    house.done(commands.RevokeMotorwayDuty(authority_id="pp-koeln", valid_to=date(2027, 4, 30)))

    error = house.refused(commands.OpenConference(conference_id=conference_id), MAY)

    assert error.code == "NoMotorwayDuty"


def test_a_transfer_into_a_sealed_year_is_refused(house: Any) -> None:
    house.day("2027-01-02")
    house.day("2028-04-01")

    error = house.refused(
        commands.TransferArea(area="Köln", to_authority_id="pp-essen", valid_from=date(2027, 10, 1))
    )

    assert (error.code, error.details["year"]) == ("YearSealed", 2027)


def test_r6_an_area_is_whose_it_is_today(house: Any) -> None:
    """Who may speak for it is asked of the register, not of who had it first."""
    house.done(
        commands.TransferArea(
            area="Leverkusen", to_authority_id="pp-essen", valid_from=date(2027, 7, 1)
        )
    )
    owners = []
    for today in ("2027-06-30T23:00:00+02:00", "2027-07-01T00:00:00+02:00"):
        with at(today):
            owners.append(house.desk.application.authority_of("area", "Leverkusen"))
            assert house.desk.application.authority_of("area", "Bonn") is None

    assert owners == ["pp-koeln", "pp-essen"]
