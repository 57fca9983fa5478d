"""What does not exist is refused by the field that names it."""

from datetime import date
from typing import Any

import pytest
from siko_contracts.commands import scheduler as commands

MAY = "2027-05-05T09:00:00+02:00"
DAY = date(2027, 5, 5)
BODY = {
    "name": "B",
    "category": "other",
    "leadership_function": "Leitung",
    "route": "direct",
    "valid_from": DAY,
}
MOTORWAY = {"authority_id": "pp-koeln", "kind": "siko_ap"}


@pytest.mark.parametrize(
    ("field", "command"),
    [
        ("authority_id", commands.AssignArea(authority_id="x", area="Bonn", valid_from=DAY)),
        ("authority_id", commands.GrantMotorwayDuty(authority_id="x", verified=True, valid_from=DAY)),
        ("authority_id", commands.PlanConference(authority_id="x", kind="siko", areas=("Köln",))),
        ("authority_id", commands.PlanYear(authority_id="x", year=2027)),
        ("area", commands.TransferArea(area="x", to_authority_id="pp-koeln", valid_from=DAY)),
        (
            "to_authority_id",
            commands.TransferArea(area="Köln", to_authority_id="x", valid_from=DAY),
        ),
        ("body_id", commands.ChangeBody(body_id="x", areas=("Köln",), **BODY)),
        ("body_id", commands.CloseBody(body_id="x", valid_to=DAY)),
        ("body_id", commands.MergeBody(body_id="x", into_body_id="lg-koeln")),
        ("into_body_id", commands.MergeBody(body_id="lg-koeln", into_body_id="x")),
        ("areas", commands.RegisterBody(body_id="b", areas=("x",), **BODY)),
        (
            "motorway_authority_ids",
            commands.RegisterBody(body_id="b", motorway_authority_ids=("x",), **BODY),
        ),
        ("via", commands.RegisterBody(body_id="b", areas=("Köln",), **BODY | {"route": "via", "via": "x"})),
        ("conference_id", commands.RescheduleConference(conference_id="x", starts_at=MAY)),
        ("conference_id", commands.PostponeConference(conference_id="x", reason="r")),
        ("conference_id", commands.CancelConference(conference_id="x", reason="r")),
        ("conference_id", commands.OpenConference(conference_id="x")),
        ("conference_id", commands.CloseConference(conference_id="x")),
        ("conference_id", commands.RecordHeld(conference_id="x", started_at=MAY, ended_at=MAY)),
        ("conference_id", commands.CorrectConference(conference_id="x", error="e")),
        ("conference_id", commands.ScheduleConference(starts_at=MAY, conference_id="x", **MOTORWAY)),
        ("like", commands.ScheduleConference(starts_at=MAY, like="x", **MOTORWAY)),
    ],
    ids=lambda value: getattr(value, "NAME", value),
)  # fmt: skip
def test_what_does_not_exist_is_named_by_its_field(house: Any, field: str, command: Any) -> None:
    error = house.refused(command)

    assert (error.code, error.details["field"]) == ("NotFound", field)
