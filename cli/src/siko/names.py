"""Names of authorities and bodies from the register, for who may read it."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from siko_contracts.answers import Refusal
from siko_contracts.queries.scheduler import Register

from siko.client import Client
from siko.german.cells import NAMED
from siko.output import Failure

PATIENCE_S = 2.0
"""Time that a table waits for names; it is shown without them."""
Known = Mapping[str, Mapping[str, str]]
"""`authority`, `area`, `body` -> id -> name; empty where the register is not to be read."""


async def registered(client: Client) -> Known:
    """What the register knows by id. A role that may not ask is not sent: its refusal would be in the access log."""
    if client.role is not None and client.role not in Register.ACCESS.roles:
        return {}
    known: dict[str, dict[str, str]] = defaultdict(dict)
    with suppress(Failure, TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            answer = await client.query("scheduler", Register.NAME, {})
        if not isinstance(answer, Refusal):
            for item in answer.items:
                known[item["fact"]][item["id"]] = item.get("name") or item["id"]
    return known


async def names_in(client: Client, items: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    """Id -> name of the authorities and bodies in the items."""
    if not any(_ids(item) for item in items):
        return {}
    known = await registered(client)
    return {**known.get("authority", {}), **known.get("body", {})}


def _ids(value: Any) -> list[str]:
    return list(_found(value))


def _found(value: Any) -> Iterator[str]:
    match value:
        case Mapping():
            for key, inner in value.items():
                if key in NAMED and inner:
                    yield key
                else:
                    yield from _found(inner)
        case list():
            for inner in value:
                yield from _found(inner)
