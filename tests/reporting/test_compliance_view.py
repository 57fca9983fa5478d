"""Compliance copies the judge's verdicts; it computes none."""

from datetime import date

import pytest
from siko_contracts.events.scheduler import NilReportRecorded, ObligationJudged
from siko_contracts.values import Debtor, Finding

OBLIGATION = {
    "aggregate": "obligation:siko:Köln:2025",
    "kind": "siko",
    "area": "Köln",
    "year": 2025,
    "debtors": (Debtor(authority_id="pp-koeln", from_=date(2025, 1, 1)),),
    "ruleset": "nrw-2024.1",
}


@pytest.fixture
def fulfilled(happened):
    return happened(
        ObligationJudged,
        "2025-03-10",
        **OBLIGATION,
        version=2,
        verdict="FULFILLED_WITH_GAPS",
        gaps=(Finding(code="NoBodyRegistered", rule="R8", area="Köln", category="customs"),),
        evidence=("joint@4",),
        recorded_late=True,
        last_held_on="2025-03-10",
    )


def test_the_latest_verdict_of_an_obligation_shows_with_gaps_and_evidence(
    happened, items, fulfilled
):
    covered = happened(
        ObligationJudged, "2025-01-10", **OBLIGATION, verdict="COVERED", evidence=("joint@1",)
    )
    assert items("compliance", [covered, fulfilled], today=date(2025, 3, 30)) == [
        {
            "authority_id": "pp-koeln",
            "area": "Köln",
            "year": 2025,
            "kind": "siko",
            "verdict": "FULFILLED_WITH_GAPS",
            "gaps": [
                {
                    "code": "NoBodyRegistered",
                    "rule": "R8",
                    "area": "Köln",
                    "category": "customs",
                    "body_id": None,
                    "conference_id": None,
                }
            ],
            "evidence": ["joint@4"],
            "ruleset": "nrw-2024.1",
            "recorded_late": True,
            "debtors": [{"authority_id": "pp-koeln", "from": "2025-01-01", "to": None}],
            "days_since_last": 20,
            "nil_reported": False,
        }
    ]


def test_r7_a_nil_report_stands_beside_the_verdict_and_stays_with_later_ones(happened, items):
    missed = happened(ObligationJudged, "2026-01-01", **OBLIGATION, verdict="MISSED", evidence=())
    report = happened(
        NilReportRecorded,
        "2026-02-01",
        aggregate=OBLIGATION["aggregate"],
        kind="siko",
        area="Köln",
        year=2025,
    )
    late = happened(ObligationJudged, "2026-03-01", **OBLIGATION, verdict="FULFILLED", evidence=())

    shown = [
        (row["verdict"], row["nil_reported"])
        for events in ([missed], [missed, report], [missed, report, late])
        for row in items("compliance", events)
    ]
    assert shown == [("MISSED", False), ("MISSED", True), ("FULFILLED", True)]
    assert items("compliance", [report]) == []


def test_r6_a_transferred_obligation_shows_a_row_a_debtor(happened, items):
    shared = OBLIGATION | {
        "debtors": (
            Debtor(authority_id="pp-koeln", from_=date(2025, 1, 1), to=date(2025, 4, 30)),
            Debtor(authority_id="pp-bonn", from_=date(2025, 5, 1), to=date(2025, 8, 31)),
            Debtor(authority_id="pp-koeln", from_=date(2025, 9, 1)),
        )
    }
    judged = happened(ObligationJudged, "2025-09-01", **shared, verdict="OPEN", evidence=())
    rows = items("compliance", [judged])
    assert [row["authority_id"] for row in rows] == ["pp-bonn", "pp-koeln"]
    assert rows[0]["debtors"] == rows[1]["debtors"]
    assert len(rows[0]["debtors"]) == 3
    assert items("compliance", [judged], authority_id="pp-bonn") == rows[:1]


def test_r33_a_motorway_obligation_is_the_authoritys_and_has_no_area(happened, items):
    motorway = OBLIGATION | {
        "aggregate": "obligation:siko_ap:pp-koeln:2025",
        "kind": "siko_ap",
        "area": None,
        "debtors": (),
    }
    judged = happened(ObligationJudged, "2025-01-01", **motorway, verdict="OPEN", evidence=())
    (row,) = items("compliance", [judged])
    assert (row["authority_id"], row["area"], row["kind"]) == ("pp-koeln", None, "siko_ap")


def test_days_since_the_last_conference_need_one_and_a_day_begun(happened, items, fulfilled):
    never = happened(ObligationJudged, "2025-01-01", **OBLIGATION, verdict="OPEN", evidence=())
    assert items("compliance", [never], today=date(2025, 6, 1))[0]["days_since_last"] is None
    assert items("compliance", [fulfilled], today=None)[0]["days_since_last"] is None


def test_a_conference_of_a_day_not_yet_begun_is_no_days_old(items, fulfilled):
    assert items("compliance", [fulfilled], today=date(2025, 3, 9))[0]["days_since_last"] == 0


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [("Köln", 2024), ("Köln", 2025), ("Leverkusen", 2025)]),
        ({"area": "Leverkusen"}, [("Leverkusen", 2025)]),
        ({"year": 2024}, [("Köln", 2024)]),
        ({"kind": "siko_ap"}, []),
        ({"authority_id": "pp-bonn"}, []),
    ],
)
def test_rows_are_sorted_and_are_those_asked_for(happened, items, asked, found):
    judged = [
        happened(
            ObligationJudged,
            "2025-01-01",
            **OBLIGATION
            | {"aggregate": f"obligation:siko:{area}:{year}", "area": area, "year": year},
            verdict="OPEN",
            evidence=(),
        )
        for area, year in (("Leverkusen", 2025), ("Köln", 2025), ("Köln", 2024))
    ]
    rows = items("compliance", judged, **asked)
    assert [(row["area"], row["year"]) for row in rows] == found
