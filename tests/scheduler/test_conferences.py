"""Conferences at the desk: competence as of their date, refusals with stable codes, what is published."""

from typing import Any

import pytest
from siko_contracts.commands import scheduler as commands
from siko_contracts.events.scheduler import (
    ConferenceCancelled,
    ConferenceConvened,
    ConferenceHeld,
    ConferenceOpened,
    ConferencePostponed,
    ConferenceRescheduled,
    ConferenceScheduled,
)
from siko_scheduler.domain.conference import Conference

NOW = "2027-01-04T09:00:00+01:00"
MAY = "2027-05-05T09:00:00+02:00"
JUNE = "2027-06-09T09:00:00+02:00"


def state(house: Any, conference_id: str) -> str:
    return house.desk.application.find(Conference, conference_id).state


def test_r9_a_conference_carries_the_bodies_competent_on_its_date(house: Any) -> None:
    house.schedule(MAY, "Köln", "Leverkusen", now=NOW)

    scheduled = house.published(ConferenceScheduled)[0]
    assert (scheduled.state, scheduled.authority_id, scheduled.findings) == (
        "SCHEDULED",
        "pp-koeln",
        (),
    )
    assert {body.body_id: body.areas for body in scheduled.competent_bodies} == {
        "br-koeln": ("Köln", "Leverkusen"),
        "lg-koeln": ("Köln", "Leverkusen"),
        "schulamt-koeln": ("Köln",),
        "stadt-koeln": ("Köln",),
        "stadt-leverkusen": ("Leverkusen",),
    }
    office = next(b for b in scheduled.competent_bodies if b.category == "school_office")
    assert (office.route, office.via) == ("via", "br-koeln")


def test_a_conference_without_an_end_takes_two_hours(house: Any) -> None:
    house.schedule(MAY, "Köln", now=NOW)

    scheduled = house.published(ConferenceScheduled)[0]
    assert (scheduled.ends_at - scheduled.starts_at).total_seconds() == 2 * 3600


def test_an_area_named_twice_counts_once(house: Any) -> None:
    house.schedule(MAY, "Köln", "Köln", now=NOW)

    assert house.published(ConferenceScheduled)[0].areas == ("Köln",)


def test_r32_a_motorway_conference_has_sections_and_the_affected_bodies(house: Any) -> None:
    house.done(house.motorway(MAY), now=NOW)
    house.done(house.motorway(JUNE, sections=("A 57",)))

    default, given = house.published(ConferenceScheduled)
    assert (default.kind, default.areas, default.sections) == ("siko_ap", (), ("A 3", "A 4"))
    assert given.sections == ("A 57",)
    assert [(body.body_id, body.areas) for body in default.competent_bodies] == [("fba", ())]


@pytest.mark.parametrize(
    ("code", "areas", "fields"),
    [
        ("NoArea", (), {}),
        ("MixedKinds", ("Köln",), {"kind": "siko_ap"}),
        ("MixedKinds", ("Köln",), {"sections": ("A 3",)}),
        ("NotCompetent", ("Essen",), {}),
        ("NotCompetent", ("Köln", "Essen"), {}),
        ("NotFound", ("Bonn",), {}),
        ("NotFound", ("Köln",), {"authority_id": "pp-bonn"}),
        ("NoMotorwayDuty", (), {"kind": "siko_ap", "authority_id": "pp-essen"}),
        ("DateInPast", ("Köln",), {"starts_at": "2027-01-04T08:59:59+01:00"}),
        ("InvalidCommand", ("Köln",), {"ends_at": MAY}),
        ("NotFound", ("Köln",), {"conference_id": "nothing-planned"}),
    ],
)
def test_what_cannot_be_scheduled_is_refused_by_a_stable_code(
    house: Any, code: str, areas: tuple[str, ...], fields: dict[str, Any]
) -> None:
    command = house.conference(**({"starts_at": MAY} | fields)).model_copy(update={"areas": areas})

    assert house.refused(command, NOW).code == code


@pytest.mark.parametrize(
    ("fields", "field"), [({"kind": "siko_ap"}, "areas"), ({"sections": ("A 3",)}, "sections")]
)
def test_r33_what_belongs_to_the_other_kind_is_named(
    house: Any, fields: dict[str, Any], field: str
) -> None:
    assert house.refused(house.conference(MAY, "Köln", **fields)).details == {"field": field}


def test_r32_a_motorway_conference_without_any_section_is_refused(house: Any) -> None:
    house.done(
        commands.GrantMotorwayDuty(authority_id="pp-essen", sections=(), valid_from="2007-01-01")
    )

    error = house.refused(house.motorway(MAY, authority_id="pp-essen"), NOW)

    assert (error.code, error.details["field"]) == ("NoSections", "sections")


def test_history_is_scheduled_as_of_its_own_time(house: Any) -> None:
    past = house.conference("2024-05-08T09:00:00+02:00", "Köln")

    assert house.refused(past, NOW).code == "DateInPast"
    house.done(
        commands.ScheduleConference.model_validate(
            past.model_dump() | {"effective_at": "2024-01-08T09:00:00+01:00"}
        ),
        NOW,
    )


def test_a_scheduled_conference_is_not_a_planned_one(house: Any) -> None:
    conference_id = house.schedule(MAY, "Köln", now=NOW)

    error = house.refused(house.conference(MAY, "Köln", conference_id=conference_id))

    assert (error.code, error.details["needed"]) == ("WrongState", ["PLANNED"])


def test_the_client_may_bring_the_id_once(house: Any) -> None:
    brought = "01942f00-0000-7000-8000-00000000000a"
    assert house.schedule(MAY, "Köln", now=NOW, id=brought) == brought
    plan = {"authority_id": "pp-koeln", "kind": "siko", "areas": ["Köln"]}
    again = (
        house.conference(JUNE, "Köln", id=brought),
        commands.PlanConference.model_validate(plan | {"id": brought}),
    )

    for command in again:
        refused = house.refused(command)
        assert (refused.code, refused.details["field"]) == ("AlreadyDone", "id")


def test_a_whole_life_is_published_step_by_step(house: Any) -> None:
    conference_id = house.schedule(MAY, "Köln", now=NOW)
    house.done(
        commands.RescheduleConference(
            conference_id=conference_id, starts_at=JUNE, place="Rathaus", reason="Großlage"
        )
    )
    house.hold(conference_id, "2027-06-09", {"Köln": (True, ())})

    kinds = (
        ConferenceScheduled,
        ConferenceRescheduled,
        ConferenceConvened,
        ConferenceOpened,
        ConferenceHeld,
    )
    own = [e for e in house.desk.contracts if e.aggregate_id == conference_id]
    assert [type(event) for event in own] == list(kinds)
    assert all(event.conference_id == conference_id for event in own)
    moved, held = own[1], own[-1]
    assert (moved.place, moved.previous_starts_at) == ("Rathaus", own[0].starts_at)
    assert moved.ends_at - moved.starts_at == own[0].ends_at - own[0].starts_at
    assert (held.kind, held.areas) == ("siko", ("Köln",))
    assert "Großlage" not in "".join(event.model_dump_json() for event in house.desk.contracts)


def test_the_reason_is_sealed_and_can_be_read_with_its_key(house: Any) -> None:
    conference_id = house.schedule(MAY, "Köln", now=NOW)
    house.done(commands.CancelConference(conference_id=conference_id, reason="Großlage"))

    application = house.desk.application
    cancelled = list(application.events.get(conference_id))[-1]
    assert application.keyring.open(conference_id, "reason", cancelled.reason) == "Großlage"


def test_a_cancelled_conference_stays_cancelled(house: Any) -> None:
    conference_id = house.schedule(MAY, "Köln", now=NOW)
    cancel = commands.CancelConference(conference_id=conference_id, reason="Großlage")
    house.done(cancel)

    assert house.published(ConferenceCancelled)[0].conference_id == conference_id
    assert house.refused(cancel).code == "ConferenceAlreadyCancelled"
    house.release(conference_id, NOW)
    assert state(house, conference_id) == "CANCELLED"


def test_a_postponed_conference_waits_for_a_new_date(house: Any) -> None:
    conference_id = house.schedule(MAY, "Köln", now=NOW)
    house.done(commands.PostponeConference(conference_id=conference_id, reason="Großlage"))
    assert house.published(ConferencePostponed)[0].conference_id == conference_id
    assert state(house, conference_id) == "POSTPONED"

    house.done(commands.RescheduleConference(conference_id=conference_id, starts_at=JUNE))

    assert state(house, conference_id) == "SCHEDULED"


def test_r9_a_new_date_with_other_competent_bodies_is_released_again(house: Any) -> None:
    house.done(house.body("hza-koeln", "customs", "Köln", valid_from="2027-06-01"))
    conference_id = house.schedule(MAY, "Köln", now=NOW)
    house.release(conference_id, NOW)
    house.done(
        commands.RescheduleConference(
            conference_id=conference_id, starts_at="2027-05-07T09:00:00+02:00", reason="Großlage"
        )
    )
    assert state(house, conference_id) == "CONVENED"

    house.done(
        commands.RescheduleConference(
            conference_id=conference_id, starts_at=JUNE, reason="Großlage"
        )
    )

    assert house.published(ConferenceRescheduled)[-1].state == "SCHEDULED"
    assert "hza-koeln" in {
        b.body_id for b in house.published(ConferenceRescheduled)[-1].competent_bodies
    }


def test_r5_a_new_date_is_judged_like_the_first_one(house: Any) -> None:
    conference_id = house.schedule(MAY, "Leverkusen", now=NOW)
    house.done(
        commands.TransferArea(
            area="Leverkusen", to_authority_id="pp-essen", valid_from="2027-06-01"
        )
    )
    to_june = commands.RescheduleConference(conference_id=conference_id, starts_at=JUNE)
    to_past = commands.RescheduleConference(
        conference_id=conference_id, starts_at="2026-06-06T09:00:00+02:00"
    )

    assert house.refused(to_june).code == "NotCompetent"
    assert house.refused(to_past).code == "DateInPast"


def test_a_release_convenes_once(house: Any) -> None:
    conference_id = house.schedule(MAY, "Köln", now=NOW)
    house.release(conference_id, NOW)
    house.release(conference_id, NOW)

    assert [e.conference_id for e in house.published(ConferenceConvened)] == [conference_id]


def test_facts_about_an_unknown_conference_pass_by(house: Any) -> None:
    before = len(house.desk.contracts)
    house.release("unheard-of", NOW)
    house.freeze("unheard-of", NOW, {"Köln": (True, ())})

    assert len(house.desk.contracts) == before


def test_only_a_convened_conference_is_opened_and_not_before_its_day(house: Any) -> None:
    conference_id = house.schedule(MAY, "Köln", now=NOW)
    opened = commands.OpenConference(conference_id=conference_id)
    assert house.refused(opened).code == "WrongState"
    house.release(conference_id, NOW)

    assert house.refused(opened, "2027-05-04T12:00:00+02:00").code == "HeldBeforeScheduled"
    house.done(opened, now="2027-05-05T08:00:00+02:00")


def test_what_is_recorded_as_held_has_been_held(house: Any) -> None:
    conference_id = house.schedule(MAY, "Köln", now=NOW)
    house.open(conference_id, MAY)

    def record(started_at: str, ended_at: str) -> Any:
        return commands.RecordHeld(
            conference_id=conference_id, started_at=started_at, ended_at=ended_at
        )

    now = "2027-05-05T12:00:00+02:00"
    assert house.refused(record(MAY, MAY), now).code == "InvalidCommand"
    assert house.refused(record(MAY, "2027-05-05T12:00:01+02:00"), now).code == "InTheFuture"
    early = record("2027-05-04T09:00:00+02:00", "2027-05-04T10:00:00+02:00")
    assert house.refused(early, now).code == "HeldBeforeScheduled"
    house.done(record(MAY, now), now)
    assert house.refused(record(MAY, now)).code == "ConferenceAlreadyHeld"


def test_an_unknown_conference_is_not_found(house: Any) -> None:
    for command in (
        commands.OpenConference(conference_id="x"),
        commands.CancelConference(conference_id="x", reason="r"),
        commands.PostponeConference(conference_id="x", reason="r"),
        commands.RescheduleConference(conference_id="x", starts_at=MAY),
        commands.RecordHeld(conference_id="x", started_at=NOW, ended_at=NOW),
    ):
        error = house.refused(command, NOW)
        assert (error.code, error.details["field"]) == ("NotFound", "conference_id")


def test_a_decision_against_an_older_version_is_refused(house: Any) -> None:
    conference_id = house.schedule(MAY, "Köln", now=NOW)
    house.release(conference_id, NOW)

    error = house.refused(
        commands.PostponeConference(conference_id=conference_id, reason="r", expected_version=1)
    )

    assert error.code == "VersionConflict"


def test_a_convened_conference_is_moved_with_a_reason_and_a_scheduled_one_without(
    house: Any,
) -> None:
    conference_id = house.schedule(MAY, "Köln", now=NOW)
    to_june = commands.RescheduleConference(conference_id=conference_id, starts_at=JUNE)
    house.done(to_june)
    house.release(conference_id, NOW)

    assert house.refused(to_june).code == "AlreadyDone"
    back = commands.RescheduleConference(conference_id=conference_id, starts_at=MAY)
    error = house.refused(back)
    assert (error.code, error.details["field"]) == ("ReasonRequired", "reason")
    house.done(back.model_copy(update={"reason": "Großlage"}))
