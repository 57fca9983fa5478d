"""A year in which only the second Leverkusen conference is held, through commands and headers that anyone can send."""

import asyncio
from datetime import date
from pathlib import Path

import pytest
from siko.client import connect
from siko.demo.other_conferences import leverkusen
from siko.demo.player import play
from siko_contracts.messages import PRODUCERS


class Silent:
    def day(self, day: date) -> None: ...
    def say(self, text: str) -> None: ...


@pytest.fixture(scope="module")
def second_only(up, tmp_path_factory):
    async def play_it(url: str, folder: Path) -> None:
        async with connect(url, 60, folder) as client:
            await play(client, 2025, Silent(), [leverkusen])

    with up(tmp_path_factory.mktemp("second") / "data") as system:
        asyncio.run(play_it(system.run["nats_url"], system.folder))
        yield system


def test_leverkusen_is_fulfilled_with_gaps_and_koeln_missed_once_the_year_is_over(second_only):
    items = second_only.json(
        "query", "reporting", "compliance", "authority_id=pp-koeln", "year=2025", "kind=siko"
    )["items"]
    rows = {row["area"]: row for row in items}
    assert rows["Leverkusen"]["verdict"] == "FULFILLED_WITH_GAPS"
    assert [gap["body_id"] for gap in rows["Leverkusen"]["gaps"]] == ["ag-leverkusen"]
    assert rows["Köln"]["verdict"] == "MISSED"
    assert "area:Köln" in rows["Köln"]["evidence"][0]
    assert any(event_id.startswith("clock@") for event_id in rows["Köln"]["evidence"])


def test_before_the_year_was_over_koeln_was_at_risk(second_only):
    [row] = second_only.json(
        "query",
        "reporting",
        "compliance",
        "area=Köln",
        "year=2025",
        "as_of=2025-12-30T12:00:00+01:00",
    )["items"]
    assert row["verdict"] == "AT_RISK"


def test_an_auditor_folds_the_replayed_log_into_the_same_verdicts(second_only):
    """Only the published contracts are used, as an auditor has them."""
    verdicts = {}
    for event in second_only.replay("scheduler"):
        if event["type"] == "obligation_judged.v1":
            verdicts[event["aggregate_id"]] = event["contract"]
    answer = second_only.json("query", "reporting", "compliance")
    shown = {
        f"obligation:{row['kind']}:{row['area'] or row['authority_id']}:{row['year']}": row
        for row in answer["items"]
    }
    assert {key: each["verdict"] for key, each in verdicts.items()} == {
        key: row["verdict"] for key, row in shown.items()
    }
    for key, row in shown.items():
        assert row["evidence"] == verdicts[key]["evidence"]


@pytest.mark.parametrize("service", PRODUCERS)
def test_each_log_replays_without_a_break_in_its_chain(second_only, service):
    log = second_only.replay(service)
    versions = {}
    for event in log:
        aggregate = event["aggregate_id"]
        assert event["aggregate_version"] == versions.get(aggregate, 0) + 1
        versions[aggregate] = event["aggregate_version"]
    assert len(log) > 20
