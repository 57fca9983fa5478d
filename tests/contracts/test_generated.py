"""What is made from the code is committed as the code has it, and what was released is never written over."""

from pathlib import Path

import pytest

from tests.contracts import generated, stored_events

ASSIGNED = "area.assigned.1.json"


def test_what_is_made_from_the_code_is_committed():
    """Else: `make contracts`, and look at what others will see change."""
    outdated = [str(file.relative_to(generated.ROOT)) for file in generated.out_of_date()]
    assert outdated == [], "make contracts"


def test_the_target_that_the_tests_name_writes_it():
    makefile = (generated.ROOT / "Makefile").read_text("utf-8")
    assert "\ncontracts: setup ##" in makefile
    assert "$(BIN)/python -m tests.contracts\n" in makefile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One sample and its message are committed here."""
    for kind in (stored_events.STORED, stored_events.GOLDEN):
        (tmp_path / kind).mkdir()
        text = (stored_events.FOLDER / kind / ASSIGNED).read_text("utf-8")
        (tmp_path / kind / ASSIGNED).write_text(text, "utf-8")
    return tmp_path


def test_an_event_without_a_sample_gets_one_and_its_message(folder):
    files = stored_events.missing(folder)
    names = {f"{topic}.1.json" for topic in stored_events.stored_by_services()} - {ASSIGNED}
    assert {file.name for file in files} == names
    assert len(files) == 2 * len(names)
    for file, text in files.items():
        file.write_text(text, "utf-8")
    assert stored_events.missing(folder) == {}
    assert stored_events.altered(folder) == []


def test_a_message_is_written_where_its_sample_has_none(folder):
    golden = folder / stored_events.GOLDEN / ASSIGNED
    released = golden.read_text("utf-8")
    golden.unlink()
    assert stored_events.missing(folder)[golden] == released


def test_a_message_that_was_released_is_refused_and_not_written_over(folder):
    golden = folder / stored_events.GOLDEN / ASSIGNED
    golden.write_text(
        golden.read_text("utf-8").replace("area_assigned.v1", "area_given.v1"), "utf-8"
    )
    with pytest.raises(SystemExit, match=r"area\.assigned\.1\.json\. Events are for ever"):
        generated.ensure_unaltered(folder)
    assert golden not in stored_events.missing(folder)
    assert "area_given.v1" in golden.read_text("utf-8")
