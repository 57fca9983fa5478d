"""What an earlier version has left behind opens and goes on: a data folder, PostgreSQL databases, the streams of both."""

import itertools
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.contracts.stored_events import as_far_as
from tests.deployment import BIN, SERVICES, Deployment, databases, deployed
from tests.flow.conftest import System, running
from tests.samples.sample import (
    ACCESS_LOG,
    BEHIND,
    KINDS,
    LATE,
    NOW,
    PRODUCERS,
    QUESTIONS,
    SEALED,
    SQUATTED,
    TOPIC,
    Sample,
    commits,
)

SETTLED_SECONDS = 20.0
MANY_DAYS = "36500"
"""Kept in access logs, so that they do not depend on when the test runs."""
NEXT = "2e0f7c1c-4a53-4e0b-9a3c-6f9c50a2b7ff"
SAMPLES = [Sample(commit, kind) for commit in commits() for kind in KINDS]
PARKED = ("agenda", "events are parked behind a fault")
"""What `siko doctor` finds, and the earlier version found."""
ONE_ROLE = "SIKO_KEYS_URL: one role of the database opens the record and the keys that seal it"
"""What it finds on PostgreSQL until init.sh has run again, as the changelog says."""
_NUMBERS = itertools.count(1)


@dataclass
class Opened:
    """A sample on which the installed version runs."""

    system: System | Deployment
    answers: Mapping[str, Any]
    """Of the version that made it."""

    def run(self, *arguments: str, role: str) -> subprocess.CompletedProcess[str]:
        assert self.system.siko("login", "--as", role).returncode == 0
        if isinstance(self.system, Deployment):
            return self.system.siko(*arguments)
        data = ("--data", str(self.system.folder))
        command = [BIN / "siko", *arguments, *data]
        return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)

    def siko(self, *arguments: str, role: str = "auditor") -> Any:
        """The document that it prints."""
        done = self.run(*arguments, "--output", "json", role=role)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def positions(self, service: str) -> dict[str, int]:
        """How far it has come, and how far it has followed the others."""
        positions: dict[str, int] = self.siko("query", service, "positions")["position"]
        return positions

    def applied(self, service: str) -> dict[str, int]:
        """Events that its process has applied since it started, by their producer."""
        url = self.system.run["services"][service]["url"]
        with urllib.request.urlopen(f"{url}/metrics", timeout=5) as answer:
            page = answer.read().decode()
        name = "siko_follower_applied_total{"
        samples = [line.rsplit(" ", 1) for line in page.splitlines() if line.startswith(name)]
        return {labels.split('producer="')[1].split('"')[0]: int(float(n)) for labels, n in samples}

    @cached_property
    def caught_up(self) -> dict[str, dict[str, int]]:
        """What each service has applied when all have caught up, and nothing else has been asked for yet."""
        deadline = time.monotonic() + SETTLED_SECONDS
        while self.positions(BEHIND) != self.answers["positions"]:
            assert time.monotonic() < deadline, self.positions(BEHIND)
            time.sleep(0.2)
        return {service: self.applied(service) for service in (*PRODUCERS, BEHIND)}

    def parked(self) -> list[str]:
        """Aggregates of the events that the agenda has parked."""
        letters = self.siko("query", "agenda", "dead_letters", "state=parked")["items"]
        return [letter["aggregate_id"] for letter in letters]

    def compared(self) -> dict[str, int]:
        """The last positions of the logs, each whole and as it was published."""
        positions = {}
        for service in PRODUCERS:
            done = self.run("replay", service, role="auditor")
            assert done.returncode == 0, done.stderr
            assert f"chain whole, all as on SIKO_{service.upper()}" in done.stderr
            positions[service] = json.loads(done.stdout.splitlines()[-1])["position"]
        return positions


@contextmanager
def opening(
    sample: Sample, folder: Path, request: pytest.FixtureRequest, *, streams: bool = True
) -> Iterator[Opened]:
    """Start the installed version on a copy of the sample; `streams`: with those that it has."""
    answers = sample.unpack(folder)
    if not streams:
        shutil.rmtree(folder / "nats")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SIKO_ACCESS_LOG_DAYS", MANY_DAYS)
        if sample.kind == "sqlite":
            with running(folder) as system:
                yield Opened(system, answers)
        else:
            urls = restored(folder / "postgresql", request.getfixturevalue("postgres_server"))
            with deployed(folder, urls) as deployment:
                yield Opened(deployment, answers)


def restored(dumps: Path, server: str) -> dict[str, str]:
    """The addresses of new databases that hold what was dumped."""
    urls = databases(server, f"sample_{next(_NUMBERS)}")
    for name, url in urls.items():
        with psycopg.connect(url) as connection:
            connection.execute((dumps / f"{name}.sql").read_bytes())
    return urls


@pytest.fixture(scope="module", params=SAMPLES, ids=str)
def opened(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Opened]:
    folder = tmp_path_factory.mktemp("sample") / "data"
    with opening(request.param, folder, request) as opened:
        assert opened.caught_up
        yield opened


def test_followers_go_on_behind_what_they_have_applied(opened):
    ends, applied_before = opened.answers["positions"], opened.answers["applied"]
    assert opened.caught_up[BEHIND] == {
        producer: ends[producer] - applied_before[producer] for producer in PRODUCERS
    }
    assert sum(opened.caught_up[BEHIND].values()) > 0
    assert all(
        number == 0 for service in PRODUCERS for number in opened.caught_up[service].values()
    )


def test_every_service_is_ready_and_nothing_is_wrong_but_what_is_known(opened):
    urls = [f"--url={name}={at['url']}" for name, at in opened.system.run["services"].items()]
    done = opened.run("doctor", "--history", *urls, "--output", "json", role="operator")
    findings = json.loads(done.stdout)["findings"]
    expected = {PARKED}
    if isinstance(opened.system, Deployment):  # its roles are those of a test, not of init.sh
        expected |= {(service, ONE_ROLE) for service in SERVICES}
    assert {(finding["where"], finding["cause"]) for finding in findings} == expected


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
def test_what_was_answered_is_answered_still(opened, question):
    answered = opened.answers["queries"][" ".join(question)]
    role, *query = question
    items = opened.siko("query", *query, role=role)["items"]
    if question == ACCESS_LOG:  # what was asked since comes first
        items = items[-len(answered) :]
    old = [item for item in items if item.get("conference_id") not in {LATE, NEXT}]
    assert as_far_as(answered, old) == answered


def test_sealed_texts_open(opened):
    answered, *_ = opened.answers["history"]
    item, *_ = opened.siko("history", TOPIC)["items"]
    assert item["event"].items() >= answered["event"].items()
    assert item["event"]["text"] == SEALED
    assert item["contract"] == answered["contract"]


def test_every_history_is_whole_and_as_it_was_published(opened):
    logs = opened.compared()
    assert all(logs[service] >= end for service, end in opened.answers["positions"].items())


def test_a_new_command_is_accepted_and_reaches_the_views(opened):
    fields = ("authority_id=pp-koeln", "kind=siko", "areas=Köln", "month=2026-10")
    plan = ("send", "scheduler", "plan_conference", f"id={NEXT}", *fields, "--now", NOW)
    position = opened.siko(*plan, role="secretariat@pp-koeln")["position"]
    assert position > opened.answers["positions"]["scheduler"]
    waiting = f'at_least={{"scheduler": {position}}}'
    items = opened.siko("query", BEHIND, "conferences", waiting)["items"]
    assert [item["state"] for item in items if item["conference_id"] == NEXT] == ["PLANNED"]
    assert [item["state"] for item in items if item["conference_id"] == LATE] == ["PLANNED"]


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_lost_streams_are_refilled_and_parked_events_are_applied(sample, tmp_path, request):
    with opening(sample, tmp_path / "data", request, streams=False) as opened:
        assert opened.caught_up
        assert opened.compared() == opened.answers["positions"]
        assert opened.parked() == [SQUATTED]
        replay = opened.run("dead-letters", "replay", "--aggregate", SQUATTED, role="operator")
        assert replay.returncode == 0, replay.stdout + replay.stderr
        assert opened.parked() == []
        assert opened.compared()["agenda"] > opened.answers["positions"]["agenda"]
