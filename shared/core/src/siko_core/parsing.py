"""Reads what a request holds. What is wrong with it is named by its field, and never repeated: it may be personal."""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError
from siko_contracts.characters import NOT_STORABLE
from siko_contracts.values import HIGHEST, as_stored

from siko_core.refusals import InvalidCommand

MOST_FIELDS = 20
MOST_CHARACTERS = 100
NOT_JSON = "json_invalid"


def parsed(body: TypeAdapter[Any], data: bytes) -> Any:
    """The body of a request; InvalidCommand (field -> reason) where it is not what the contract says."""
    try:
        return body.validate_json(data or b"{}")
    except ValidationError as error:
        (first, *_) = error.errors(include_input=False)
        raise InvalidCommand(
            **(first["type"] == NOT_JSON and _half_characters(data)) or _reasons(error)
        ) from None


def place_of(number: str) -> int:
    """The position in a cursor; InvalidCommand where there is none that a service has ever given."""
    try:
        place = int(number)
    except ValueError:
        place = -1
    if not 0 <= place <= HIGHEST:
        raise InvalidCommand("take the cursor from an answer", cursor="unknown")
    return place


def _reasons(error: ValidationError) -> dict[str, str]:
    """The first ones only: the answer must stay small."""
    return {
        _field(each["loc"]): each["msg"] for each in error.errors(include_input=False)[:MOST_FIELDS]
    }


def _half_characters(data: bytes) -> dict[str, str]:
    """Where lone surrogates stand: pydantic's reader calls them no JSON, and names no field."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return dict(list(_found(document, ()))[:MOST_FIELDS])


def _found(value: Any, path: tuple[int | str, ...]) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            try:
                as_stored(value)
            except ValueError as error:
                yield _field(path), str(error)
        case list():
            for index, each in enumerate(value):
                yield from _found(each, (*path, index))
        case dict():
            for name, each in value.items():
                yield from _found(each, (*path, name))


def _field(path: tuple[int | str, ...]) -> str:
    """Its name may be anything that a client has made up."""
    return NOT_STORABLE.sub("?", ".".join(map(str, path)))[:MOST_CHARACTERS] or "body"
