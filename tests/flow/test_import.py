"""The reference data in a running system: a repeat changes nothing, a changed file shows the difference first."""

import shutil
from importlib.resources import files

import pytest

NRW = files("siko.import_nrw") / "data"


@pytest.fixture(scope="module")
def imported(up, tmp_path_factory):
    folder = tmp_path_factory.mktemp("imported")
    with up(folder / "data") as system:
        assert system.siko("import", "nrw").returncode == 0
        yield system


def states(plan):
    return {each["state"] for each in plan["commands"]}


def changed_files(folder):
    """A body is led by another function, an area has another authority, and one is new."""
    shutil.copytree(str(NRW), folder)
    for file, old, new in (
        ("bodies-koeln-leverkusen.csv", "Köln|Leverkusen,DIRECT,,Präsidentin oder Präsident", "Köln|Leverkusen,DIRECT,,Vizepräsident"),
        ("areas.csv", "pp-essen,Mülheim an der Ruhr,yes", "pp-oberhausen,Mülheim an der Ruhr,yes\npp-essen,Neustadt,yes"),
    ):  # fmt: skip
        text = (folder / file).read_text("utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), "utf-8")
    return folder


def test_a_second_run_changes_nothing(imported):
    before = imported.replay("scheduler")
    assert states(imported.json("import", "nrw", "--plan")) == {"unchanged"}
    rows = imported.json("import", "nrw")["imported"]
    assert sum(row["unchanged"] for row in rows) == 137
    assert sum(row["new"] + row["changed"] for row in rows) == 0
    assert imported.replay("scheduler") == before


def test_a_changed_file_shows_the_difference_then_changes_what_can_be_changed(imported, tmp_path):
    folder = str(changed_files(tmp_path / "nrw"))
    before = imported.replay("scheduler")
    planned = imported.json("import", "nrw", folder, "--plan")["commands"]
    assert imported.replay("scheduler") == before
    new = [each["body"]["area"] for each in planned if each["state"] == "new"]
    assert new == ["Neustadt"]
    differences = {
        each["body"].get("body_id") or each["body"]["area"]: each["differences"]
        for each in planned
        if each["state"] == "different"
    }
    assert differences == {
        "lg-koeln": {"leadership_function": ["Präsidentin oder Präsident", "Vizepräsident"]},
        "Mülheim an der Ruhr": {"authority_id": ["pp-essen", "pp-oberhausen"]},
    }

    report = imported.json("import", "nrw", folder)

    assert report["different"] == ["assign_area Mülheim an der Ruhr"]
    rows = {row["kind"]: row for row in report["imported"]}
    assert (rows["areas"]["new"], rows["bodies"]["changed"]) == (1, 1)
    [court] = imported.json("query", "scheduler", "register", "body_id=lg-koeln")["items"]
    assert court["function"] == "Vizepräsident"
    again = imported.json("import", "nrw", folder, "--plan")["commands"]
    assert [e["state"] for e in again if e["state"] != "unchanged"] == ["different"]


def test_days_are_asked_for_on_the_command_line(imported):
    items = imported.json(
        "query",
        "scheduler",
        "free_days",
        "authority_id=pp-koeln",
        "from=2027-05-01",
        "to=2027-05-09",
    )["items"]
    assert [item["day"] for item in items if item["suits"]] == [
        "2027-05-03",
        "2027-05-04",
        "2027-05-05",
        "2027-05-07",
    ]


def test_without_a_system_a_plan_is_compared_with_nothing_and_says_so(imported, tmp_path):
    nowhere = type(imported)(tmp_path)
    done = nowhere.siko("import", "nrw", "--plan")
    assert done.returncode == 0
    assert "empty register" in done.stderr
    assert "137 new" in done.stdout
