"""Requests as a hostile client sends them: any bytes, any headers, and claims that no issuer of ours would sign."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
import nats
import psycopg
from nats.aio.client import Client as Connection
from siko.issuer import Issuer
from siko.roles import SignIn
from siko_contracts.messages import AUTHORIZATION
from siko_core.identity.tokens import AUDIENCE, LOCAL_ISSUER

from tests.deployment import Deployment

ANSWER_SECONDS = 10.0


@dataclass(frozen=True)
class Question:
    """`claims` go over those of a good token, `...` leaves one out; `headers` over those that go with it."""

    subject: str
    body: Any = b"{}"
    """Bytes, or what JSON is made of."""
    who: str = "auditor"
    claims: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def ask(
    system: Deployment,
    subject: str,
    body: Any = b"{}",
    who: str = "auditor",
    claims: Mapping[str, Any] | None = None,
    **headers: str,
) -> Any:
    """The answer to one question; a header's hyphens are underscores here."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask_all(system, Question(subject, body, who, claims or {}, sent))[0]


def ask_all(system: Deployment, *questions: Question) -> list[dict[str, Any]]:
    """The answers, one after the other on one connection."""
    issuer = Issuer(system.folder)

    async def asking() -> list[dict[str, Any]]:
        client = await nats.connect(system.nats_url)
        try:
            return [await _answer(client, issuer, question) for question in questions]
        finally:
            await client.close()

    return asyncio.run(asking())


async def _answer(client: Connection, issuer: Issuer, question: Question) -> dict[str, Any]:
    body = question.body
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    token = signed(issuer, question.who, question.claims)
    headers = {AUTHORIZATION: f"Bearer {token}", **question.headers}
    reply = await client.request(f"siko.{question.subject}", data, ANSWER_SECONDS, headers=headers)
    answer: dict[str, Any] = json.loads(reply.data)
    return answer


def signed(issuer: Issuer, who: str, claims: Mapping[str, Any]) -> str:
    """With a good signature, whatever the claims are: PyJWT's own `encode` would refuse some."""
    now = int(time.time())
    good = {
        "iss": LOCAL_ISSUER,
        "aud": AUDIENCE,
        "sub": "x",
        "iat": now,
        "exp": now + 600,
        "jti": "j",
    }
    told = good | SignIn.parse(who).claims | dict(claims)
    payload = json.dumps({name: value for name, value in told.items() if value is not ...}).encode()
    headers = {"kid": issuer.public["kid"], "typ": "JWT"}
    return jwt.PyJWS().encode(payload, issuer._key, "EdDSA", headers=headers)


async def send_raw(
    client: Connection, subject: str, reply: str, headers: bytes, body: bytes
) -> None:
    """With header bytes that no client library would send."""
    sizes = f"{len(headers)} {len(headers) + len(body)}"
    line = f"HPUB {subject} {reply} {sizes}\r\n".encode()
    await client._send_command(line + headers + body + b"\r\n")
    await client._flush_pending()


@contextmanager
def stored_otherwise(
    system: Deployment, service: str, event_id: str, old: str, new: str
) -> Iterator[None]:
    """An event's state as another version may have written it, or another hand; within only."""
    aggregate_id, _, version = event_id.rpartition("@")
    (state,) = _states(system, service, aggregate_id, int(version))
    assert old.encode() in state, state
    _write(system, service, aggregate_id, int(version), state.replace(old.encode(), new.encode()))
    try:
        yield
    finally:
        _write(system, service, aggregate_id, int(version), state)


def _states(system: Deployment, service: str, aggregate_id: str, version: int) -> list[bytes]:
    where = "WHERE originator_id = {0} AND originator_version = {0}"
    rows = _execute(system, service, f"SELECT state FROM {{table}} {where}", aggregate_id, version)
    return [bytes(row[0]) for row in rows]


def _write(system: Deployment, service: str, aggregate_id: str, version: int, state: bytes) -> None:
    where = "WHERE originator_id = {0} AND originator_version = {0}"
    _execute(
        system, service, f"UPDATE {{table}} SET state = {{0}} {where}", state, aggregate_id, version
    )


def _execute(system: Deployment, service: str, statement: str, *values: Any) -> list[Any]:
    url = system.database_urls[service]
    if url.startswith("sqlite"):
        connection: Any = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)
        table, mark = "stored_events", "?"
    else:
        connection = psycopg.connect(url)
        table, mark = f"{service}_events", "%s"
    try:
        cursor = connection.execute(statement.format(mark, table=table), values)
        rows = cursor.fetchall() if cursor.description else []
        connection.commit()
    finally:
        connection.close()
    return list(rows)
