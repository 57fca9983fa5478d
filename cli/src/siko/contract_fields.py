"""The fields of a command or query as people fill them in, read from its contract."""

import ast
import inspect
import json
import types
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import pairwise
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel
from siko_contracts.commands.base import Effective
from siko_contracts.queries.base import ListQuery
from siko_contracts.values import (
    Area,
    Code,
    Day,
    Id,
    Moment,
    Name,
    NewId,
    Reference,
    Slug,
    Stored,
    Text,
    Written,
)

from siko.german.codes import words_of
from siko.meanings import EXAMPLES, MEANINGS, UUID

NAMED = {
    Id: "id",
    NewId: "UUID",
    Reference: "UUID",
    Stored: "stored id",
    Slug: "code",
    Code: "code",
    Area: "area",
    Name: "line",
    Text: "text",
    Moment: "time",
    Written: "time",
    Day: "day",
}
PLAIN = {str: "line", int: "number", bool: "yes or no", date: "day", datetime: "time"}
BY_TYPE = {
    "id": UUID,
    "stored id": "scheduler.17",
    "UUID": UUID,
    "time": "2027-03-10T09:00:00+01:00",
    "day": "2027-03-10",
    "number": "1",
    "yes or no": "true",
}
TRUTH = {"true": "yes", "false": "no"}
SEALED = "Sealed."
ONE_OF_TWO = {"LettersCommand": "id", "GapAcceptance": "category"}
"""Contracts that want one of two fields -> the one that is in their example."""
COMMON = {*Effective.model_fields, *ListQuery.model_fields}
"""Fields that every command or query has."""


@dataclass(frozen=True)
class Field:
    """A field; `words`: the only ones that it takes; `inner`: the fields of the object that it holds."""

    name: str
    type: str
    is_list: bool
    required: bool
    meaning: str
    words: tuple[str, ...]
    inner: tuple["Field", ...] = ()
    in_example: bool = False

    @property
    def example(self) -> str:
        """As it is typed behind `name=`."""
        if self.inner:
            return json.dumps(self.value(), ensure_ascii=False)
        if self.words:
            return self.words[0]
        return EXAMPLES.get(self.name) or BY_TYPE.get(self.type, "Text")

    def value(self) -> Any:
        """Return the example as an object holds it."""
        if not self.inner:
            return self.example
        one = {field.name: field.value() for field in self.inner if field.in_example}
        return [one] if self.is_list else one

    def nested(self, path: str = "") -> Iterator[tuple[str, "Field"]]:
        """Yield the field and those within it, each as it is typed: `outcomes.kind`."""
        yield path + self.name, self
        for field in self.inner:
            yield from field.nested(f"{path}{self.name}.")

    def pairs(self) -> Iterator[str]:
        """Yield the example as it is typed."""
        if not self.inner:
            yield f"{self.name}={self.example}"
        for field in self.inner:
            if field.in_example:
                yield from (f"{self.name}.{pair}" for pair in field.pairs())


@cache
def fields_of(model: type[BaseModel], about: str = "") -> tuple[Field, ...]:
    """The required fields, then the command's own, then those of every command; `about`: the query, whose states have names."""
    hints = get_type_hints(model, include_extras=True)
    said = _docstrings(model)
    also = {ONE_OF_TWO.get(cls.__name__) for cls in model.__mro__}
    found = []
    for name, info in model.model_fields.items():
        shown = info.alias or name
        type_, is_list, words, inner = _type(hints[name])
        found.append(
            Field(
                shown,
                type_,
                is_list,
                info.is_required(),
                _meaning(shown, info.description or said.get(name)),
                words
                or tuple(info.examples or ())
                or tuple(words_of(name, about) if name == "state" else ()),
                inner,
                info.is_required() or name in also,
            )
        )
    return tuple(sorted(found, key=lambda field: (not field.required, field.name in COMMON)))


def example_of(model: type[BaseModel], about: str = "") -> list[str]:
    """`key=value` for as many fields as make a request of the right form."""
    return [pair for field in fields_of(model, about) if field.in_example for pair in field.pairs()]


def _type(  # noqa: PLR0911 - one return a kind of type
    hint: Any,
) -> tuple[str, bool, tuple[str, ...], tuple[Field, ...]]:
    """Name of the type, whether it is a list of it, the words that it takes, and the fields of its objects."""
    if hint in NAMED:
        return NAMED[hint], False, (), ()
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return _type(next(each for each in arguments if each is not type(None)))
    if origin is Literal:
        return "word", False, arguments, ()
    if origin is tuple:
        type_, _, words, inner = _type(arguments[0])
        return type_, True, words, inner
    if hasattr(hint, "__metadata__"):
        type_, is_list, words, inner = _type(hint.__origin__)
        examples = [
            word for each in hint.__metadata__ for word in getattr(each, "examples", ()) or ()
        ]
        return type_, is_list, words or tuple(examples), inner
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return "object", False, (), fields_of(hint)
    return PLAIN.get(hint, "object"), False, (), ()


def _meaning(name: str, said: str | None) -> str:
    known = MEANINGS.get(name, "")
    if said and said != SEALED:
        return " ".join(said.split())
    return f"{known}. {SEALED}" if said else known


@cache
def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Field -> the string below it in the class, or in the class that it inherits the field from."""
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if not cls.__module__.startswith("siko_contracts"):
            continue
        (node,) = ast.parse(inspect.getsource(cls)).body
        lines = node.body if isinstance(node, ast.ClassDef) else []
        for field, below in pairwise(lines):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                match below:
                    case ast.Expr(value=ast.Constant(value=str(text))):
                        found[field.target.id] = text
                    case _:
                        found.pop(field.target.id, None)
    return found
