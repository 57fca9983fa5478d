"""A secretariat's year is played by the command line alone, and ends with the verdicts that it has earned."""

import os
import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.docs.pages import ROOT
from tests.docs.running import BIN
from tests.flow.conftest import System, running

SCRIPT = ROOT / "docs" / "examples" / "a_year_in_bonn.sh"
YEAR_SECONDS = 600
WITHOUT_YOUTH_OFFICE = {"Alfter", "Swisttal", "Wachtberg"}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[System, str]]:
    """The system after the year, and what the secretariat saw."""
    with running(tmp_path_factory.mktemp("bonn") / "data") as system:
        done = subprocess.run(
            [SCRIPT],
            env={name: value for name, value in os.environ.items() if not name.startswith("SIKO_")}
            | {"PATH": f"{BIN}:{os.environ['PATH']}", "SIKO_DATA": str(system.folder)},
            capture_output=True,
            text=True,
            timeout=YEAR_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        yield system, done.stdout + done.stderr


def test_the_year_is_fulfilled_and_accepted_gaps_stay_gaps(played: tuple[System, str]) -> None:
    system, _ = played
    items = system.json("query", "reporting", "compliance", "authority_id=pp-bonn", "year=2027")
    verdicts = {item["area"]: item["verdict"] for item in items["items"]}
    assert len(verdicts) == 9
    assert verdicts == {
        area: "FULFILLED_WITH_GAPS" if area in WITHOUT_YOUTH_OFFICE else "FULFILLED"
        for area in verdicts
    }
    gaps = [gap for item in items["items"] for gap in item["gaps"]]
    assert {(gap["area"], gap["code"], gap["category"]) for gap in gaps} == {
        (area, "NoBodyRegistered", "youth_welfare_office") for area in WITHOUT_YOUTH_OFFICE
    }


def test_the_year_leaves_one_conference_closed_and_its_action_agreed(
    played: tuple[System, str],
) -> None:
    system, _ = played
    conferences = system.json("query", "reporting", "conferences", "authority_id=pp-bonn")["items"]
    states = [item["state"] for item in conferences]
    assert sorted(states) == ["ABSORBED"] * 9 + ["CLOSED"]
    actions = system.json("query", "reporting", "actions", "authority_id=pp-bonn")["items"]
    assert [(item["state"], item["overdue"]) for item in actions] == [("AGREED", True)]


def test_the_secretariat_reads_its_own_words_again(played: tuple[System, str]) -> None:
    _, seen = played
    for words in ("Sicherheit auf Schulwegen", "Haltezonen vor sechs Grundschulen einrichten"):
        assert words in " ".join(seen.split())
    assert "GapNotAccepted" in seen
    assert "Traceback" not in seen


def test_the_script_uses_nothing_but_siko_and_its_shell() -> None:
    lines = SCRIPT.read_text("utf-8").splitlines()
    text = "\n".join(line.partition(" # ")[0] for line in lines if not line.startswith("#"))
    for program in ("jq", "curl", "python", "sed", "awk", "grep", "tail", "cut", "nats", "sleep"):
        assert not re.search(rf"(^|[|(;\s]){program}\s", text), program
