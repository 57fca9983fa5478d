"""A producer's stream as a test wants it, and what a follower of it has counted."""

import json
from typing import Any

from nats.aio.client import Client
from siko_core.positions import Place

from tests.core.batches import NOW
from tests.core.toy import Tally
from tests.core.waiting import until

SUBJECT = "siko.event.scheduler.recorded.v1.pp-koeln"


class Producer:
    """Puts messages on the scheduler's stream as its relay would, or wrongly where a test says so."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def tell(self, *positions: int, previous: int | None = None) -> None:
        """One message a position; `previous` of the first, default the position before it."""
        last = positions[0] - 1 if previous is None else previous
        for position in positions:
            await self.put(position, last)
            last = position

    async def put(self, position: int, previous: int, body: bytes | None = None) -> None:
        await self.client.jetstream().publish(
            SUBJECT, body or body_of(position), headers=headers_of(position, previous)
        )


def headers_of(position: int | str, previous: int | str) -> dict[str, str]:
    return {
        "ce-source": "siko/scheduler",
        "ce-type": "recorded.v1",
        "Siko-Position": str(position),
        "Siko-Previous": str(previous),
    }


def body_of(position: int) -> bytes:
    return json.dumps(
        {
            "event_id": f"e{position}",
            "aggregate_id": "a",
            "aggregate_version": position,
            "authority_id": "pp-koeln",
            "effective_at": NOW,
            "recorded_at": NOW,
            "actor": {"function": "secretariat", "body_id": "pp-koeln"},
            "event": "toy_note.written",
        }
    ).encode()


def heard(service: Any) -> list[int]:
    """The positions of what has been counted, in its order, from the store."""
    mapper = service.application.mapper
    stored = service.application.recorder.select_events("tally")
    counted = [mapper.to_domain_event(each) for each in stored]
    return [int(e.heard[1:]) for e in counted if isinstance(e, Tally.Counted)]


def place(service: Any) -> Place:
    found: Place = service.application.recorder.place("scheduler")
    return found


async def arrived(service: Any, *positions: int) -> None:
    def is_there() -> bool:
        found = heard(service)
        assert found == list(positions)[: len(found)]
        return found == list(positions)

    await until(is_there)
