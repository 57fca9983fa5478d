"""Texts beside the ids of a view's rows: which text stands in which cell, and no column without one."""

from typing import Any

from siko.texts import COLUMNS, join
from siko_contracts.queries import QUERIES, reporting
from siko_contracts.queries.texts import TextItem
from siko_contracts.values import Outcome

TOPIC, ACTION, CONFERENCE = "t1", "a1", "c1"


def text(id_: str, fact: str, field: str, words: str, **fields: Any) -> dict[str, Any]:
    item = TextItem(
        id=id_, fact=fact, field=field, text=words, effective_at="2025-03-03T09:00:00Z", **fields
    )
    return item.model_dump(mode="json")


SUBMITTED = text(TOPIC, "topic_submission.submitted", "title", "Ebertplatz")
PROPOSED = text(ACTION, "action.proposed", "title", "Streifen")


def test_the_file_of_a_conference_has_titles_reasons_outcomes_and_comments_in_its_tables():
    file = {
        "conference_id": CONFERENCE,
        "agenda": [{"topic_id": TOPIC, "state": "RETURNED"}, {"topic_id": "t2", "state": "PLACED"}],
        "outcomes": [{"topic_id": TOPIC, "kind": "noted", "refers_to": None}],
        "actions": [{"action_id": ACTION, "state": "AGREED"}],
        "invitations": [
            {"conference_id": CONFERENCE, "body_id": "stadt-koeln", "answer": "ACCEPTED"},
            {"conference_id": CONFERENCE, "body_id": "sta-koeln", "answer": "DEPUTY_NAMED"},
        ],
    }
    of = {"conference_id": CONFERENCE}
    [joined] = join(
        "conference",
        [file],
        [
            SUBMITTED,
            PROPOSED,
            text(TOPIC, "topic_submission.returned", "reason", "Zu ungenau"),
            text(
                TOPIC, "topic_submission.discussed", "outcomes.text", "Zur Kenntnis", kind="noted"
            ),
            text(TOPIC, "topic_submission.discussed", "outcomes.text", "Streifen", kind="action"),
            text(CONFERENCE, "invitation.declined", "comment", "Nein", body_id="stadt-koeln", **of),
            text(CONFERENCE, "invitation.accepted", "comment", "Ja", body_id="stadt-koeln", **of),
            text(
                CONFERENCE, "invitation.deputy_named", "name", "Muster", body_id="sta-koeln", **of
            ),
        ],
    )
    first, second = joined["agenda"]
    assert list(first.items())[:3] == [
        ("topic_id", TOPIC),
        ("title", "Ebertplatz"),
        ("reason", "Zu ungenau"),
    ]
    assert (second["title"], second["reason"]) == (None, None)
    assert joined["outcomes"][0]["text"] == "Zur Kenntnis"
    assert joined["actions"][0]["title"] == "Streifen"
    assert [(row["comment"], row["deputy"]) for row in joined["invitations"]] == [
        ("Ja", None),
        (None, "Muster"),
    ]


def test_the_latest_text_stands_there_and_of_outcomes_of_one_kind_all():
    rows = [{"topic_id": TOPIC, "state": "DEFERRED"}]
    deferred = [text(TOPIC, "topic_submission.deferred", "reason", each) for each in ("A", "B")]
    assert join("agenda", rows, deferred)[0]["reason"] == "B"
    outcomes = [
        text(TOPIC, "topic_submission.discussed", "outcomes.text", each, kind="noted")
        for each in ("A", "B")
    ]
    assert join("outcomes", [{"topic_id": TOPIC, "kind": "noted"}], outcomes)[0]["text"] == "A / B"


def test_a_nil_reports_reason_stands_beside_its_year_and_no_other():
    row = {"authority_id": "pp-koeln", "kind": "siko", "area": "Köln", "nil_reported": True}
    rows = [row | {"year": 2024}, row | {"year": 2025}]
    of = {"kind": "siko", "area": "Köln", "year": 2024}
    reason = text("pp-koeln", "obligation.nil_report_recorded", "reason", "Personal", **of)
    assert [each["reason"] for each in join("compliance", rows, [reason])] == ["Personal", None]


def test_without_a_text_there_is_no_column():
    rows = [{"topic_id": TOPIC, "state": "PLACED"}]
    assert join("agenda", rows, []) == rows
    assert join("situation_topics", rows, [SUBMITTED]) == rows


def test_columns_are_about_fields_that_the_rows_have_and_facts_that_services_store():
    items = {
        "agenda": reporting.AgendaItem,
        "outcomes": reporting.OutcomeItem,
        **{name: query.ITEM for name, query in QUERIES["reporting"].items()},
    }
    assert issubclass(reporting.OutcomeItem, Outcome)
    for view, columns in COLUMNS.items():
        for column in columns:
            fields = {*items[view].model_fields}
            assert {column.key, *column.same} <= fields, view
            assert column.name not in fields, view
            assert "texts" in QUERIES[column.service]
