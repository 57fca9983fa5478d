"""Three years of all 47 authorities: every verdict rests on evidence, and the same story gives the same answers."""

import asyncio
import json
import random
import sqlite3
from collections import Counter, defaultdict, deque

import pytest
from siko_contracts.events import decode
from siko_contracts.queries.reporting import Compliance
from siko_reporting.store import ReportingStore
from siko_reporting.views import VIEWS, evolve
from siko_reporting.views.base import page

from tests.deployment import databases, deployed
from tests.flow.looking_back import (
    all_views,
    ask,
    auditors_fold,
    compared,
    compliance_at,
    moments,
)

YEARS = (2023, 2024, 2025)
LONGEST_S = 60
STATE = ("demo", "--state", "--year", "2025")


@pytest.fixture(scope="module")
def state(up, tmp_path_factory):
    """The system on which it was played, and what it answered."""
    with up(tmp_path_factory.mktemp("state") / "data") as system:
        yield system, system.json(*STATE, timeout=240)


@pytest.fixture(scope="module")
def matrix(state):
    return {
        (row["kind"], row["authority_id"], row["area"], row["year"]): row
        for row in state[1]["compliance"]
    }


def test_the_state_is_played_in_less_than_a_minute(state):
    assert state[1]["commands"] > 3000
    assert state[1]["seconds"] < LONGEST_S


def test_every_area_and_motorway_authority_has_a_verdict_in_each_year(matrix):
    for year in YEARS:
        areas = {area for kind, _, area, of in matrix if (kind, of) == ("siko", year)}
        on_motorways = {by for kind, by, _, of in matrix if (kind, of) == ("siko_ap", year)}
        assert (len(areas), len(on_motorways)) == (63, 5)


def test_no_verdict_is_without_evidence(matrix):
    assert [key for key, row in matrix.items() if not row["evidence"]] == []


def test_the_story_holds_every_variety(state, matrix):
    verdicts = Counter(row["verdict"] for row in matrix.values())
    assert set(verdicts) == {"FULFILLED", "FULFILLED_WITH_GAPS", "MISSED"}
    assert any(row["recorded_late"] for row in matrix.values())
    assert any(row["nil_reported"] for row in matrix.values())
    assert not any(row["nil_reported"] for row in matrix.values() if row["verdict"] != "MISSED")
    system, _ = state
    conferences = system.json("query", "reporting", "conferences", "limit=1000")["items"]
    assert {c["state"] for c in conferences} == {"PLANNED", "HELD", "CLOSED", "CANCELLED"}
    types = {event["type"] for event in system.replay("scheduler")}
    assert types >= {
        "conference_postponed.v1",
        "conference_rescheduled.v1",
        "conference_corrected.v1",
        "area_released.v1",
    }


def test_topics_needs_and_actions_stand_in_every_state_that_they_can_have(state):
    system, _ = state

    def values(query, *of):
        items = system.json("query", "reporting", query, "limit=1000")["items"]
        return {tuple(item[name] for name in of) for item in items}

    assert values("needs", "state") == {("open",), ("answered",), ("dismissed",)}
    assert values("actions", "state") == {("PROPOSED",), ("AGREED",)}
    assert values("actions", "overdue") == {(True,), (False,)}
    topics = values("situation_topics", "topic_area", "year")
    assert {year for _, year in topics} == set(YEARS)
    assert len({topic_area for topic_area, _ in topics}) == 6


def test_coverage_reaches_the_judge_at_the_moment_at_which_the_list_froze(state):
    system, _ = state
    frozen_at = {
        item["event_id"]: item["recorded_at"]
        for item in system.replay("invitations")
        if item["topic"] == "invitation_list.frozen"
    }
    noted_at = {
        item["event"]["coverage"]["evidence"]: item["recorded_at"]
        for item in system.replay("scheduler")
        if item["topic"] == "obligation.coverage_noted"
    }
    assert len(noted_at) > 100
    assert noted_at == frozen_at


def test_two_runs_of_one_seed_answer_the_same_about_every_moment(state, postgres_server, tmp_path):
    """Also on the other database."""
    system, first = state
    about = moments(system.replay("scheduler"), seed=1)
    expected = ask(system, lambda client: all_views(client, about, seed=2))
    with deployed(tmp_path, databases(postgres_server, "state")) as second:
        assert second.demo("--state") == first["compliance"]
        answered = asyncio.run(second.ask(lambda client: all_views(client, about, seed=2)))
    for moment, here, there in zip(about, expected, answered, strict=True):
        for name, items in here.items():
            assert there[name] == items, (moment, name)
    for name in expected[0].keys() - {"unmatched_replies"}:  # no mail comes back to the state
        assert len({json.dumps(answer[name]) for answer in expected}) > 5, name


def test_the_auditors_fold_agrees_now_and_at_random_past_moments(state):
    system, _ = state
    logs = [system.replay(service) for service in ("scheduler", "invitations")]
    about = [None, *moments(logs[0], seed=3)]
    answered = ask(system, lambda client: compliance_at(client, about))
    fold = auditors_fold()
    for moment, rows in zip(about, answered, strict=True):
        assert compared(list(fold(*logs, moment or ""))) == rows, moment
    assert {row["verdict"] for rows in answered for row in rows} == {
        "FULFILLED",
        "FULFILLED_WITH_GAPS",
        "MISSED",
        "COVERED",
        "AT_RISK",
        "OPEN",
    }


def test_r6_the_area_that_changed_hands_has_two_debtors_in_that_year_alone(matrix):
    shared = {(row["area"], row["year"]) for row in matrix.values() if len(row["debtors"]) > 1}
    [(area, year)] = shared
    assert year == 2024
    owners = [{by for _, by, of, on in matrix if (of, on) == (area, each)} for each in YEARS]
    assert [len(each) for each in owners] == [1, 2, 1]
    assert owners[0] | owners[2] == owners[1]


def test_bodies_that_are_made_up_say_so_and_are_not_verified(state):
    system, _ = state
    rows = system.json("query", "scheduler", "register", "effective_on=2025-06-01")["items"]
    bodies = {row["id"]: row for row in rows if row["fact"] == "body"}
    made_up = {body_id for body_id, row in bodies.items() if "synthetisch" in row["name"]}
    assert {body_id for body_id in bodies if body_id.startswith("synthetic-")} < made_up
    assert not any(bodies[body_id]["verified"] for body_id in made_up)
    assert len(bodies) - len(made_up) == 22


def test_a_repeat_of_the_state_demo_changes_nothing(state):
    system, first = state
    before = system.replay("scheduler")
    assert system.json(*STATE, timeout=240)["compliance"] == first["compliance"]
    assert system.replay("scheduler") == before


def test_the_ruleset_in_force_would_judge_as_it_did(state):
    system, _ = state
    items = system.json("query", "scheduler", "what_if", "ruleset=nrw-2024.1")["items"]
    assert len(items) > 3 * 68
    assert [item for item in items if item["differs"]] == []


def test_the_matrix_is_the_same_after_a_rebuild(state, tmp_path):
    system, _ = state
    with (
        sqlite3.connect(system.folder / "reporting.db") as source,
        sqlite3.connect(tmp_path / "reporting.db") as copy,
    ):
        source.backup(copy)
    store = ReportingStore(f"sqlite:///{tmp_path}/reporting.db")
    try:
        before = store.digest()
        store.rebuild()
        assert store.digest() == before
    finally:
        store.close()


@pytest.mark.parametrize("seed", range(3))
def test_the_matrix_is_the_same_after_shuffling_independent_events(state, seed):
    """Events of different aggregates in any order; those of one stay in theirs."""
    system, played = state
    waiting = defaultdict(deque)
    for told in system.replay("scheduler"):
        event = decode(told["type"], json.dumps(told["contract"]))
        waiting[event.aggregate_id].append(event)
    draw = random.Random(seed)
    turns = [each for each, events in waiting.items() for _ in events]
    draw.shuffle(turns)
    view, documents = VIEWS["compliance"], {}
    for turn in turns:
        evolve(documents, waiting[turn].popleft(), [view])
    rows, _ = page(view, documents.values(), Compliance(limit=10_000), None)
    shuffled = [row | {"days_since_last": None} for row in rows if row["year"] in YEARS]
    expected = [row | {"days_since_last": None} for row in played["compliance"]]
    assert sorted(map(json.dumps, shuffled)) == sorted(map(json.dumps, expected))


def test_what_was_recorded_in_january_counts_and_was_not_known_on_31_december(state, matrix):
    """Held in time, recorded late: FULFILLED now; what was known then is a date that had passed, which covers nothing."""
    system, _ = state
    late = next(row for row in matrix.values() if row["recorded_late"])
    assert late["verdict"].startswith("FULFILLED")
    year = late["year"]
    query = ["query", "reporting", "compliance", f"year={year}", f"kind={late['kind']}"]
    if late["area"]:
        query.append(f"area={late['area']}")
    then = system.json(
        *query, f"authority_id={late['authority_id']}", f"as_of={year}-12-31T12:00:00+01:00"
    )
    [known] = then["items"]
    assert (known["verdict"], known["recorded_late"]) == ("AT_RISK", False)
    assert {"NotOpened", "HeldNotRecorded"} & {gap["code"] for gap in known["gaps"]}
