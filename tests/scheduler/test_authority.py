"""An authority has motorway duty in some periods, and ends once."""

from collections.abc import Iterator
from datetime import date

import pytest
from siko_core.refusals import AlreadyDone, InvalidCommand, WrongState
from siko_core.testing import at, given, new, sealed
from siko_scheduler.domain.authority import Authority
from siko_scheduler.domain.refusals import CompetenceOverlaps, NoMotorwayDuty

SINCE = date(2007, 1, 1)
MAY = date(2025, 5, 1)


@pytest.fixture(autouse=True)
def moment() -> Iterator[None]:
    with at("2025-01-02T09:00:00+01:00"):
        yield


def registered() -> Authority:
    return Authority(
        id="pp-koeln",
        authority_id="pp-koeln",
        name="Polizeipräsidium Köln",
        kind="polizeipraesidium",
        district="br-koeln",
        valid_from=SINCE,
    )


def on_duty() -> Authority:
    authority = registered()
    authority.grant_motorway_duty(("A 3",), SINCE, verified=False)
    return authority


def test_its_events_go_under_its_own_name() -> None:
    assert {event.authority_id for event in new(on_duty())} == {"pp-koeln"}


def test_r32_motorway_duty_is_judged_on_the_day() -> None:
    authority = on_duty()
    authority.revoke_motorway_duty(MAY)

    assert authority.ensure_motorway_duty(MAY).sections == ("A 3",)
    with pytest.raises(NoMotorwayDuty):
        authority.ensure_motorway_duty(date(2025, 5, 2))
    with pytest.raises(NoMotorwayDuty):
        registered().ensure_motorway_duty(MAY)


def test_duty_that_was_revoked_can_be_granted_again() -> None:
    authority = on_duty()
    authority.revoke_motorway_duty(MAY)
    authority.grant_motorway_duty(("A 4",), date(2025, 9, 1), verified=True)

    assert [(each.valid_from, each.valid_to) for each in authority.owed_in(2025)] == [
        (date(2025, 1, 1), MAY),
        (date(2025, 9, 1), date(2025, 12, 31)),
    ]


def test_duty_is_granted_once_at_a_time() -> None:
    with pytest.raises(CompetenceOverlaps):
        on_duty().grant_motorway_duty(("A 4",), MAY, verified=True)
    with pytest.raises(AlreadyDone, match="The duty is granted so already"):
        on_duty().grant_motorway_duty(("A 3",), SINCE, verified=False)
    with pytest.raises(NoMotorwayDuty):
        registered().revoke_motorway_duty(MAY)


def test_the_head_is_a_function_and_the_name_stays_sealed() -> None:
    authority = registered()
    authority.appoint_head("Polizeipräsident", sealed("…"), SINCE)

    appointed = new(authority)[-1]
    assert (appointed.function, appointed.name.ciphertext) == ("Polizeipräsident", "…")


def test_an_authority_is_dissolved_once_and_its_duty_ends_with_it() -> None:
    authority = on_duty()
    authority.dissolve(MAY)

    assert authority.duty_on(date(2025, 5, 2)) is None
    with pytest.raises(AlreadyDone):
        authority.dissolve(MAY)
    with pytest.raises(InvalidCommand):
        registered().dissolve(date(2006, 1, 1))


def test_nothing_is_given_to_an_authority_that_is_not_there() -> None:
    authority = registered()
    authority.dissolve(MAY)

    with pytest.raises(WrongState):
        authority.grant_motorway_duty(("A 3",), date(2025, 5, 2), verified=True)
    with pytest.raises(WrongState):
        authority.ensure_exists_on(date(2006, 12, 31), "valid_from")


def test_history_replays_to_the_same_duties() -> None:
    authority = on_duty()
    authority.dissolve(MAY)

    replayed = given(*new(authority))

    assert (replayed.duties, replayed.existence) == (authority.duties, authority.existence)
