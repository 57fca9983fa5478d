"""What a position holds in the store beside what was published there: a pure comparison, kind by kind."""

import json
from dataclasses import replace
from typing import Any

import pytest
from siko_core.broker.published import Foreign, Published, Reading
from siko_core.comparison.differences import Stored, differences, end_of
from siko_core.relay.message import Message, message_of

MOMENT = "2025-03-12T09:00:00Z"


def body(position: int, **fields: Any) -> dict[str, Any]:
    return {
        "event_id": f"c{position}@1",
        "aggregate_id": f"c{position}",
        "aggregate_version": 1,
        "authority_id": "pp-koeln",
        "effective_at": MOMENT,
        "recorded_at": MOMENT,
        "actor": {"function": "secretariat", "body_id": "pp-koeln"},
        "ruleset": None,
        "conference_id": f"c{position}",
    } | fields


def message(
    position: int,
    type_: str = "conference_held.v1",
    previous: int = 0,
    traceparent: str | None = None,
    epoch: str | None = None,
    **fields: Any,
) -> Message:
    told = body(position, **fields)
    return message_of(
        "scheduler",
        type_,
        json.dumps(told).encode(),
        position=position,
        previous=previous,
        epoch=epoch,
        aggregate_id=told["aggregate_id"],
        authority_id=told["authority_id"],
        recorded_at=told["recorded_at"],
        correlation_id=None,
        traceparent=traceparent,
    )


def stored(position: int, told: Message | None = None) -> Stored:
    return Stored(position, f"c{position}@1", told or message(position))


def published(position: int, follows: int, told: Message | None = None) -> Published:
    told = told or message(position, previous=follows)
    extra = {"Nats-Expected-Last-Sequence": "7"}
    return Published(position, position, follows, told.subject, told.headers | extra, told.body)


def compared(
    rows: list[Stored], there: list[Published], lost: list[tuple[int, int]] | None = None
) -> list[tuple[int, str, tuple[str, ...]]]:
    found = differences(rows, Reading(there), lost or [], after=0, end=99)
    return [(item.position, item.code, item.fields) for item in found]


def test_what_is_the_same_is_no_difference_whatever_the_publisher_adds():
    assert compared([stored(1), stored(4)], [published(1, 0), published(4, 1)]) == []


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"conference_id": "other"}, ("conference_id",)),
        ({"recorded_at": "2025-03-13T09:00:00Z"}, ("recorded_at",)),
        ({"authority_id": "pp-bonn"}, ("authority_id",)),
        ({"aggregate_id": "c2", "event_id": "c2@1"}, ("aggregate_id", "event_id")),
        ({"ruleset": "nrw-2024.1"}, ("ruleset",)),
        ({"type_": "conference_opened.v1"}, ("type",)),
        ({"traceparent": "00-0-0-01"}, ("traceparent",)),
        ({"actor": {"function": "convenor", "body_id": "pp-koeln"}}, ("actor",)),
    ],
)
def test_what_differs_is_named_by_its_field_once(changed, fields):
    for here, there in ((message(1, **changed), None), (None, message(1, **changed))):
        assert compared([stored(1, here)], [published(1, 0, there)]) == [(1, "Changed", fields)]


def test_a_field_that_was_added_since_is_no_difference():
    assert compared([stored(1, message(1, place="Köln"))], [published(1, 0)]) == []


def test_of_another_version_what_every_event_carries_is_compared():
    newer = message(1, "conference_held.v2", conference_id="named otherwise")
    assert compared([stored(1, newer)], [published(1, 0)]) == []
    newer = message(1, "conference_held.v2", effective_at="2024-01-01T09:00:00Z")
    assert compared([stored(1, newer)], [published(1, 0)]) == [(1, "Changed", ("effective_at",))]


def test_a_message_that_does_not_follow_the_one_before_it_is_named():
    wrong = published(4, 3, message(4, previous=1))
    assert compared([stored(4)], [wrong]) == [(4, "Changed", ("Siko-Previous",))]


def test_another_epoch_is_named_and_one_that_is_missing_since_before_there_were_any_is_not():
    here = stored(1, message(1, epoch="E2"))
    assert compared([here], [published(1, 0, message(1, epoch="E2"))]) == []
    assert compared([here], [published(1, 0, message(1))]) == []
    wrong = published(1, 0, message(1, epoch="E1"))
    assert compared([here], [wrong]) == [(1, "Changed", ("Siko-Epoch",))]


def test_a_body_that_is_no_json_is_named():
    wrong = replace(published(1, 0), body=b"\xff")
    assert compared([stored(1)], [wrong]) == [(1, "Changed", ("event_id",))]


def test_what_only_one_of_them_has_is_told_apart():
    assert compared([stored(2)], [published(1, 0), published(3, 1)]) == [
        (1, "NotStored", ()),
        (2, "NotPublished", ()),
        (3, "NotStored", ()),
    ]


def test_what_is_lost_is_expected_on_the_stream_only():
    assert compared([stored(1)], [published(1, 0), published(2, 1)], [(2, 3)]) == []
    assert compared([stored(2)], [published(2, 0)], [(2, 3)]) == [(2, "Withdrawn", ())]


def test_a_row_that_is_no_event_is_not_compared_and_still_counts_as_stored():
    assert compared([Stored(1, "c1@1", None)], [published(1, 0)]) == []


def test_a_message_that_is_no_event_is_named_behind_the_one_before_it_and_once():
    reading = Reading([published(1, 0), published(2, 1)], [Foreign(2, 1), Foreign(4, 2)])
    rows = [stored(1), stored(2)]
    first = differences(rows, replace(reading, is_end=False), [], after=0, end=1)
    second = differences(rows, reading, [], after=1, end=2)
    assert [(i.position, i.code, i.fields) for i in (*first, *second)] == [
        (1, "Foreign", ("sequence 2",)),
        (2, "Foreign", ("sequence 4",)),
    ]


@pytest.mark.parametrize(
    ("here", "there", "end"),
    [
        ([1, 2, 3], [1, 2, 3], 3),
        ([1, 2, 3], [1, 2], 2),
        ([], [1, 2], 2),
        ([1, 2], [], 0),
        ([1, 2, 3], [1, 5, 6], 3),
        ([1, 5], [1, 2, 3], 3),
    ],
    ids=["alike", "on its way", "gone", "nothing published", "page ends", "stream's page ends"],
)
def test_pages_are_compared_as_far_as_both_are_known(here, there, end):
    reading = Reading([published(position, 0) for position in there])
    assert end_of(0, here, reading, 3) == end
