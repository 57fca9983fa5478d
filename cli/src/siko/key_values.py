"""Parser of `key=value` arguments for the fields of a command or the parameters of a query."""

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, TypeAdapter
from siko_contracts.exit_codes import REFUSED
from siko_core.parsing import parsed
from siko_core.refusals import InvalidCommand

from siko.output import Failure, wrong_usage


def parse(model: type[BaseModel], pairs: Iterable[str]) -> dict[str, Any]:
    """Return the fields: strings verbatim, lists also as `a,b`, everything else as JSON.

    The service validates the values. Raises Failure (exit code 2) if a `=` is missing or a key is repeated.
    """
    properties = model.model_json_schema()["properties"]
    body: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise wrong_usage(f"{pair!r} is no key=value")
        if name in body:
            raise wrong_usage(f"{name} is given twice")
        body[name] = _value(properties.get(name, {}), text)
    return body


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
    if "string" in types:
        return text
    if "array" in types and not text.lstrip().startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
