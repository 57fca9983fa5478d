"""Snapshots of long aggregates, so that they need not be folded from the first event: a cache, never the record.

A snapshot is valid only for the code that took it (`form_of`): other code folds the events, and takes its own.
"""

import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

EVERY = 100
"""Number of events between snapshots; folding as many takes about a millisecond."""
PENDING = "_pending_events"
OF_CORE = (
    "siko_core.eventsourced.aggregates",
    "siko_core.sealed",
    "siko_contracts.values",
    __name__,
)
CONTAINERS: dict[str, Callable[[Any], Any]] = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "dict": dict,
}
MOMENTS: dict[str, Any] = {"datetime": datetime, "date": date}
SCALARS = (str, int, float, bool, type(None))


class Snapshot(NamedTuple):
    """A snapshot as it is stored."""

    originator_id: str
    originator_version: int
    form: str
    state: str


@cache
def form_of(package: str) -> str:
    """Hash of the code that folds: this package, the modules of core that take part, and the library's version."""
    names = [name for name in sys.modules if name == package or name.startswith(f"{package}.")]
    sources = [getattr(sys.modules[name], "__file__", None) for name in (*names, *OF_CORE)]
    digest = hashlib.sha256(version("eventsourcing").encode())
    for source in sorted({source for source in sources if source}):
        digest.update(Path(source).read_bytes())
    return digest.hexdigest()


def taken(aggregate: Any, form: str) -> Snapshot:
    """Take a snapshot. Raises TypeError if the state holds a value that a snapshot cannot."""
    state = {name: value for name, value in vars(aggregate).items() if name != PENDING}
    text = json.dumps([_path(type(aggregate)), _closed(state)], ensure_ascii=False)
    return Snapshot(aggregate.id, aggregate.version, form, text)


def opened(snapshot: Snapshot) -> Any:
    """Restore the aggregate from a snapshot."""
    path, state = json.loads(snapshot.state)
    aggregate_class = _resolved(path)
    aggregate = aggregate_class.__new__(aggregate_class)
    vars(aggregate).update(_opened(state), **{PENDING: []})
    return aggregate


def _closed(value: Any) -> Any:
    """The value as JSON: scalars as they are, everything else as `{kind: …}`."""
    if type(value) in SCALARS:
        return value
    kind = type(value).__name__
    if kind in MOMENTS and type(value) is MOMENTS[kind]:
        return {kind: value.isoformat()}
    if kind in CONTAINERS and type(value) is CONTAINERS[kind]:
        members = value.items() if kind == "dict" else value
        return {kind: [_closed(tuple(m) if kind == "dict" else m) for m in members]}
    if isinstance(value, BaseModel):
        of = value.__pydantic_generic_metadata__["origin"] or type(value)
        return {"model": [_path(of), value.model_dump(mode="json")]}
    if is_dataclass(value):
        parts = {field.name: _closed(getattr(value, field.name)) for field in fields(value)}
        return {"data": [_path(type(value)), parts]}
    raise TypeError(f"a snapshot cannot hold {type(value)}")


def _opened(value: Any) -> Any:
    if type(value) in SCALARS:
        return value
    ((kind, content),) = value.items()
    if kind in MOMENTS:
        return MOMENTS[kind].fromisoformat(content)
    if kind in CONTAINERS:
        return CONTAINERS[kind](map(_opened, content))
    path, parts = content
    if kind == "model":
        return _resolved(path).model_validate(parts)
    return _resolved(path)(**{name: _opened(part) for name, part in parts.items()})


def _path(of: type) -> str:
    return f"{of.__module__}:{of.__qualname__}"


@cache
def _resolved(path: str) -> Any:
    """The class at this path. Its module must be loaded already: data from a database must not cause an import."""
    module, _, name = path.partition(":")
    member: Any = sys.modules[module]
    for part in name.split("."):
        member = getattr(member, part)
    return member
