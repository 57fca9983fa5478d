"""Cursors: what a service issues it reads again, and what it cannot have issued is refused by name."""

import pytest
from siko_contracts.values import HIGHEST
from siko_core import cursors
from siko_core.refusals import InvalidCommand

FORMS = [
    (cursors.of_position, cursors.position, 17, "17"),
    (cursors.of_position, cursors.position, HIGHEST, "9223372036854775807"),
    (lambda place: cursors.of_place(*place), cursors.place, ("agenda", 4), "agenda.4"),
    (cursors.of_sort_key, cursors.sort_key, ["2026", "Köln"], "WyIyMDI2IiwiS8O2bG4iXQ=="),
]


@pytest.mark.parametrize(("write", "read", "value", "text"), FORMS)
def test_a_cursor_keeps_its_form_and_is_read_again(write, read, value, text):
    """Clients and `siko dead-letters` keep cursors across a new version of siko."""
    assert write(value) == text
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "cursor"),
    [
        (cursors.position, "-1"),
        (cursors.position, f"{HIGHEST + 1}"),
        (cursors.position, "nothing of ours"),
        (cursors.place, "agenda"),
        (cursors.place, "agenda.x"),
        (cursors.place, "3"),
        (cursors.sort_key, "none of ours"),
        (cursors.sort_key, "e30="),
        (cursors.sort_key, "ä"),
    ],
)
def test_what_no_service_can_have_issued_is_refused_by_name(read, cursor):
    with pytest.raises(InvalidCommand) as refused:
        read(cursor)
    assert refused.value.details == {"cursor": "unknown"}


@pytest.mark.parametrize(
    ("rows", "shown", "cursor"),
    [([], [], None), ([1], [1], None), ([1, 2], [1, 2], None), ([1, 2, 3], [1, 2], "2")],
)
def test_a_page_has_a_cursor_only_if_there_is_more(rows, shown, cursor):
    assert cursors.page(rows, 2, cursors.of_position) == (shown, cursor)
