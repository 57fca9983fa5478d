"""Obligations follow conferences, frozen lists and the days begun."""

from datetime import date
from typing import Any

import pytest
from siko_contracts.commands import scheduler as commands
from siko_contracts.events.scheduler import (
    ConferencePostponed,
    DayBegan,
    ObligationJudged,
    RulesetAdopted,
)
from siko_contracts.values import Debtor

FULL: tuple[bool, tuple[str, ...]] = (True, ())
WITHOUT_COURT = (True, ("ag-leverkusen",))
NOT_COUNTING = (False, ("stadt-koeln",))


def test_the_ruleset_is_adopted_once(house: Any) -> None:
    house.start()

    adopted = house.published(RulesetAdopted)
    assert [(each.ruleset, each.applies_from) for each in adopted] == [
        ("nrw-2024.1", date(2023, 1, 1))
    ]


def test_the_first_day_opens_its_year_and_judges_the_one_before(house: Any) -> None:
    house.day("2025-03-03")

    assert {(e.area, e.year): e.verdict for e in house.published(ObligationJudged) if e.area} == {
        (area, year): verdict
        for area in ("Köln", "Leverkusen", "Essen")
        for year, verdict in ((2024, "MISSED"), (2025, "OPEN"))
    }
    assert house.verdict("pp-koeln", 2025, "siko_ap").area is None
    assert not house.is_judged("pp-essen", 2025, "siko_ap")
    missed = house.verdict("Köln", 2024)
    assert missed.evidence == ("area:Köln@2", "clock@1")
    assert (missed.authority_id, missed.ruleset) == ("pp-koeln", "nrw-2024.1")
    assert missed.debtors == (
        Debtor(authority_id="pp-koeln", from_=date(2024, 1, 1), to=date(2024, 12, 31)),
    )


def test_obligations_begin_with_the_ruleset(house: Any) -> None:
    house.day("2023-01-05")

    assert not house.is_judged("Köln", 2022)
    assert house.is_judged("Köln", 2023)


def test_a_year_goes_from_open_over_at_risk_to_missed_on_its_days(house: Any) -> None:
    house.day("2025-03-03")
    house.day("2026-01-05")

    judged = house.judgements("Köln", 2025)
    assert [(e.verdict, e.effective_at.isoformat()) for e in judged] == [
        ("OPEN", "2025-03-02T23:00:00+00:00"),
        ("AT_RISK", "2025-09-30T22:00:00+00:00"),
        ("MISSED", "2025-12-31T23:00:00+00:00"),
    ]
    ended = next(e for e in house.published(DayBegan) if e.date == date(2026, 1, 1))
    assert judged[-1].evidence == ("area:Köln@2", ended.event_id)


def test_r1_r3_a_joint_conference_fulfils_each_area_whose_bodies_were_invited(house: Any) -> None:
    house.day("2025-01-02")
    conference_id = house.schedule("2025-05-05T09:00:00Z", "Köln", "Leverkusen")
    assert house.verdict("Köln", 2025).evidence == (f"{conference_id}@1",)
    held = house.hold(conference_id, "2025-05-05", {"Köln": FULL, "Leverkusen": NOT_COUNTING})

    koeln, leverkusen = (house.judgements(area, 2025) for area in ("Köln", "Leverkusen"))
    assert [e.verdict for e in koeln] == ["OPEN", "COVERED", "FULFILLED"]
    assert koeln[-1].evidence == (f"{conference_id}@1", f"list:{conference_id}@3", held)
    assert koeln[-1].last_held_on == date(2025, 5, 5)
    assert not koeln[-1].recorded_late
    assert leverkusen[-1].verdict == "OPEN"
    assert [gap.conference_id for gap in leverkusen[-1].gaps] == [conference_id]
    assert house.verdict("pp-koeln", 2025, "siko_ap").verdict == "OPEN"


def test_an_obligation_is_judged_in_the_same_save_as_its_conference(house: Any) -> None:
    house.day("2025-01-02")
    answer = house.done(house.conference("2025-05-05T09:00:00Z", "Köln"))

    assert house.desk.contracts[answer.position - 1] == house.verdict("Köln", 2025)


def test_of_two_conferences_the_better_decides_and_the_gap_of_the_other_is_listed(
    house: Any,
) -> None:
    house.day("2025-01-02")
    joint = house.schedule("2025-05-05T09:00:00Z", "Köln", "Leverkusen")
    house.hold(joint, "2025-05-05", {"Köln": FULL, "Leverkusen": FULL})
    second = house.schedule("2025-09-09T09:00:00Z", "Leverkusen")
    house.hold(second, "2025-09-09", {"Leverkusen": WITHOUT_COURT})
    house.day("2026-01-02")

    verdict = house.verdict("Leverkusen", 2025)
    assert verdict.verdict == "FULFILLED"
    assert [(g.body_id, g.conference_id) for g in verdict.gaps] == [("ag-leverkusen", second)]
    assert verdict.evidence[0] == f"{joint}@1"
    assert verdict.last_held_on == date(2025, 9, 9)


def test_one_conference_with_a_gap_fulfils_with_gaps_and_the_other_area_is_missed(
    house: Any,
) -> None:
    house.day("2025-01-02")
    only = house.schedule("2025-09-09T09:00:00Z", "Leverkusen")
    house.hold(only, "2025-09-09", {"Leverkusen": WITHOUT_COURT})
    house.day("2026-01-02")

    leverkusen, koeln = house.verdict("Leverkusen", 2025), house.verdict("Köln", 2025)
    assert leverkusen.verdict == "FULFILLED_WITH_GAPS"
    assert [gap.body_id for gap in leverkusen.gaps] == ["ag-leverkusen"]
    assert koeln.verdict == "MISSED"


def test_r33_a_motorway_conference_credits_its_authority_and_no_area(house: Any) -> None:
    house.day("2025-01-02")
    conference_id = house.done(house.motorway("2025-05-05T09:00:00Z")).id
    house.hold(conference_id, "2025-05-05", {None: FULL})

    assert house.verdict("pp-koeln", 2025, "siko_ap").verdict == "FULFILLED"
    assert house.verdict("Köln", 2025).verdict == "OPEN"


def test_r4_a_held_conference_stays_covered_until_its_list_is_known(house: Any) -> None:
    house.day("2025-01-02")
    conference_id = house.schedule("2025-05-05T09:00:00Z", "Köln")
    house.open(conference_id, "2025-05-05T09:00:00Z")
    house.done(
        commands.RecordHeld(
            conference_id=conference_id,
            started_at="2025-05-05T09:00:00Z",
            ended_at="2025-05-05T10:00:00Z",
        ),
        now="2025-05-05T12:00:00Z",
    )
    assert house.verdict("Köln", 2025).verdict == "COVERED"

    house.freeze(conference_id, "2025-05-05T09:00:00Z", {"Köln": FULL})

    assert house.verdict("Köln", 2025).verdict == "FULFILLED"


def test_the_same_frozen_list_again_changes_nothing(house: Any) -> None:
    house.day("2025-01-02")
    conference_id = house.schedule("2025-05-05T09:00:00Z", "Köln")
    house.hold(conference_id, "2025-05-05", {"Köln": FULL})
    before = len(house.desk.contracts)

    house.freeze(conference_id, "2025-05-05T09:00:00Z", {"Köln": FULL})

    assert len(house.desk.contracts) == before


@pytest.mark.parametrize("how", ["postponed", "cancelled"])
def test_r4_without_its_date_a_conference_covers_nothing_and_is_cited_when_missed(
    house: Any, how: str
) -> None:
    house.day("2025-01-02")
    conference_id = house.schedule("2025-05-05T09:00:00Z", "Köln")
    model = commands.PostponeConference if how == "postponed" else commands.CancelConference
    house.done(model(conference_id=conference_id, reason="Großlage"))
    assert [e.verdict for e in house.judgements("Köln", 2025)] == ["OPEN", "COVERED", "OPEN"]

    house.day("2026-01-02")

    assert house.verdict("Köln", 2025).verdict == "MISSED"
    assert f"{conference_id}@2" in house.verdict("Köln", 2025).evidence


def test_a_postponed_conference_that_is_cancelled_is_cited_with_both(house: Any) -> None:
    house.day("2025-01-02")
    conference_id = house.schedule("2025-05-05T09:00:00Z", "Köln")
    house.done(commands.PostponeConference(conference_id=conference_id, reason="Großlage"))
    house.done(commands.CancelConference(conference_id=conference_id, reason="Großlage"))

    assert house.published(ConferencePostponed)[0].event_id == f"{conference_id}@2"
    assert house.verdict("Köln", 2025).evidence == (
        "area:Köln@2",
        f"{conference_id}@2",
        f"{conference_id}@3",
    )


def test_a_conference_that_moves_to_the_next_year_takes_its_cover_along(house: Any) -> None:
    house.day("2025-01-02")
    conference_id = house.schedule("2025-11-11T09:00:00Z", "Köln")
    house.done(
        commands.RescheduleConference(conference_id=conference_id, starts_at="2026-01-20T09:00:00Z")
    )

    assert house.verdict("Köln", 2025).verdict == "OPEN"
    assert house.verdict("Köln", 2026).verdict == "COVERED"
    house.day("2026-01-02")
    assert house.verdict("Köln", 2025).verdict == "MISSED"
    assert f"{conference_id}@2" in house.verdict("Köln", 2025).evidence


def test_a_postponed_conference_that_gets_its_date_in_the_next_year_moves_too(house: Any) -> None:
    house.day("2025-01-02")
    conference_id = house.schedule("2025-11-11T09:00:00Z", "Köln")
    house.done(commands.PostponeConference(conference_id=conference_id, reason="Großlage"))
    house.done(
        commands.RescheduleConference(conference_id=conference_id, starts_at="2026-01-20T09:00:00Z")
    )

    assert house.verdict("Köln", 2025).verdict == "OPEN"
    assert house.verdict("Köln", 2026).evidence == (f"{conference_id}@3",)


def test_a_fact_before_the_first_day_opens_its_obligation_and_the_first_day_judges_it(
    house: Any,
) -> None:
    house.schedule(
        "2023-05-05T09:00:00Z",
        "Köln",
        now="2025-02-02T09:00:00Z",
        effective_at="2023-01-02T09:00:00Z",
    )
    assert house.verdict("Köln", 2023).verdict == "COVERED"

    house.day("2025-03-03")

    assert house.verdict("Köln", 2023).verdict == "MISSED"
    assert not house.is_judged("Leverkusen", 2023)


def test_no_fact_opens_an_obligation_before_the_ruleset(house: Any) -> None:
    house.schedule(
        "2022-05-05T09:00:00Z",
        "Köln",
        now="2025-02-02T09:00:00Z",
        effective_at="2022-01-02T09:00:00Z",
    )

    assert not house.is_judged("Köln", 2022)


def test_a_late_record_turns_missed_into_fulfilled_and_says_so(house: Any) -> None:
    house.day("2025-01-02")
    house.day("2026-02-02")
    assert house.verdict("Köln", 2025).verdict == "MISSED"
    conference_id = house.schedule(
        "2025-05-05T09:00:00Z", "Köln", effective_at="2025-02-02T09:00:00Z"
    )
    house.release(conference_id, "2025-03-03T09:00:00Z")
    house.done(
        commands.OpenConference(conference_id=conference_id, effective_at="2025-05-05T09:00:00Z")
    )
    house.freeze(conference_id, "2026-02-02T13:00:00Z", {"Köln": FULL})
    house.done(
        commands.RecordHeld(
            conference_id=conference_id,
            started_at="2025-05-05T09:00:00Z",
            ended_at="2025-05-05T10:00:00Z",
            effective_at="2025-05-05T10:00:00Z",
        )
    )

    verdict = house.verdict("Köln", 2025)
    assert (verdict.verdict, verdict.recorded_late) == ("FULFILLED", True)


def test_a_restart_reads_the_same_state_from_the_store(house: Any) -> None:
    house.day("2025-01-02")
    conference_id = house.schedule("2025-05-05T09:00:00Z", "Köln", "Leverkusen")
    application = house.desk.application
    application.cache.evict(
        [str(n.originator_id) for n in application.recorder.select_notifications(1, 1000)]
    )

    house.hold(conference_id, "2025-05-05", {"Köln": FULL, "Leverkusen": WITHOUT_COURT})
    house.day("2026-01-02")

    assert house.verdict("Köln", 2025).verdict == "FULFILLED"
    assert house.verdict("Leverkusen", 2025).verdict == "FULFILLED_WITH_GAPS"
    assert house.judgements("Köln", 2025)[-2].verdict == "COVERED"


def test_r4_a_date_that_passed_covers_nothing_from_the_day_after(house: Any) -> None:
    house.day("2025-03-03")
    conference = house.schedule("2025-09-10T09:00:00+02:00", "Köln", now="2025-03-03T12:00:00Z")
    house.release(conference, "2025-07-01T09:00:00Z", Köln=True)
    house.day("2025-09-10")
    assert house.verdict("Köln", 2025).verdict == "COVERED"

    house.day("2025-10-02")

    judged = house.judgements("Köln", 2025)[-2:]
    assert [(e.verdict, e.effective_at.isoformat()) for e in judged] == [
        ("OPEN", "2025-09-10T22:00:00+00:00"),
        ("AT_RISK", "2025-09-30T22:00:00+00:00"),
    ]
    assert [[(g.code, g.conference_id) for g in e.gaps] for e in judged] == [
        [("NotOpened", conference)]
    ] * 2


def test_r4_who_enters_the_session_afterwards_fulfils(house: Any) -> None:
    house.day("2025-03-03")
    conference = house.schedule("2025-09-10T09:00:00+02:00", "Köln", now="2025-03-03T12:00:00Z")
    house.day("2025-09-20")

    house.open(conference, "2025-09-20T13:00:00Z")
    assert [gap.code for gap in house.verdict("Köln", 2025).gaps] == ["HeldNotRecorded"]
    house.freeze(conference, "2025-09-20T13:00:00Z", {"Köln": FULL})
    house.done(
        commands.RecordHeld(
            conference_id=conference,
            started_at="2025-09-10T07:00:00Z",
            ended_at="2025-09-10T09:00:00Z",
        ),
        now="2025-09-20T14:00:00Z",
    )

    verdict = house.verdict("Köln", 2025)
    assert (verdict.verdict, verdict.gaps) == ("FULFILLED", ())


def test_r3_a_released_list_without_the_administration_is_a_forecast_of_its_area(
    house: Any,
) -> None:
    house.day("2025-03-03")
    conference = house.schedule(
        "2025-09-10T09:00:00+02:00", "Köln", "Leverkusen", now="2025-03-03T12:00:00Z"
    )
    house.release(conference, "2025-07-01T09:00:00Z", Köln=True, Leverkusen=False)

    assert house.verdict("Köln", 2025).gaps == ()
    forecast = house.verdict("Leverkusen", 2025)
    assert forecast.verdict == "COVERED"
    assert [(g.code, g.area, g.conference_id) for g in forecast.gaps] == [
        ("WillNotCount", "Leverkusen", conference)
    ]

    house.release(conference, "2025-07-02T09:00:00Z", Köln=True, Leverkusen=True)
    assert house.verdict("Leverkusen", 2025).gaps == ()
