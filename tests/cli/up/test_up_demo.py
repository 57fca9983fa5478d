"""`siko up --demo` shows a year's verdicts, and stays only when nobody asked it to end."""

import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, running: Any) -> Any:
    """A folder in which the demo has played, and what was said until the system had stopped."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    with running(folder, "--demo") as system:
        answer = system.siko("query", "reporting", "compliance", "area=Köln", "--output", "json")
        assert system.end() == 0
    return folder, system.said(), json.loads(answer.stdout)


def test_the_verdicts_are_printed_before_the_addresses(played: Any) -> None:
    _, said, _ = played

    assert re.search(r"Leverkusen.*erfüllt.*nats://127\.0\.0\.1:", said, re.DOTALL)


def test_the_system_stays_and_answers_after_the_demo(played: Any) -> None:
    _, _, answer = played

    assert "FULFILLED" in {item["verdict"] for item in answer["items"]}


def test_with_exit_it_ends_with_the_verdicts_and_a_repeat_gives_the_same(
    played: Any, begun: Any
) -> None:
    folder, said, _ = played

    again = begun(folder, ("--demo", "--exit"))

    assert again.process.wait(120) == 0
    verdicts = said[said.index("Gebiet ") : said.index("siko history")]
    assert verdicts in again.said()
    assert again.said().endswith("siko has stopped\n")
    assert not (folder / "run.json").exists()


def test_what_was_entered_since_does_not_hinder_the_next_start(played: Any, running: Any) -> None:
    folder, _, _ = played
    command = (
        "authority_id=pp-koeln",
        "kind=siko",
        "areas=Köln,Leverkusen",
        "place=Polizeipräsidium",
    )
    with running(folder) as system:
        assert re.search(r"clock +manual, at 02\.01\.20\d\d 00:00", system.said())
        sent = system.siko(
            "send",
            "scheduler",
            "schedule_conference",
            *command,
            "starts_at=2027-09-08T09:00:00+02:00",
        )
        assert sent.returncode == 0, sent.stderr

    with running(folder, "--demo") as again:
        assert "goes on with the data that is there" in again.said()
        assert "exit code" not in again.said()


def test_ctrl_c_in_the_middle_of_the_demo_leaves_nothing_running(
    tmp_path: Path, begun: Any, lives: Any
) -> None:
    system = begun(tmp_path / "data", ("--demo", "--exit"))
    try:
        system.until(lambda: "siko is ready" in system.said())
        pids = system.pids()

        assert system.end(signal.SIGINT) == 130
    finally:
        system.end_if_it_runs()

    assert not any(map(lives, pids.values()))
    assert "Traceback" not in system.said()
