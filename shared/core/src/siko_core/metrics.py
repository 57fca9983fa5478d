"""Figures of a running service for /metrics: labels name services, never ids."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from siko_core.follower import Follower

if TYPE_CHECKING:
    from siko_core.dead_letters import DeadLetterOffice
    from siko_core.relay import Relay
    from siko_core.writer import Writer


class Figures(Collector):
    """Read from the parts when somebody asks; nothing is counted twice."""

    def __init__(
        self,
        service: str,
        writer: "Writer | None",
        relay: "Relay | None",
        followers: Sequence[Follower],
        dead_letters: "DeadLetterOffice",
    ) -> None:
        self.service = service
        self.writer = writer
        self.relay = relay
        self.followers = followers
        self.dead_letters = dead_letters
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def registry(self) -> CollectorRegistry:
        return self._registry

    def collect(self) -> Iterator[Metric]:
        if self.writer:
            yield self._counter(
                "siko_writer_jobs", "commands and followed batches decided", self.writer.jobs
            )
            yield self._counter("siko_writer_batches", "transactions", self.writer.batches)
            yield self._counter(
                "siko_writer_decided_again",
                "jobs decided again under the lock",
                self.writer.decided_again,
            )
        if self.relay:
            yield self._counter("siko_relay_published", "messages published", self.relay.published)
            yield self._counter(
                "siko_relay_fenced", "windows refused by the fence", self.relay.fenced
            )
        followed = CounterMetricFamily(
            "siko_follower_applied", "events applied", labels=["service", "producer"]
        )
        for follower in self.followers:
            followed.add_metric([self.service, follower.producer], follower.applied)
        yield followed
        parked = GaugeMetricFamily(
            "siko_dead_letters", "events parked behind a fault", labels=["service"]
        )
        parked.add_metric([self.service], self.dead_letters.parked)
        yield parked

    def _counter(self, name: str, text: str, value: int) -> Metric:
        family = CounterMetricFamily(name, text, labels=["service"])
        family.add_metric([self.service], value)
        return family
