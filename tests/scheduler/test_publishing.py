"""What leaves the scheduler: every stored event once, contracts without persons, every command taken."""

from pathlib import Path
from typing import Any

import siko_scheduler.publishing as published
from siko_contracts.commands import scheduler as commands
from siko_contracts.events import Recorded
from siko_core.sealed import Sealed, sealed_fields
from siko_scheduler.domain import refusals
from siko_scheduler.service import service

NOW = "2025-01-02T09:00:00+01:00"


def test_a_day_is_begun_by_its_command() -> None:
    assert service.daily is not None
    command = service.daily(commands.AdvanceClock(as_of=NOW).as_of)

    assert type(command) in service.commands


def everything(house: Any) -> str:
    """One of each event happens; returns the conference's id."""
    day = commands.AdvanceClock
    house.done(day(as_of=NOW), now=NOW)
    house.done(day(as_of="2025-01-03T09:00:00+01:00"), now="2025-01-03T09:00:00+01:00")
    conference_id = house.schedule("2025-05-05T09:00:00Z", "Köln", override_reason="geheim")
    house.done(house.body("hza-koeln", "customs", "Köln"))
    body = house.body("hza-koeln", "customs", "Köln", "Leverkusen")
    house.done(commands.ChangeBody(**body.model_dump()))
    house.done(commands.CloseBody(body_id="hza-koeln", valid_to="2025-12-31"))
    house.done(commands.PostponeConference(conference_id=conference_id, reason="geheim"))
    house.done(
        commands.RescheduleConference(
            conference_id=conference_id, starts_at="2025-06-06T09:00:00Z", reason="geheim"
        )
    )
    house.release(conference_id, "2025-05-06T09:00:00Z", Köln=False)
    house.hold(conference_id, "2025-06-06", {"Köln": (True, ())})
    other = house.schedule("2025-09-09T09:00:00Z", "Köln")
    house.done(commands.CancelConference(conference_id=other, reason="geheim"))
    house.answer_needs(conference_id, "2025-06-06T15:00:00Z")
    house.done(commands.CloseConference(conference_id=conference_id))
    house.done(
        commands.CorrectConference(
            conference_id=conference_id, error="geheim", started_at="2025-06-06T08:30:00Z"
        )
    )
    house.done(commands.AddWord(vocabulary="category", code="harbour", label="Hafenbehörde"))
    house.done(commands.PlanYear(authority_id="pp-koeln", year=2027))
    house.schedule("2027-05-05T09:00:00Z", "Köln")
    report = {"kind": "siko", "area": "Leverkusen", "year": 2024, "reason": "geheim"}
    house.done(commands.RecordNilReport.model_validate(report))
    house.done(
        commands.AppointHead(
            authority_id="pp-koeln", function="Leitung", name="geheim", valid_from="2025-01-01"
        )
    )
    house.done(
        commands.TransferArea(
            area="Leverkusen", to_authority_id="pp-essen", valid_from="2025-12-01"
        )
    )
    house.done(commands.DissolveAuthority(authority_id="pp-koeln", valid_to="2025-12-30"))
    return conference_id


def test_every_published_kind_happens_and_none_tells_a_secret(house: Any) -> None:
    everything(house)

    seen = {type(event) for event in house.desk.contracts}
    promised = {translation.contract for translation in published.CONTRACTS.values()}
    assert promised <= seen
    assert "geheim" not in "".join(event.model_dump_json() for event in house.desk.contracts)


def test_every_sealed_text_opens_under_the_field_that_holds_it(house: Any) -> None:
    everything(house)

    application = house.desk.application
    found: list[tuple[str, Any, Sealed[Any]]] = []
    for each in application.recorder.select_notifications(1, 10_000):
        event = application.mapper.to_domain_event(each)
        found += [(path, event, sealed) for path, sealed in sealed_fields(event)]
    assert {path for path, _, _ in found} == {"override_reason", "reason", "name", "error"}
    assert {
        application.keyring.open(event.originator_id, path, sealed) for path, event, sealed in found
    } == {"geheim"}


def test_what_is_noted_inside_goes_out_as_a_bare_notice(house: Any) -> None:
    everything(house)

    notices = {e.event for e in house.published(Recorded)}
    assert notices == {
        "area.body_ended",
        "area.body_noted",
        "area.named",
        "authority.body_noted",
        "conference.needs_answered",
        "obligation.conference_held",
        "obligation.conference_opened",
        "obligation.conference_placed",
        "obligation.conference_withdrawn",
        "obligation.coverage_noted",
        "obligation.debtors_noted",
        "obligation.forecast_noted",
        "obligation.opened",
        "words.opened",
    }


def test_every_refusal_of_the_scheduler_has_a_test_that_names_its_code() -> None:
    tests = "".join(file.read_text("utf-8") for file in Path(__file__).parent.glob("test_*.py"))
    codes = [
        name
        for name, refusal in vars(refusals).items()
        if isinstance(refusal, type) and refusal.__module__ == refusals.__name__
    ]

    assert len(codes) == 18
    assert [code for code in codes if f'"{code}"' not in tests] == []
