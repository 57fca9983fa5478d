"""What the recovery rests on: telling an event from its message, and ids that are never given twice."""

import json
from typing import Any

import pytest
from siko_core.follower.tail import PublishedEvent
from siko_core.publishing import to_contract
from siko_core.recovery.compare import is_published_as

from tests.core.batches import NOW
from tests.core.recovery.restored import Service, amend, write
from tests.core.toy import Note

COMMAND_ID = "0192f0c4-0000-7000-8000-000000000002"


def message_of(service: Service, **changed: Any) -> tuple[Any, PublishedEvent]:
    """The first stored event as it is told now, and a message about it with other fields."""
    desk = service.open()
    (stored,) = desk.application.recorder.select_notifications(1, 1)
    event = to_contract({}, desk.application.mapper.to_domain_event(stored))
    type_ = changed.pop("type", event.TYPE)
    body = json.loads(event.model_dump_json()) | changed
    told = {name: value for name, value in body.items() if value != "left out"}
    return event, PublishedEvent(1, 1, type_, json.dumps(told).encode())


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({}, True),
        ({"ruleset": "left out"}, True),
        ({"a_field_of_later": 1}, True),
        ({"type": "recorded.v2", "event": "told otherwise"}, True),
        ({"type": "recorded.v2", "recorded_at": "2025-01-01T08:00:01Z"}, False),
        ({"recorded_at": "2025-01-01T08:00:01Z"}, False),
        ({"event": "toy_note.amended"}, False),
        ({"event_id": "b@1"}, False),
        ({"type": "conference_cancelled.v1"}, False),
    ],
)
async def test_a_message_of_an_earlier_version_still_tells_of_its_event(service, changed, same):
    service.does(write("a"))
    event, told = message_of(service, **changed)
    assert is_published_as(event, told) is same


def test_a_reserved_id_and_those_before_it_are_never_given(open_desk):
    desk = open_desk()
    recorder: Any = desk.application.recorder
    recorder.reserve(5)
    assert desk.send(*write("a"), now=NOW).position == 6
    recorder.reserve(3)
    assert desk.send(*write("b")).position == 7


def test_moved_events_keep_their_order_and_their_aggregates(open_desk):
    desk = open_desk()
    desk.send(*write("a"), now=NOW, command_id=COMMAND_ID)
    for command in (amend("a"), write("b"), amend("a")):
        desk.send(*command)
    recorder: Any = desk.application.recorder
    with recorder.exclusively():
        recorder.move(1, 3, 10)
        recorder.reserve(13)
    again = open_desk()
    assert [n.id for n in recorder.select_notifications(1, 10)] == [4, 11, 12, 13]
    assert again.send(*write("a"), now=NOW, command_id=COMMAND_ID).position == 11
    assert again.application.find(Note, "a").version == 3
    assert again.send(*write("c")).position == 14
