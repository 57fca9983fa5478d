"""Parser of `key=value` arguments for the fields of a command or the parameters of a query."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, TypeAdapter
from siko_contracts.exit_codes import REFUSED
from siko_core.calendar import BERLIN
from siko_core.parsing import parsed
from siko_core.refusals import InvalidCommand

from siko.output import Failure, wrong_usage

WRITTEN = re.compile(
    r"(?:(?P<Y>\d{4})-(?P<M>\d\d)-(?P<D>\d\d)|(?P<d>\d\d?)\.(?P<m>\d\d?)\.(?P<y>\d{4}))"
    r"(?:[T ](?P<time>\d\d?:\d\d(?::\d\d)?))?"
)
"""A day, or a time without an offset, as RFC 3339 or as tables show it: `12.05.2027 10:00`."""
TRUTHS = {"yes": True, "ja": True, "no": False, "nein": False}


def parse(model: type[BaseModel], pairs: Iterable[str]) -> dict[str, Any]:
    """Return the fields: strings verbatim, lists also as `a,b`, days and Berlin times also as tables show them, everything else as JSON.

    A list of objects is also typed field by field, `outcomes.kind=noted outcomes.text=…`: an object ends where a field
    of it comes again. The service validates the values. Raises Failure (exit code 2) if a `=` is missing or a key is
    repeated.
    """
    schema = model.model_json_schema()
    body: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise wrong_usage(f"{pair!r} is no key=value")
        outer, _, inner = name.partition(".")
        if inner and (fields := _fields_within(schema, outer)):
            _enter(body.setdefault(outer, []), inner, _value(fields.get(inner, {}), text), pair)
        elif name in body:
            raise wrong_usage(f"{name} is given twice")
        else:
            body[name] = _value(schema["properties"].get(name, {}), text)
    return body


def _fields_within(schema: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The properties of the objects in the list of this name; empty if it is no such list."""
    items = schema["properties"].get(name, {}).get("items", {})
    definition = schema.get("$defs", {}).get(items.get("$ref", "").rpartition("/")[2], {})
    properties: Mapping[str, Any] = definition.get("properties", {})
    return properties


def _enter(objects: Any, name: str, value: Any, pair: str) -> None:
    """Into the last of the objects, or into a new one where that has the field."""
    if not isinstance(objects, list) or not all(isinstance(each, dict) for each in objects):
        raise wrong_usage(f"{pair!r}: what it belongs to is given as something else already")
    if not objects or name in objects[-1]:
        objects.append({})
    objects[-1][name] = value


def refuse_unknown(model: type[BaseModel], body: Iterable[str]) -> None:
    """Raise Failure (exit code 1, `InvalidCommand`) with each unknown field and the most similar known one."""
    known = [info.alias or name for name, info in model.model_fields.items()]
    unknown = {name: "unknown" + did_you_mean(name, known) for name in body if name not in known}
    if unknown:
        raise Failure(REFUSED, "InvalidCommand", f"known are {', '.join(known)}", unknown)


def ensure_form(model: type[BaseModel], body: Mapping[str, Any], form: str) -> None:
    """Raise Failure (exit code 1, `InvalidCommand`) as the service would, without asking it: a form can be tried
    out by who has no right, and that tells nobody anything but the contract. `form`: the words that show it.
    """
    refuse_unknown(model, body)
    try:
        parsed(TypeAdapter(model), json.dumps(body).encode())
    except InvalidCommand as refusal:
        raise Failure(
            REFUSED, refusal.code, f"{refusal} `{form} --help` lists the fields", refusal.details
        ) from None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean …?`, or an empty string if no known name is similar."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else ""


def _value(schema: Mapping[str, Any], text: str) -> Any:
    options = schema.get("anyOf", [schema])
    types = {option.get("type") for option in options}
    formats = {option.get("format") for option in options}
    if "date-time" in formats or "date" in formats:
        return _written(text, day="date" in formats)
    if "string" in types:
        return text
    if "array" in types and not text.lstrip().startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    if "boolean" in types and text.lower() in TRUTHS:
        return TRUTHS[text.lower()]
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _written(text: str, *, day: bool) -> str:
    """RFC 3339 for a day or a Berlin time; as it is where it is none, or an hour that Berlin has twice or never."""
    found = WRITTEN.fullmatch(text.strip())
    if found is None or bool(found["time"]) is day:
        return text
    year, month, date = (found[name.upper()] or found[name] for name in "ymd")
    written = f"{year}-{month:0>2}-{date:0>2}"
    if day:
        return written
    try:
        moment = datetime.fromisoformat(f"{written}T{found['time']:0>5}").replace(tzinfo=BERLIN)
    except ValueError:
        return text
    if moment.utcoffset() != moment.replace(fold=1).utcoffset():
        return text
    return moment.isoformat()
