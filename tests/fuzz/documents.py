"""Documents as the contracts ask for them, drawn by seed from the models' own JSON Schemas."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any
from uuid import UUID

from pydantic import BaseModel

LEFT_OUT = {
    "effective_at": 0.95,
    "expected_version": 0.9,
    "as_of": 0.8,
    "effective_on": 0.8,
    "at_least": 0.8,
    "cursor": 0.9,
}
MOSTLY = 0.6
"""How often a field is left out that need not be there."""
FROM_POOL = 0.9
WORDS = (
    "Köln", "Straße 1a", "Gemeinsames Lagebild", "Einsatz – Übung „Nord“", "x", "東京", "Łódź", "e\u0301", "Müller & Söhne",
)  # fmt: skip
DAYS_AROUND = 200


class Raw(str):
    """JSON that stands as it is, right or wrong."""

    __slots__ = ()


@dataclass(frozen=True)
class Pools:
    """Values that mean something to the system, by the name of the field that takes them."""

    values: Mapping[str, Sequence[str]]
    now: datetime

    def of(self, field: str) -> Sequence[str]:
        return self.values.get(field, ())


@cache
def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


class Documents:
    """Of one seed; the same calls draw the same documents."""

    def __init__(self, random: Random, pools: Pools) -> None:
        self._random = random
        self._pools = pools

    def draw(self, model: type[BaseModel]) -> dict[str, Any]:
        """One that the model mostly accepts."""
        return self._object(schema_of(model), schema_of(model).get("$defs", {}))

    def _object(self, schema: Mapping[str, Any], defs: Mapping[str, Any]) -> dict[str, Any]:
        required = schema.get("required", ())
        return {
            name: self._value(inner, defs, name)
            for name, inner in schema["properties"].items()
            if name in required or self._random.random() > LEFT_OUT.get(name, MOSTLY)
        }

    def _value(self, schema: Mapping[str, Any], defs: Mapping[str, Any], field: str) -> Any:
        if "$ref" in schema:
            schema = defs[schema["$ref"].rpartition("/")[2]]
        if "anyOf" in schema:
            return self._value(self._random.choice(schema["anyOf"]), defs, field)
        if options := schema.get("enum"):
            return self._random.choice(options)
        match schema.get("type"):
            case "array":
                return [self._value(schema["items"], defs, field) for _ in range(self._few())]
            case "object" if "properties" in schema:
                return self._object(schema, defs)
        return self._plain(schema, field)

    def _plain(self, schema: Mapping[str, Any], field: str) -> Any:
        match schema.get("type"):
            case "boolean":
                return self._random.random() < 0.5
            case "integer":
                return self._integer(schema, field)
            case "string":
                return self._text(schema, field)
            case "object":  # positions, by their producers
                producer = self._random.choice(("scheduler", "invitations", "agenda"))
                return {producer: self._random.randint(0, 50)}
        return None

    def _few(self) -> int:
        return self._random.choice((0, 1, 1, 2, 3, 8))

    def _integer(self, schema: Mapping[str, Any], field: str) -> int:
        if field == "year":
            return self._random.randint(2023, 2027)
        low, high = int(schema.get("minimum", -1)), int(schema.get("maximum", 2**40))
        return self._random.choice((low, high, self._random.randint(low, min(high, low + 20))))

    def _text(self, schema: Mapping[str, Any], field: str) -> str:
        pool = schema.get("examples") or self._pools.of(field)
        if pool and self._random.random() < FROM_POOL:
            return self._random.choice(pool)
        match schema.get("format"):
            case "date-time":
                return self._moment()
            case "date":
                return self._moment()[:10]
        pattern = str(schema.get("pattern", ""))
        some = (
            f"some-code-{self._random.randint(1, 9)}",
            f"some_code_{self._random.randint(1, 9)}",
            f"202{self._random.randint(4, 7)}-0{self._random.randint(1, 9)}",
            self.fresh_id(),
        )
        words = [self._random.choice(WORDS)]
        fitting = [each for each in some if pattern and re.match(pattern, each)]
        return (words if not fitting or re.match(pattern, "Ä") else fitting)[0]

    def _moment(self) -> str:
        around = timedelta(minutes=self._random.randint(-DAYS_AROUND * 1440, DAYS_AROUND * 1440))
        moment = self._pools.now + around
        offset = self._random.choice(("Z", "+01:00", "-11:30", "+14:00"))
        return moment.astimezone(UTC).strftime(f"%Y-%m-%dT%H:%M:00{offset}")

    def fresh_id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))


def encoded(document: Any, *, ascii_only: bool) -> bytes:
    """As JSON, with what is `Raw` as it stands."""
    return _encoded(document, ascii_only).encode("utf-8", "surrogatepass")


def _encoded(value: Any, ascii_only: bool) -> str:
    match value:
        case Raw():
            return str(value)
        case dict():
            members = (
                f"{_encoded(name, ascii_only)}:{_encoded(each, ascii_only)}"
                for name, each in value.items()
            )
            return f"{{{','.join(members)}}}"
        case list():
            return f"[{','.join(_encoded(each, ascii_only) for each in value)}]"
    return json.dumps(value, ensure_ascii=ascii_only)
