"""Long answers come in pages."""

from datetime import date, timedelta

import pytest
from siko_contracts.events.agenda import ActionProposed
from siko_contracts.queries.reporting import Actions
from siko_core.refusals import InvalidCommand


def proposals(happened, count):
    return [
        happened(
            ActionProposed,
            "2025-03-10",
            action_id=f"action-{index:02}",
            conference_id="joint",
            topic_id="ebertplatz",
            topic_area="spatial_hotspots",
            lead_body_id="stadt-koeln",
            due_on=date(2025, 9, 1) + timedelta(days=index % 3),
        )
        for index in range(count)
    ]


def test_pages_follow_each_other_without_gap_or_repeat(store, happened, feed):
    feed(store, "agenda", proposals(happened, 7))
    whole = store.answer("actions", Actions())
    assert (len(whole.items), whole.cursor) == (7, None)
    paged, cursor = [], None
    for _ in range(3):
        answer = store.answer("actions", Actions(limit=3, cursor=cursor))
        paged += answer.items
        cursor = answer.cursor
    assert paged == whole.items
    assert cursor is None


def test_a_page_goes_on_behind_the_last_one_also_when_rows_came_before_it(store, happened, feed):
    events = proposals(happened, 7)
    feed(store, "agenda", events[1:])
    first = store.answer("actions", Actions(limit=2))
    feed(store, "agenda", events[:1])
    second = store.answer("actions", Actions(cursor=first.cursor))
    seen = [item["action_id"] for item in first.items + second.items]
    assert sorted(seen) == [event.action_id for event in events[1:]]


@pytest.mark.parametrize("cursor", ["none of ours", "e30=", "WzFd", "ä"])
def test_a_cursor_that_is_none_of_ours_is_refused(store, cursor):
    with pytest.raises(InvalidCommand) as refused:
        store.answer("actions", Actions(cursor=cursor))
    assert "cursor" in refused.value.details
