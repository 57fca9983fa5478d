"""Parses requests. Errors name the field and never repeat its value: it may be personal."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from pydantic import TypeAdapter, ValidationError
from siko_contracts.characters import NOT_STORABLE
from siko_contracts.values import as_stored

from siko_core.refusals import InvalidCommand

MOST_BYTES = 1_500_000
"""More than a command needs for the largest event that is stored; parsing holds the event loop for 0.4 s a megabyte."""
MOST_FIELDS = 20
MOST_CHARACTERS = 100
NOT_JSON = "json_invalid"


def parsed(body: TypeAdapter[Any], data: bytes) -> Any:
    """Parse a request's body. Raises InvalidCommand (field -> reason) if it does not match the contract."""
    if len(data) > MOST_BYTES:
        raise InvalidCommand(body=f"at most {MOST_BYTES} bytes")
    try:
        return body.validate_json(data or b"{}")
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        is_json = errors[0]["type"] != NOT_JSON
        reasons = {_field(each["loc"]): each["msg"] for each in errors[:MOST_FIELDS]}
        raise InvalidCommand(**reasons if is_json else _half_characters(data) or reasons) from None


def _half_characters(data: bytes) -> dict[str, str]:
    """Return the fields that hold lone surrogates: pydantic reports those as invalid JSON, without a field."""
    try:
        return dict(islice(_found(json.loads(data), ()), MOST_FIELDS))
    except (ValueError, RecursionError):
        return {}


def _found(value: Any, path: tuple[int | str, ...]) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            try:
                as_stored(value)
            except ValueError as error:
                yield _field(path), str(error)
        case list():
            for index, child in enumerate(value):
                yield from _found(child, (*path, index))
        case dict():
            for name, child in value.items():
                yield from _found(child, (*path, name))


def _field(path: tuple[int | str, ...]) -> str:
    """Return a field's path, sanitised and truncated: the client can have chosen any name."""
    return NOT_STORABLE.sub("?", ".".join(map(str, path)))[:MOST_CHARACTERS] or "body"
