"""Receives the requests of the broker's guests over a connection of its own, so that a flood of them delays nobody else."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import structlog
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from siko_contracts.messages import guest_subject

from siko_core.broker import connection
from siko_core.broker.client import LastingClient
from siko_core.requests.broker import PENDING_BYTES, PENDING_MESSAGES
from siko_core.requests.subscriber import RequestSubscriber
from siko_core.settings import Settings, is_here

log = structlog.get_logger()
PAUSE_SECONDS = 0.002
"""Bounds the CPU time that a flood takes: about 20 000 messages are turned away in a second, the others queue at the broker."""


class Guests:
    """Passes guests' requests to the subscribers that handle everybody else's."""

    def __init__(self, name: str, settings: Settings, subscribers: Iterable[Any]) -> None:
        self._name = name
        self._settings = settings
        self._subscribers = [s for s in subscribers if isinstance(s, RequestSubscriber)]
        self._client: LastingClient | None = None
        self._subscriptions: list[Subscription] = []

    async def subscribe(self) -> None:
        """Connect and subscribe, if the broker is on this machine: no other one admits guests."""
        settings = self._settings
        if not all(map(is_here, settings.nats_url.split(","))):
            return
        self._client = client = LastingClient(pause=PAUSE_SECONDS)
        options = connection.options(
            f"{self._name}-guests",
            settings.nats_url,
            settings.nats_credentials_file,
            settings.nats_ca_file,
        )
        await client.connect(settings.nats_url, **options, error_cb=_on_error)
        for subscriber in self._subscribers:
            subscription = await client.subscribe(
                guest_subject(subscriber.subject.template),
                queue=subscriber.queue,
                cb=subscriber.receive_guest,
                pending_msgs_limit=PENDING_MESSAGES,
                pending_bytes_limit=PENDING_BYTES,
            )
            client.screen(subscription, subscriber.screen_guest)
            self._subscriptions.append(subscription)
        with suppress(NatsError):  # disconnected again: it subscribes when it reconnects
            await client.flush()
            await client.flush()

    async def unsubscribe(self) -> None:
        for subscription in self._subscriptions:
            with suppress(NatsError):
                await subscription.unsubscribe()

    async def close(self) -> None:
        """Close the connection, once requests in flight are answered."""
        if self._client is not None:
            with suppress(NatsError):
                await self._client.close()


async def _on_error(error: Exception) -> None:
    """Log an error, unless a broker without guests refuses the subscriptions."""
    if not connection.NOT_PERMITTED.search(str(error)):
        log.warning("nats_error", error=type(error).__name__)
