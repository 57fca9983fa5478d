"""Examples of events and requests, made from their models: every field filled, so that nothing is left to a default."""

import types
import typing
from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Le, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from siko_contracts.commands.operations import LettersCommand

TEXTS = {
    "Id": "0192f0c4-0000-7000-8000-000000000001",
    "Code": "youth_welfare_office",
    "Slug": "pp-koeln",
    "Area": "Köln",
    "Month": "2025-03",
}
BY_PATTERN = {
    "^[0-9a-fA-F]{8}": TEXTS["Id"],
    "^[a-z][a-z0-9_]": TEXTS["Code"],
    "^[a-z0-9]": TEXTS["Slug"],
    "^[0-9]{1,": "17",
    "^2[01]": TEXTS["Month"],
    "^([245]": "5.1.1",
}
"""What a pattern begins with -> a text of its form."""


def example(model: type[BaseModel]) -> dict[str, Any]:
    """Return a JSON document of the model's form, under the names that travel."""
    left_out = {"aggregate_id"} if issubclass(model, LettersCommand) else set()  # either it or `id`
    return {
        info.alias or name: _value(info.annotation, [*info.metadata, info])
        for name, info in model.model_fields.items()
        if name not in left_out
    }


def _value(annotation: Any, metadata: list[Any]) -> Any:  # noqa: PLR0911 - one line a kind of type
    if annotation in {Any, types.NoneType}:
        return None
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _value(arguments[0], [*metadata, *_constraints(arguments[1:])])
    if origin in {typing.Union, types.UnionType}:
        return _value(next(a for a in arguments if a is not types.NoneType), metadata)
    if origin is Literal:
        return arguments[0]
    if origin in {tuple, list}:
        return [_value(arguments[0], [])]
    if origin is dict:
        return {} if arguments[1] is Any else {"scheduler": _value(arguments[1], [])}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return example(annotation)
    return _plain(annotation, metadata)


def _constraints(metadata: tuple[Any, ...]) -> list[Any]:
    """Return what an annotation demands, with what its `Field(…)` demands."""
    return [
        constraint
        for each in metadata
        for constraint in (each.metadata if isinstance(each, FieldInfo) else [each])
    ]


def _plain(annotation: Any, metadata: list[Any]) -> Any:
    if annotation is bool:
        return True
    if annotation is int:
        bounds = [m.ge if isinstance(m, Ge) else m.le for m in metadata if isinstance(m, (Ge, Le))]
        return int(str(bounds[0])) if bounds else 7
    if annotation is str:
        return _text(metadata)
    if annotation is date:
        return "2025-03-10"
    if annotation is datetime or annotation.__name__ == "AwareDatetime":
        return "2025-03-10T08:00:00Z"
    raise NotImplementedError(annotation)


def _text(metadata: list[Any]) -> str:
    """An example of the field's, else of the form that its constraints ask for: a code, a slug, an area, an id or anything."""
    for each in metadata:
        if isinstance(each, FieldInfo) and each.examples:
            return str(each.examples[0])
    patterns = [str(getattr(each, "pattern", None) or "") for each in metadata]
    pattern = next((p for p in patterns if p), "")
    for beginning, text in BY_PATTERN.items():
        if pattern.startswith(beginning):
            return text
    if pattern or any(isinstance(each, MinLen) for each in metadata):
        return TEXTS["Area"]
    return "Text"
