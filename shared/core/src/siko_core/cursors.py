"""Cursors: where the next page of a query begins, as a text that clients hand back unread."""

import base64
from collections.abc import Callable, Sequence
from typing import NoReturn, TypeVar

from pydantic import TypeAdapter
from siko_contracts.values import HIGHEST

from siko_core.refusals import InvalidCommand

R = TypeVar("R")
_SORT_KEY = TypeAdapter(list[str])


def page(
    rows: Sequence[R], limit: int, cursor: Callable[[R], str]
) -> tuple[Sequence[R], str | None]:
    """Return the first `limit` rows, and the cursor of the last of them if there are more."""
    shown = rows[:limit]
    return shown, cursor(shown[-1]) if len(rows) > len(shown) else None


def of_position(position: int) -> str:
    return str(position)


def position(cursor: str) -> int:
    """Raises InvalidCommand if no service can have issued the cursor, as all functions here that read one."""
    try:
        number = int(cursor)
    except ValueError:
        _refuse()
    if not 0 <= number <= HIGHEST:
        _refuse()
    return number


def of_place(producer: str, position: int) -> str:
    return f"{producer}.{position}"


def place(cursor: str) -> tuple[str, int]:
    """Return producer and position."""
    producer, _, number = cursor.partition(".")
    return producer, position(number)


def of_sort_key(values: list[str]) -> str:
    return base64.urlsafe_b64encode(_SORT_KEY.dump_json(values)).decode()


def sort_key(cursor: str) -> list[str]:
    """Return the values that sort the last row of the page before."""
    try:
        return _SORT_KEY.validate_json(base64.urlsafe_b64decode(cursor.encode()))
    except ValueError:
        _refuse()


def _refuse() -> NoReturn:
    raise InvalidCommand("take the cursor from an answer", cursor="unknown") from None
