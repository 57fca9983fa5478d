"""Who reads why conferences moved, who the heads are, and why a year was missed; for all others they are not there."""

from datetime import date
from typing import Any

from siko_contracts.commands import scheduler as commands
from siko_contracts.queries.scheduler import Texts
from siko_scheduler.application.texts import TABLE, texts

from tests.contracts.stored_events import sealing_topics_of
from tests.reading import AUDITOR, MINISTRY, at, read

KOELN, ESSEN = at("pp-koeln"), at("pp-essen", "convenor")
START = "2025-05-05T09:00:00Z"


def words(house: Any, reader: Any, *ids: str) -> list[tuple[str, Any]]:
    items = read(house.desk, texts, Texts(ids=ids), reader)
    return [(item.field, item.text) for item in items]


def test_why_a_conference_was_moved_postponed_and_cancelled_is_read_by_its_authority(
    house: Any,
) -> None:
    house.day("2025-01-02")
    conference = house.schedule(START, "Köln")
    of = {"conference_id": conference}
    house.done(
        commands.RescheduleConference(
            **of, starts_at="2025-05-10T09:00:00Z", reason="Heimspiel", override_reason="Samstag"
        )
    )
    house.done(commands.PostponeConference(**of, reason="Großlage"))
    house.done(commands.CancelConference(**of, reason="Kein Termin"))
    for reader in (KOELN, AUDITOR, at("pp-koeln", "minute_taker")):
        assert words(house, reader, conference) == [
            ("reason", "Heimspiel"),
            ("override_reason", "Samstag"),
            ("reason", "Großlage"),
            ("reason", "Kein Termin"),
        ]
    for reader in (ESSEN, MINISTRY):
        assert words(house, reader, conference) == words(house, reader, "missing") == []


def test_the_name_of_a_head_is_read_by_its_own_authority(house: Any) -> None:
    house.done(
        commands.AppointHead(
            authority_id="pp-koeln",
            function="Leitung",
            name="Erika Muster",
            valid_from="2025-01-01",
        )
    )
    assert words(house, KOELN, "pp-koeln") == [("name", "Erika Muster")]
    assert words(house, ESSEN, "pp-koeln") == words(house, MINISTRY, "pp-koeln") == []


def test_r7_the_reason_of_a_nil_report_is_read_by_who_owed_the_year_and_by_the_ministry(
    house: Any,
) -> None:
    """R6: after a transfer within the year both have owed it."""
    house.day("2025-01-02")
    house.done(
        commands.TransferArea(
            area="Leverkusen", to_authority_id="pp-essen", valid_from=date(2025, 7, 1)
        )
    )
    house.day("2026-01-02")
    house.done(commands.RecordNilReport(kind="siko", area="Köln", year=2025, reason="Personal"))
    house.done(commands.RecordNilReport(kind="siko", area="Leverkusen", year=2025, reason="Umzug"))

    asked = Texts(ids=("pp-koeln", "pp-essen"))
    reports = [
        ("pp-koeln", "siko", "Köln", 2025, "Personal"),
        ("pp-essen", "siko", "Leverkusen", 2025, "Umzug"),
        ("pp-koeln", "siko", "Leverkusen", 2025, "Umzug"),
    ]
    for reader, expected in (
        (MINISTRY, reports),
        (AUDITOR, reports),
        (KOELN, reports),
        (ESSEN, reports[1:]),
        (at("pp-bonn"), []),
    ):
        items = read(house.desk, texts, asked, reader)
        assert [(i.id, i.kind, i.area, i.year, i.text) for i in items] == expected, reader


def test_every_event_with_a_sealed_field_says_who_reads_it() -> None:
    assert {event.TOPIC for event in TABLE} == sealing_topics_of("scheduler")
