"""Who keeps the bodies: a secretariat those of its own areas and motorways, the ministry those of several authorities."""

from datetime import date
from typing import Any

import pytest
from siko_contracts.commands import scheduler as commands
from siko_core.identity.identity import Identity
from siko_core.identity.rights import ensure_own
from siko_core.refusals import NotAuthorised, NotFound, Refused
from siko_core.testing import at

KOELN = Identity(sub="s", role="secretariat", authority_id="pp-koeln")
ESSEN = Identity(sub="s", role="secretariat", authority_id="pp-essen")
MINISTRY = Identity(sub="s", role="ministry")
TODAY = "2027-01-04T09:00:00+01:00"
LAST_DAY = date(2027, 6, 30)


def refusal(house: Any, reader: Identity, command: Any, today: str = TODAY) -> Refused | None:
    """Why this reader may not give the command; None if it may."""
    with at(today):
        try:
            ensure_own(house.desk.application, command.ACCESS, reader, command)
        except Refused as refused:
            return refused
        finally:
            house.desk.application.end_decision()
    return None


def changing(house: Any, body_id: str, category: str, *areas: str, **fields: Any) -> Any:
    registering = house.body(body_id, category, *areas, **fields)
    return commands.ChangeBody.model_validate(registering.model_dump())


def closing(body_id: str) -> Any:
    return commands.CloseBody(body_id=body_id, valid_to=LAST_DAY)


def test_a_secretariat_registers_changes_closes_and_merges_bodies_of_its_own_areas(
    house: Any,
) -> None:
    for command in (
        house.body("amt-koeln", "administration", "Köln", "Leverkusen"),
        house.body("ap-koeln", "road_operator", motorway_authority_ids=("pp-koeln",)),
        house.body("schulamt-neu", "school_office", "Köln", route="via", via="br-koeln"),
        changing(house, "lg-koeln", "ordinary_court", "Köln"),
        closing("stadt-koeln"),
        closing("fba"),
        commands.MergeBody(body_id="stadt-koeln", into_body_id="stadt-leverkusen"),
    ):
        assert refusal(house, KOELN, command) is None, command


def test_what_is_anothers_is_refused_exactly_as_what_does_not_exist(house: Any) -> None:
    """In every field that names a body or an area, and whatever else the command says."""
    house.done(house.body("stadt-essen", "administration", "Essen"))
    for one, other in (
        (closing("stadt-essen"), closing("gibt-es-nicht")),
        (
            changing(house, "stadt-essen", "administration", "Essen"),
            changing(house, "gibt-es-nicht", "administration", "Essen"),
        ),
        (
            house.body("neu", "administration", "Köln", "Essen"),
            house.body("neu", "administration", "Köln", "Atlantis"),
        ),
        (
            changing(house, "stadt-koeln", "administration", "Essen"),
            changing(house, "stadt-koeln", "administration", "Atlantis"),
        ),
        (
            commands.MergeBody(body_id="stadt-koeln", into_body_id="stadt-essen"),
            commands.MergeBody(body_id="stadt-koeln", into_body_id="gibt-es-nicht"),
        ),
    ):
        foreign, absent = refusal(house, KOELN, one), refusal(house, KOELN, other)
        assert isinstance(foreign, NotFound)
        assert (str(foreign), foreign.details) == (str(absent), absent and absent.details)


def test_a_body_of_several_authorities_stays_with_the_ministry(house: Any) -> None:
    house.done(house.body("olg", "ordinary_court", "Köln", "Essen"))
    house.done(house.body("hza", "customs", "Essen", motorway_authority_ids=("pp-koeln",)))
    for body_id in ("olg", "hza"):
        for reader in (KOELN, ESSEN):
            assert isinstance(refusal(house, reader, closing(body_id)), NotFound)
        assert refusal(house, MINISTRY, closing(body_id)) is None


def test_r12_a_district_government_is_the_ministrys_though_only_one_authority_has_named_it(
    house: Any,
) -> None:
    """Every authority of the district invites its school offices through it."""
    assert isinstance(refusal(house, KOELN, closing("br-koeln")), NotFound)
    registering = house.body("br-neu", "district_government", "Köln")
    assert isinstance(refusal(house, KOELN, registering), NotAuthorised)
    promoting = changing(house, "stadt-koeln", "district_government", "Köln")
    assert isinstance(refusal(house, KOELN, promoting), NotAuthorised)
    assert refusal(house, MINISTRY, registering) is None


def test_another_authoritys_motorways_are_refused_by_name(house: Any) -> None:
    command = house.body("ap", "road_operator", motorway_authority_ids=("pp-koeln", "pp-essen"))
    refused = refusal(house, KOELN, command)
    assert isinstance(refused, NotAuthorised)
    assert refused.details == {"field": "motorway_authority_ids"}


def test_r6_the_bodies_go_with_the_area_from_the_day_of_its_transfer(house: Any) -> None:
    house.done(
        commands.TransferArea(area="Köln", to_authority_id="pp-essen", valid_from=date(2027, 3, 1))
    )
    for today, keeper, other in (
        (TODAY, KOELN, ESSEN),
        ("2027-03-01T09:00:00+01:00", ESSEN, KOELN),
    ):
        assert refusal(house, keeper, closing("stadt-koeln"), today) is None
        assert isinstance(refusal(house, other, closing("stadt-koeln"), today), NotFound)


@pytest.mark.parametrize("role", ["convenor", "minute_taker"])
def test_no_other_role_of_an_authority_keeps_bodies(role: Any) -> None:
    for command in (
        commands.RegisterBody,
        commands.ChangeBody,
        commands.CloseBody,
        commands.MergeBody,
    ):
        assert role not in command.ACCESS.roles
        assert "secretariat" in command.ACCESS.own


def test_a_body_for_nothing_is_refused_as_for_everybody(house: Any) -> None:
    command = house.body("ohne", "administration")
    assert refusal(house, KOELN, command) is None
    assert house.refused(command).code == "NoCompetence"
