"""What counts happened in time, and what waits to be entered is named: on the running system, on both databases (ADR 0017)."""

from typing import Any

import pytest

from tests.deployment import databases, deployed, files
from tests.flow import verdicts_story as story
from tests.flow.verdicts_story import (
    CUSTOMS,
    INVITED_AFTERWARDS,
    INVITED_BY_LETTER,
    NEVER_OPENED,
    NOT_ENTERED,
    REMOVED,
    WITHDRAWN,
    WITHOUT_ADMINISTRATION,
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def seen(request, tmp_path_factory) -> dict[str, Any]:
    """What was seen in the year."""
    folder = tmp_path_factory.mktemp("verdicts")
    if request.param == "sqlite":
        urls = files(folder)
    else:
        urls = databases(request.getfixturevalue("postgres_server"), "verdicts")
    with deployed(folder, urls) as system:
        return story.play(system)


def codes(row: dict[str, Any]) -> list[str]:
    return [gap["code"] for gap in row["gaps"]]


def test_r8_who_was_invited_after_the_start_earns_no_credit_and_the_year_stays_missed(seen):
    assert seen[f"before {INVITED_AFTERWARDS}"]["verdict"] == "MISSED"
    row = seen[f"entered {INVITED_AFTERWARDS}"]
    assert row["verdict"] == "MISSED"
    assert set(codes(row)) == {"BodyNotInvited"}
    assert {gap["category"] for gap in row["gaps"]} >= {"administration", "customs"}


def test_r8_a_release_in_time_is_entered_by_the_convenor_with_its_evidence_and_marked(seen):
    assert seen[f"before {INVITED_BY_LETTER}"]["verdict"] == "MISSED"
    row = seen[f"entered {INVITED_BY_LETTER}"]
    assert (row["verdict"], row["gaps"], row["recorded_late"]) == ("FULFILLED", [], True)
    assert seen["no evidence"].code == "InvalidCommand"
    assert seen["no convenor"].code == "NotAuthorised"


def test_r4_a_date_covers_on_its_day_and_nothing_from_the_day_after(seen):
    assert seen[f"on the day {NEVER_OPENED}"]["verdict"] == "COVERED"
    assert codes(seen[f"on the day {NEVER_OPENED}"]) == []
    after = seen[f"the day after {NEVER_OPENED}"]
    assert after["verdict"] == "OPEN"
    assert [(gap["code"], gap["conference_id"]) for gap in after["gaps"]] == [
        ("NotOpened", seen[NEVER_OPENED])
    ]
    threshold = seen[f"after the threshold {NEVER_OPENED}"]
    assert (threshold["verdict"], codes(threshold)) == ("AT_RISK", ["NotOpened"])


def test_r4_a_session_that_was_opened_waits_for_its_record_and_then_fulfils(seen):
    assert seen[f"on the day {NOT_ENTERED}"]["verdict"] == "COVERED"
    after = seen[f"the day after {NOT_ENTERED}"]
    assert (after["verdict"], codes(after)) == ("OPEN", ["HeldNotRecorded"])
    row = seen[f"entered {NOT_ENTERED}"]
    assert (row["verdict"], row["gaps"], row["recorded_late"]) == ("FULFILLED", [], False)


def test_r8_each_gap_is_accepted_by_itself(seen):
    assert seen["everything at once"].code == "InvalidCommand"
    refusal = seen["another gap"]
    assert refusal.code == "GapNotAccepted"
    assert [gap["category"] for gap in refusal.details["gaps"]] == ["administration"]


def test_r3_an_area_that_will_not_count_is_named_before_at_and_after_the_release(seen):
    for answer in (seen["checked"], seen["released"]):
        found = {(finding.code, finding.area) for finding in answer.findings}
        assert ("WillNotCount", WITHOUT_ADMINISTRATION) in found
    row = seen[f"released {WITHOUT_ADMINISTRATION}"]
    assert (row["verdict"], codes(row)) == ("COVERED", ["WillNotCount"])


@pytest.mark.parametrize("area", [WITHDRAWN, REMOVED])
def test_r8_a_mandatory_body_that_leaves_after_the_release_asks_the_convenor_again(seen, area):
    assert seen[f"unchecked {area}"].code == "NotChecked"
    refusal = seen[f"not accepted {area}"]
    assert refusal.code == "GapNotAccepted"
    assert [gap["body_id"] for gap in refusal.details["gaps"]] == [CUSTOMS]
    row = seen[f"held {area}"]
    assert row["verdict"] == "FULFILLED_WITH_GAPS"
    assert [(gap["code"], gap["body_id"]) for gap in row["gaps"]] == [("BodyNotInvited", CUSTOMS)]
