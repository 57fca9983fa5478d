"""Asks a running system in any role, and lists what it answers to."""

import asyncio
import json
import urllib.request
from typing import Any

import nats
from siko.issuer import Issuer
from siko.roles import SignIn
from siko_contracts.access import Access

from tests.contracts.rights import COMMAND_ACCESS, QUERY_ACCESS


class Asker:
    """Sends requests in any role."""

    def __init__(self, connection: Any, issuer: Issuer) -> None:
        self.connection = connection
        self.issuer = issuer

    async def ask(self, subject: str, body: dict[str, Any], sign_in: SignIn | None) -> Any:
        headers = {"Authorization": f"Bearer {self.issuer.token(sign_in)}"} if sign_in else None
        data = json.dumps(body).encode()
        reply = await self.connection.request(subject, data, timeout=10, headers=headers)
        assert not reply.headers, "an answer carries nothing of the request"
        return json.loads(reply.data)


def ask_all(system, questions) -> list[Any]:
    """`questions` of (subject, body, sign-in); the answers in their order."""

    async def all_of_them() -> list[Any]:
        connection = await nats.connect(system.run["nats_url"])
        asker = Asker(connection, Issuer(system.folder))
        try:
            return [await asker.ask(*question) for question in questions]
        finally:
            await connection.close()

    return asyncio.run(all_of_them())


def served(system) -> list[str]:
    """Subjects of all commands and queries that the running services listen to, as they document them."""
    subjects = set()
    for service in system.run["services"].values():
        with urllib.request.urlopen(f"{service['url']}/asyncapi.json", timeout=20) as page:
            document = json.load(page)
        channels = document["channels"].values()
        subjects |= {channel["address"] for channel in channels if channel["address"] is not None}
    return sorted(s for s in subjects if s.startswith(("siko.command.", "siko.query.")))


def row_of(subject: str) -> Access:
    _, kind, service, name = subject.split(".")
    return (COMMAND_ACCESS if kind == "command" else QUERY_ACCESS)[service][name]
