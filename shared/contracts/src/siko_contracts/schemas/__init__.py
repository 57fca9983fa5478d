"""JSON Schemas (2020-12) of every event, command and query item, one committed file each.

`<type>.json` for events, `commands/<service>.<name>.json`, `items/<service>.<name>.json`; without a service where every one
takes or answers it. `make contracts` writes the files from the models, so that a change of what others rely on is seen
in review.
"""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from siko_contracts.commands import COMMANDS, OPERATIONS
from siko_contracts.events import TYPES
from siko_contracts.queries import (
    AnyQuery,
    agenda,
    audit,
    invitations,
    operations,
    reporting,
    scheduler,
)
from siko_contracts.requests import declared_in

FOLDER = Path(__file__).parent
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _items(module: ModuleType, service: str = "") -> dict[str, type[BaseModel]]:
    return {
        f"{service}{name}": query.ITEM
        for name, query in declared_in(module, AnyQuery).items()
        if query.ITEM
    }


ITEMS = {
    **_items(scheduler, "scheduler."),
    **_items(invitations, "invitations."),
    **_items(agenda, "agenda."),
    **_items(reporting, "reporting."),
    **_items(audit),
    **_items(operations),
}


def identity(name: str) -> str:
    """A schema's `$id`; for an event also its message's `ce-dataschema`. A service serves it at `/schemas/<name>`."""
    return f"urn:siko:schema:{name}"


def files() -> dict[str, Path]:
    """Name of a schema, as `identity` takes it -> its committed file."""
    kinds = {"": FOLDER, "command:": FOLDER / "commands", "item:": FOLDER / "items"}
    return {
        f"{kind}{file.stem}": file
        for kind, folder in kinds.items()
        for file in sorted(folder.glob("*.json"))
    }


def documents() -> dict[str, dict[str, Any]]:
    """File, relative to this folder -> schema; what is sent for events and items, what is accepted for commands."""
    made = {f"{type_}.json": _sent(type_, event) for type_, event in TYPES.items()}
    made |= {f"items/{name}.json": _sent(f"item:{name}", item) for name, item in ITEMS.items()}
    commands: dict[str, type[BaseModel]] = {
        f"{service}.{name}": command
        for service, commands in COMMANDS.items()
        for name, command in commands.items()
    }
    for name, command in (commands | OPERATIONS).items():
        made[f"commands/{name}.json"] = _document(f"command:{name}", command.model_json_schema())
    return dict(sorted(made.items()))


def texts() -> dict[str, str]:
    """File -> its text, the same on every run."""
    return {
        file: json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        for file, document in documents().items()
    }


def _sent(name: str, model: type[BaseModel]) -> dict[str, Any]:
    return _document(name, model.model_json_schema(mode="serialization"))


def _document(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": DIALECT, "$id": identity(name)} | schema
