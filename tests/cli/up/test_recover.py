"""`siko recover`: a data folder whose database was put back to an earlier copy goes on behind what it lost."""

import json
import shutil
from pathlib import Path
from typing import Any


def register(system: Any, name: str) -> dict[str, Any]:
    fields = ("kind=polizeipraesidium", "district=koeln", "valid_from=2020-01-01", f"name={name}")
    sent = ("send", "scheduler", "register_authority", f"authority_id={name}", *fields)
    done = system.siko(*sent, "--output", "json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def withdrawn(system: Any) -> list[dict[str, Any]]:
    done = system.siko("query", "reporting", "withdrawn", "--output", "json")
    return list(json.loads(done.stdout)["items"])


def test_a_restored_folder_is_not_run_until_it_is_recovered(
    tmp_path: Path, running: Any, begun: Any, siko: Any
) -> None:
    data = ("--data", str(tmp_path / "data"))
    with running(tmp_path / "data") as system:
        register(system, "pp-one")
        in_use = siko("recover", "scheduler", *data)
        assert (in_use.returncode, "DataFolderInUse" in in_use.stderr) == (3, True)
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    with running(tmp_path / "data") as system:
        register(system, "pp-two")
        last = register(system, "pp-three")["position"]
    for file in (tmp_path / "data").glob("scheduler.db*"):
        file.unlink()
    for file in (tmp_path / "copy").glob("scheduler.db*"):
        shutil.copy(file, tmp_path / "data")

    refused = begun(tmp_path / "data", ())
    assert refused.process.wait(60) == 3
    assert f"the stream SIKO_SCHEDULER ends at position {last}" in refused.said()
    assert "`siko recover scheduler`" in refused.said()

    planned = siko("recover", "scheduler", "--plan", "--output", "json", *data)
    assert planned.returncode == 0, planned.stderr
    plan = json.loads(planned.stdout)
    assert (plan["lost"], plan["recorded"]) == ({"from": last - 1, "to": last}, None)
    assert [event["event_id"] for event in plan["events"]] == ["pp-two@1", "pp-three@1"]
    shown = siko("recover", "scheduler", *data)
    assert shown.returncode == 0, shown.stderr
    assert "pp-three@1" in shown.stdout
    assert f"is recorded at position {last + 1}" in shown.stderr

    with running(tmp_path / "data") as system:
        assert register(system, "pp-two")["position"] > last + 1
        log = system.siko("replay", "scheduler")
        assert log.returncode == 0, log.stderr
        assert not {last - 1, last} & {
            json.loads(line)["position"] for line in log.stdout.splitlines()
        }
        system.until(lambda: len(withdrawn(system)) == 2)
        assert [item["event_id"] for item in withdrawn(system)] == ["pp-two@1", "pp-three@1"]

    nothing = siko("recover", "scheduler", *data)
    assert (nothing.returncode, "--restored" in nothing.stderr) == (0, True)
    again = siko("recover", "scheduler", "--restored", *data)
    assert again.returncode == 0, again.stderr
    assert "with it begins epoch" in again.stderr
    with running(tmp_path / "data") as system:
        shown = system.siko("query", "scheduler", "positions", "--output", "json")
        epochs = json.loads(shown.stdout)["items"]
        assert len(epochs) == len({item["epoch"] for item in epochs}) == 3
        assert register(system, "pp-four")["position"] > epochs[-1]["lost_to"] > 10**12
        system.until(lambda: system.siko("replay", "scheduler").returncode == 0)


def test_what_has_no_history_or_no_folder_is_told_apart(tmp_path: Path, siko: Any) -> None:
    views = siko("recover", "reporting", "--data", str(tmp_path))
    assert (views.returncode, "has no history of its own" in views.stderr) == (2, True)
    empty = siko("recover", "scheduler", "--data", str(tmp_path))
    assert (empty.returncode, "is no data folder" in empty.stderr) == (2, True)
    assert not list(tmp_path.iterdir())
