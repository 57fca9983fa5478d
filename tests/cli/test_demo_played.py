"""The demo on a whole system: the verdicts that it is there to show, and a repeat that changes nothing."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from siko.addresses import nats_url
from siko.client import Client, connect
from siko.demo import demo
from siko.demo.other_conferences import leverkusen
from siko.demo.player import play, watching
from siko.history import find
from siko.output import Output
from siko.quiescence import settle
from siko.roles import AUDITOR
from siko_contracts.exit_codes import DONE

YEAR = 2025
SIKO = Path(sys.executable).with_name("siko")
READY_S = 60


@pytest.fixture
def system(tmp_path: Path) -> Iterator[Path]:
    """The data folder of a system with the manual clock."""
    folder = tmp_path / "data"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SIKO_")}
    log = tmp_path / "up.log"
    with log.open("w") as lines:
        up = subprocess.Popen(
            [SIKO, "up", "--data", str(folder), "--port", "0"],
            env=environment | {"SIKO_CLOCK": "manual"},
            stdout=lines,
            stderr=lines,
        )
    try:
        deadline = time.monotonic() + READY_S
        while not (folder / "run.json").exists():
            assert up.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield folder
    finally:
        up.send_signal(signal.SIGINT)
        up.wait(30)


async def compliance(client: Client, **parameters: Any) -> list[dict[str, Any]]:
    answer = await client.view("reporting", "compliance", year=YEAR, **parameters)
    assert answer.complete
    return answer.items


def by_area(items: list[dict[str, Any]]) -> dict[str | None, dict[str, Any]]:
    return {item["area"]: item for item in items if item["authority_id"] == "pp-koeln"}


async def test_the_demo_shows_what_compliance_answers_and_a_repeat_changes_nothing(system, capsys):
    async def played() -> list[dict[str, Any]]:
        assert await asyncio.to_thread(demo, YEAR, Output.JSON, system) == DONE
        document = json.loads(capsys.readouterr().out)
        assert list(document) == ["compliance"]
        return document["compliance"]

    first = await played()
    async with connect(nats_url(system), folder=system) as connected:
        client = connected.acting(AUDITOR)
        assert first == await compliance(client)
        verdicts = by_area(first)
        assert verdicts["Köln"]["verdict"] == "FULFILLED"
        assert verdicts["Köln"]["gaps"] == []
        assert verdicts["Leverkusen"]["verdict"] == "FULFILLED"
        (gap,) = verdicts["Leverkusen"]["gaps"]
        assert gap["body_id"] == "ag-leverkusen"
        assert gap["conference_id"] == leverkusen(YEAR).conference_id
        assert verdicts[None]["verdict"] == "FULFILLED"
        others = [item["verdict"] for item in first if item["authority_id"] != "pp-koeln"]
        assert others == ["MISSED"] * 65
        for event_id in {event_id for item in first for event_id in item["evidence"]}:
            assert any(event["event_id"] == event_id for event in await find(client, event_id))
        before = await settle(client)
        assert await played() == first
        assert await settle(client) == before


async def test_a_year_in_which_only_the_second_conference_was_held(system):
    async with connect(nats_url(system), deadline_s=60, folder=system) as connected:
        client = connected.acting(AUDITOR)
        with watching(YEAR) as watch:
            position = await play(client, YEAR, watch, (leverkusen,))
        verdicts = by_area(await compliance(client, at_least=position))
    assert verdicts["Leverkusen"]["verdict"] == "FULFILLED_WITH_GAPS"
    assert [gap["body_id"] for gap in verdicts["Leverkusen"]["gaps"]] == ["ag-leverkusen"]
    assert verdicts["Köln"]["verdict"] == "MISSED"
    assert verdicts[None]["verdict"] == "MISSED"
