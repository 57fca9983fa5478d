"""What the system shows to everybody: logs, streams, views, positions."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError
from siko.issuer import Issuer
from siko.quiescence import FOLLOWS
from siko.roles import AUDITOR
from siko_contracts import messages
from siko_contracts.messages import PRODUCERS
from siko_contracts.queries.operations import Positions

PAGE = 500
ATTEMPT_SECONDS = 5.0
ATTEMPTS = 4


class Unreadable(Exception):
    """What should be there for everybody to read cannot be read."""


@dataclass(frozen=True)
class Streamed:
    """One message of a stream."""

    sequence: int
    position: int
    previous: int
    id: str
    epoch: str
    body: Mapping[str, Any]


class Reader:
    """Reads as the auditor: everything, and nothing is narrowed."""

    def __init__(self, client: Client, issuer: Issuer) -> None:
        self.client = client
        self.issuer = issuer

    async def ask(self, service: str, name: str, **parameters: Any) -> dict[str, Any]:
        subject = messages.query_subject(service, name)
        trouble = ""
        body = json.dumps(parameters).encode()
        for _ in range(ATTEMPTS):
            token = {messages.AUTHORIZATION: f"Bearer {self.issuer.token(AUDITOR)}"}
            try:
                reply = await self.client.request(
                    subject, body, timeout=ATTEMPT_SECONDS, headers=token
                )
            except (NatsError, TimeoutError) as error:
                trouble = type(error).__name__
            else:
                answer: dict[str, Any] = json.loads(reply.data)
                if answer["ok"]:
                    return answer
                trouble = str(answer["error"])
            await asyncio.sleep(0.3)
        raise Unreadable(f"{subject}: {trouble}")

    async def log(self, service: str) -> list[dict[str, Any]]:
        """All events of a service."""
        items: list[dict[str, Any]] = []
        while page := (await self._log_page(service, items)):
            items += page
        return items

    async def _log_page(self, service: str, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        after = items[-1]["position"] if items else 0
        found: list[dict[str, Any]] = (await self.ask(service, "log", after=after, limit=PAGE))[
            "items"
        ]
        return found

    async def view(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        """All pages."""
        items: list[dict[str, Any]] = []
        while True:
            answer = await self.ask("reporting", name, **parameters)
            items += answer["items"]
            if not answer.get("cursor"):
                return items
            parameters["cursor"] = answer["cursor"]

    async def stream(self, service: str) -> list[Streamed]:
        """The whole stream, in its order."""
        jetstream = self.client.jetstream()
        name = messages.stream(service)
        state = (await jetstream.stream_info(name)).state
        subscription = await jetstream.subscribe(
            f"siko.event.{service}.>", stream=name, ordered_consumer=True
        )
        read: list[Streamed] = []
        try:
            while not read or read[-1].sequence < state.last_seq:
                if not state.messages:
                    break
                message = await subscription.next_msg(timeout=ATTEMPT_SECONDS)
                headers = message.headers or {}
                read.append(
                    Streamed(
                        sequence=message.metadata.sequence.stream,
                        position=int(headers[messages.POSITION]),
                        previous=int(headers[messages.PREVIOUS]),
                        id=headers["ce-id"],
                        epoch=headers[messages.EPOCH],
                        body=json.loads(message.data),
                    )
                )
        except TimeoutError:
            raise Unreadable(f"{name}: {len(read)} of {state.messages} messages arrive") from None
        finally:
            await subscription.unsubscribe()
        return read

    async def tail(self, service: str) -> int:
        """The position that the stream has reached; -1 where there is no stream."""
        jetstream = self.client.jetstream()
        name = messages.stream(service)
        try:
            state = (await jetstream.stream_info(name)).state
            if not state.messages:
                return 0
            last = await jetstream.get_msg(name, seq=state.last_seq)
        except NotFoundError:
            return -1
        return int((last.headers or {})[messages.POSITION])

    async def looked(self, services: tuple[str, ...]) -> "Look":
        """At one moment, or nearly so."""
        producers = [s for s in PRODUCERS if s in services]
        seen: dict[str, Mapping[str, int]] = {}
        for service in producers:
            seen[service] = (await self.ask(service, Positions.NAME))["position"]
        if "reporting" in services:
            seen["reporting"] = (await self.ask("reporting", "conferences", limit=1))["position"]
        return Look(seen, {producer: await self.tail(producer) for producer in producers})


@dataclass(frozen=True)
class Look:
    """How far everybody is."""

    seen: Mapping[str, Mapping[str, int]]
    """By each service, its own events included."""
    tails: Mapping[str, int]
    """Of the streams."""

    @property
    def ends(self) -> dict[str, int]:
        """Of the stores."""
        return {producer: self.seen[producer].get(producer, 0) for producer in self.tails}

    def behind(self, ends: Mapping[str, int]) -> list[str]:
        """Who has not seen what of that; none where everybody has seen everything."""
        missing = []
        for producer, end in ends.items():
            if (tail := self.tails[producer]) < end:
                missing.append(f"the stream of {producer} ends at {tail} and not at {end}")
            missing += [
                f"{service} has seen {seen.get(producer, 0)} of {producer}'s {end}"
                for service, seen in self.seen.items()
                if producer in FOLLOWS[service] and seen.get(producer, 0) < end
            ]
        return missing
