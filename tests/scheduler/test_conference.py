"""A conference goes its way once; each state says what may come next."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from siko_contracts.values import CompetentBody
from siko_core.refusals import AlreadyDone, InTheFuture, InvalidCommand, WrongState
from siko_core.testing import at, given, new, sealed
from siko_scheduler.domain.conference import Conference, Placement
from siko_scheduler.domain.refusals import (
    ConferenceAlreadyCancelled,
    ConferenceAlreadyHeld,
    DateInPast,
    HeldBeforeScheduled,
)

CITY = CompetentBody(body_id="stadt-koeln", category="administration", areas=("Köln",))
COURT = CompetentBody(body_id="ag-koeln", category="ordinary_court", areas=("Köln",))
STARTS = datetime(2025, 5, 5, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = STARTS + timedelta(days=1)


@pytest.fixture(autouse=True)
def moment() -> Iterator[None]:
    with at("2025-01-02T09:00:00+01:00"):
        yield


def placement(starts_at: datetime = STARTS, *bodies: CompetentBody) -> Placement:
    return Placement(
        kind="siko",
        areas=("Köln",),
        starts_at=starts_at,
        ends_at=starts_at + 2 * HOUR,
        place="Köln-Kalk",
        competent_bodies=bodies or (CITY,),
    )


def scheduled() -> Conference:
    return Conference(id="c1", authority_id="pp-koeln", placement=placement())


def convened() -> Conference:
    conference = scheduled()
    conference.convene()
    return conference


def in_session() -> Conference:
    conference = convened()
    conference.open(STARTS)
    return conference


def held() -> Conference:
    conference = in_session()
    conference.hold(STARTS, STARTS + HOUR, STARTS + HOUR)
    return conference


def cancelled() -> Conference:
    conference = scheduled()
    conference.cancel(sealed())
    return conference


def postponed() -> Conference:
    conference = convened()
    conference.postpone(sealed())
    return conference


STATES: dict[str, Callable[[], Conference]] = {
    "SCHEDULED": scheduled,
    "CONVENED": convened,
    "IN_SESSION": in_session,
    "HELD": held,
    "POSTPONED": postponed,
    "CANCELLED": cancelled,
}
ACTS: dict[str, tuple[Callable[[Conference], Any], dict[str, str]]] = {
    "reschedule": (
        lambda c: c.reschedule(placement(LATER), None, None),
        {"SCHEDULED": "SCHEDULED", "CONVENED": "CONVENED", "POSTPONED": "SCHEDULED"},
    ),
    "postpone": (
        lambda c: c.postpone(sealed()),
        {"SCHEDULED": "POSTPONED", "CONVENED": "POSTPONED"},
    ),
    "cancel": (
        lambda c: c.cancel(sealed()),
        {"SCHEDULED": "CANCELLED", "CONVENED": "CANCELLED", "POSTPONED": "CANCELLED"},
    ),
    "open": (lambda c: c.open(STARTS), {"CONVENED": "IN_SESSION"}),
    "hold": (
        lambda c: c.hold(STARTS, STARTS + HOUR, STARTS + HOUR),
        {"IN_SESSION": "HELD"},
    ),
}
REFUSED = {"CANCELLED": ConferenceAlreadyCancelled, "HELD": ConferenceAlreadyHeld}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", STATES)
def test_each_state_allows_what_the_life_of_a_conference_says(state: str, act: str) -> None:
    conference = STATES[state]()
    perform, allowed = ACTS[act]
    assert conference.state == state

    if state in allowed:
        perform(conference)
        assert conference.state == allowed[state]
    else:
        before = conference.version
        with pytest.raises(REFUSED.get(state, WrongState)):
            perform(conference)
        assert conference.version == before


@pytest.mark.parametrize("state", STATES)
def test_convening_is_idempotent_and_only_ever_leaves_scheduled(state: str) -> None:
    conference = STATES[state]()
    conference.convene()
    conference.convene()

    assert conference.state == ("CONVENED" if state == "SCHEDULED" else state)


def test_a_wrong_state_says_what_is_needed() -> None:
    with pytest.raises(WrongState) as refused:
        scheduled().open(STARTS)

    assert refused.value.details == {"state": "SCHEDULED", "needed": ["CONVENED"]}


def test_a_new_date_on_which_others_are_competent_falls_back_to_scheduled() -> None:
    conference = convened()
    conference.reschedule(placement(LATER, CITY, COURT), None, None)

    assert conference.state == "SCHEDULED"
    rescheduled = new(conference)[-1]
    assert (rescheduled.state, rescheduled.previous_starts_at) == ("SCHEDULED", STARTS)


def test_a_new_place_keeps_the_state_and_the_same_placement_is_done_already() -> None:
    conference = convened()
    conference.reschedule(placement().model_copy(update={"place": "Rathaus"}), None, None)

    assert (conference.state, conference.placement.place) == ("CONVENED", "Rathaus")
    with pytest.raises(AlreadyDone):
        conference.reschedule(conference.placement, None, None)


def test_a_postponed_conference_may_take_its_old_date_again() -> None:
    conference = postponed()
    conference.reschedule(placement(), None, None)

    assert conference.state == "SCHEDULED"


def test_r9_a_register_change_before_the_session_takes_a_convened_conference_back() -> None:
    conference = convened()
    conference.change_competent_bodies((CITY, COURT))

    assert conference.state == "SCHEDULED"
    assert conference.placement.competent_bodies == (CITY, COURT)
    assert conference.placement.starts_at == STARTS


@pytest.mark.parametrize("state", ["IN_SESSION", "HELD", "POSTPONED", "CANCELLED"])
def test_r9_a_register_change_does_not_touch_a_conference_without_a_coming_session(
    state: str,
) -> None:
    conference = STATES[state]()
    before = conference.version
    conference.change_competent_bodies((COURT,))

    assert conference.version == before


def test_r9_the_same_bodies_change_nothing() -> None:
    conference = convened()
    conference.change_competent_bodies((CITY,))

    assert conference.state == "CONVENED"


def test_a_start_before_the_decision_is_in_the_past() -> None:
    with pytest.raises(DateInPast):
        placement().ensure_ahead(STARTS + timedelta(seconds=1))
    placement().ensure_ahead(STARTS)


def test_a_conference_ends_after_it_starts() -> None:
    with pytest.raises(InvalidCommand) as refused:
        placement().model_copy(update={"ends_at": STARTS}).ensure_ahead(STARTS)

    assert "ends_at" in refused.value.details


def test_nothing_is_opened_or_held_before_its_day() -> None:
    day_before = STARTS - timedelta(days=1)
    with pytest.raises(HeldBeforeScheduled) as opened:
        convened().open(day_before)
    with pytest.raises(HeldBeforeScheduled) as held:
        in_session().hold(day_before, day_before + HOUR, STARTS)
    starts_at = STARTS.isoformat()
    assert opened.value.details == {"field": "effective_at", "starts_at": starts_at}
    assert held.value.details == {"field": "started_at", "starts_at": starts_at}


def test_a_session_may_begin_some_minutes_early() -> None:
    conference = in_session()
    early = STARTS - timedelta(minutes=10)
    conference.hold(early, STARTS + HOUR, STARTS + HOUR)

    assert conference.state == "HELD"


def test_what_was_held_has_ended() -> None:
    with pytest.raises(InTheFuture):
        in_session().hold(STARTS, STARTS + 2 * HOUR, STARTS + HOUR)
    with pytest.raises(InvalidCommand):
        in_session().hold(STARTS, STARTS, STARTS)


def test_a_session_in_another_year_than_its_date_is_refused() -> None:
    next_year = STARTS.replace(year=2026)
    with pytest.raises(InvalidCommand) as refused:
        in_session().hold(next_year, next_year + HOUR, next_year + HOUR)

    assert "started_at" in refused.value.details


def test_the_year_of_a_conference_is_the_berlin_year_of_its_start() -> None:
    new_year = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)
    conference = Conference(id="c1", authority_id="pp-koeln", placement=placement(new_year))

    assert conference.year == 2026


def test_history_replays_to_the_same_state() -> None:
    conference = held()

    replayed = given(*new(conference))

    assert (replayed.state, replayed.placement) == ("HELD", conference.placement)
