"""Defines the broker of a service: FastStream's broker with `serve`, the one way to declare a request handler.

`serve` constructs our subscriber as `create_subscriber` in `faststream.nats.subscriber.factory` constructs FastStream's own,
and registers it as `NatsRegistrator.subscriber` does. FastStream has no extension point for another class. Of what it does
not publish, this relies on:

- `CallsCollection`, and the fields of the two configurations (`_outer_config`, `title_`, `description_`),
- `Registrator.subscriber`, reached with `super(NatsRegistrator, self)`, which adds a subscriber to the broker,
- `_connect` and `_connection_kwargs`, with which the broker connects.

siko_core pins faststream, and a test compares a subscriber of ours with one of FastStream's own.
"""

from typing import cast

from faststream._internal.endpoint.subscriber.call_item import CallsCollection
from faststream.nats import ConsumerConfig, NatsBroker
from faststream.nats.broker.registrator import NatsRegistrator
from faststream.nats.configs import NatsBrokerConfig
from faststream.nats.subscriber.config import (
    NatsSubscriberConfig,
    NatsSubscriberSpecificationConfig,
)
from faststream.nats.subscriber.specification import NatsSubscriberSpecification
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import BaseModel

from siko_core.broker import connection
from siko_core.broker.client import LastingClient
from siko_core.identity.guard import Door
from siko_core.requests.subscriber import Handle, RequestSubscriber

PENDING_MESSAGES = 10_000
PENDING_BYTES = 64 << 20
"""Limits per subject on requests received and not started. They start at once, unless the broker takes no answers."""


class Broker(NatsBroker):
    """FastStream's broker on a LastingClient with our own callbacks: FastStream's error callback raises for some errors."""

    async def _connect(self) -> Client:
        client = LastingClient()
        await client.connect(**self._connection_kwargs | connection.callbacks())
        self.config.connect(client)
        return client

    def serve(
        self,
        subject: str,
        *,
        queue: str,
        model: type[BaseModel],
        handle: Handle,
        door: Door,
        description: str | None = None,
    ) -> RequestSubscriber:
        """Declare that `handle` answers requests of `model`; the replicas in `queue` share them.

        The service's AsyncAPI document describes it by the model's docstring unless another description is given.
        """
        config = cast("NatsBrokerConfig", self.config)
        calls = CallsCollection[Msg]()
        declared = RequestSubscriber(
            NatsSubscriberConfig(
                subject=subject,
                sub_config=ConsumerConfig(filter_subjects=[]),
                extra_options={
                    "pending_msgs_limit": PENDING_MESSAGES,
                    "pending_bytes_limit": PENDING_BYTES,
                },
                _outer_config=config,
            ),
            NatsSubscriberSpecification(
                _outer_config=config,
                calls=calls,
                specification_config=NatsSubscriberSpecificationConfig(
                    subject=subject,
                    queue=queue,
                    title_=None,
                    description_=model.__doc__ if description is None else description,
                ),
            ),
            calls,
            queue=queue,
            model=model,
            handle=handle,
            door=door,
        )
        super(NatsRegistrator, self).subscriber(declared)
        declared(handle)  # FastStream does not start a subscriber without a call
        return declared
