"""Requests to all services, drawn by seed: right ones in right roles, and what a hostile client makes of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from pydantic import BaseModel
from siko_contracts import queries
from siko_contracts.access import AT_AN_AUTHORITY, Access, Role
from siko_contracts.commands import COMMANDS, OPERATIONS
from siko_contracts.messages import command_subject, query_subject
from siko_contracts.queries import QUERIES

from tests.contracts.rights import COMMAND_ACCESS, QUERY_ACCESS
from tests.fuzz import hostile
from tests.fuzz.documents import Documents, Pools, encoded

CREATING = frozenset({"plan_conference", "schedule_conference", "submit_topic", "propose_action"})
"""Commands that may bring the id of what they make: from a pool, so that what there is stays bounded."""
ENDING = {
    "dissolve_authority": "authority_id",
    "transfer_area": "to_authority_id",
    "close_body": "body_id",
    "merge_body": "body_id",
}
"""Commands after which there is less to ask about, and the field that mostly names what nobody misses."""
KINDS = ("right", "values", "bytes", "headers", "raw headers", "token")
SHARES = (45, 28, 14, 7, 1, 5)


@dataclass(frozen=True)
class Request:
    """One request; `claims` are signed as they are, with `...` for what is left out."""

    number: int
    kind: str
    subject: str
    who: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    raw_headers: bytes | None = None
    authorization: str | None = None
    claims: dict[str, Any] | None = None

    @property
    def is_servers(self) -> bool:
        """Whether it has the status line of a message of the server's own, as a heartbeat."""
        return (self.raw_headers or b"").startswith(b"NATS/1.0 ")


@dataclass(frozen=True)
class Door:
    """A command or query, and who may ask it."""

    subject: str
    name: str
    model: type[BaseModel]
    access: Access
    is_command: bool


def doors() -> list[Door]:
    """Every command and every query of every service."""
    found = []
    for service, rows in COMMAND_ACCESS.items():
        for name, access in rows.items():
            model = (COMMANDS.get(service, {}) | OPERATIONS)[name]
            found.append(Door(command_subject(service, name), name, model, access, is_command=True))
    for service, rows in QUERY_ACCESS.items():
        for name, access in rows.items():
            asked = (QUERIES[service] | queries.OPERATIONS)[name]
            found.append(Door(query_subject(service, name), name, asked, access, is_command=False))
    return found


class Requests:
    """The same seed and pools draw the same requests."""

    def __init__(self, seed: int, pools: Pools) -> None:
        self._random = Random(seed)
        self._pools = pools
        self._documents = Documents(self._random, pools)
        self._doors = doors()

    def draw(self, number: int) -> Iterator[Request]:
        """So many; each door is asked once before any is asked twice."""
        queue: list[Door] = []
        for n in range(number):
            if not queue:
                queue = self._random.sample(self._doors, len(self._doors))
            yield self._one(n, queue.pop())

    def _one(self, number: int, door: Door) -> Request:
        random = self._random
        who, document = self._asked(door)
        kind = random.choices(KINDS, SHARES)[0]
        more: dict[str, Any] = {}
        if kind == "values":
            document = hostile.spoilt(random, document)
        body = encoded(document, ascii_only=random.random() < 0.5)
        if kind == "bytes":
            body = hostile.mangled(random, body)
        elif kind == "headers":
            more["headers"] = hostile.headers(random)
        elif kind == "raw headers":
            more["raw_headers"] = random.choice(hostile.RAW_HEADERS)
        elif kind == "token" and random.random() < 0.4:
            more["authorization"] = random.choice(hostile.TOKENS)
        elif kind == "token":
            more["claims"] = hostile.claims(random)
        return Request(number, kind, door.subject, who, body, **more)

    def _asked(self, door: Door) -> tuple[str, dict[str, Any]]:
        """A document, and somebody who mostly may ask for it."""
        random = self._random
        document = self._documents.draw(door.model)
        if door.name in CREATING:
            document["id"] = random.choice(self._pools.of("created"))
        elif door.is_command and "id" in document and door.name not in OPERATIONS:
            del document["id"]
        if (ended := ENDING.get(door.name)) and random.random() < 0.97:
            document[ended] = random.choice(self._pools.of("ended"))
        if door.name in {"cancel_conference", "record_held", "close_conference"}:
            document["conference_id"] = random.choice(self._pools.of("created"))
        if door.is_command and door.name in OPERATIONS:
            one, other = random.sample(("id", "aggregate_id"), 2)
            document[one] = random.choice(self._pools.of(one))
            document.pop(other, None)
        if door.name == "advance_clock":  # a century has 36 525 days to begin
            document["as_of"] = self._pools.now.isoformat()
        role: Role = random.choice(sorted(door.access.roles))
        if role == "partner":
            body_id = random.choice(self._pools.of("body_id"))
            if door.access.body:
                document[door.access.body] = body_id
            return f"partner@{body_id}", document
        if role in AT_AN_AUTHORITY:
            return f"{role}@{random.choice(self._pools.of('own'))}", document
        return role, document
