"""The Prometheus metrics of a running service: labels name services, subjects and codes, never ids."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from siko_core.follower.follower import Follower
from siko_core.process.lag import Measured, Measuring
from siko_core.requests.subscriber import RequestSubscriber

if TYPE_CHECKING:
    from siko_core.requests.dead_letters import DeadLetterOffice
    from siko_core.writer.writer import Writer


class Figures(Collector):
    """Collects the metrics from the service's parts on each scrape; it keeps no counters of its own."""

    def __init__(
        self,
        measuring: Measuring,
        subscribers: Iterable[Any],
        followers: Sequence[Follower],
        dead_letters: "DeadLetterOffice",
        writer: "Writer | None" = None,
    ) -> None:
        self.service = measuring.service
        self.measuring = measuring
        requests = [
            subscriber for subscriber in subscribers if isinstance(subscriber, RequestSubscriber)
        ]
        self.subscribers = sorted(requests, key=lambda subscriber: subscriber.subject.template)
        self.writer = writer
        self.relay = measuring.relay
        self.followers = followers
        self.dead_letters = dead_letters
        self._measured = Measured()
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    async def registry(self) -> CollectorRegistry:
        """Measure the lags, then return the registry to render at once."""
        self._measured = await self.measuring.measure()
        return self._registry

    def collect(self) -> Iterator[Metric]:
        yield from self._lags()
        yield from self._requests()
        yield from self._followers()
        if self.writer:
            yield from self._writer(self.writer)
        if self.relay:
            yield self._counter("siko_relay_published", "messages published", self.relay.published)
            yield self._counter(
                "siko_relay_fenced", "windows refused by the fence", self.relay.fenced
            )
        yield self._refused_rows()
        yield self._exposures()
        client = self.measuring.client
        yield self._gauge("siko_nats_connected", "1 while connected", int(client.is_connected))
        yield self._counter(
            "siko_nats_reconnects", "connections made again", client.stats["reconnects"]
        )

    def _lags(self) -> Iterator[Metric]:
        measured = self._measured
        yield self._gauge(
            "siko_store_answers", "1 when the database answers", int(measured.store_answers)
        )
        yield self._gauge(
            "siko_outbox_age_seconds",
            "age of the oldest stored event that is not on the stream",
            measured.outbox_age,
        )
        yield self._gauge(
            "siko_relay_lag_events", "stored events not on the stream", measured.relay_lag
        )
        yield self._gauge(
            "siko_dead_letters", "events parked behind a fault", self.dead_letters.parked
        )
        lags = GaugeMetricFamily(
            "siko_follower_lag_events",
            "events on the stream that are not applied",
            labels=["service", "producer"],
        )
        for producer, lag in measured.follower_lags.items():
            lags.add_metric([self.service, producer], lag)
        yield lags

    def _requests(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "siko_requests", "commands and queries answered", labels=["service", "subject"]
        )
        refusals = CounterMetricFamily(
            "siko_refusals", "of them refused", labels=["service", "subject", "code"]
        )
        unknown = CounterMetricFamily(
            "siko_unknown_callers",
            "of them refused before it was known who asks",
            labels=["service", "subject"],
        )
        foreign = CounterMetricFamily(
            "siko_requests_foreign", "messages that are no requests", labels=["service", "subject"]
        )
        for subscriber in self.subscribers:
            subject = subscriber.subject.template
            foreign.add_metric([self.service, subject], subscriber.foreign)
            unknown.add_metric([self.service, subject], subscriber.unknown)
            requests.add_metric([self.service, subject], subscriber.answered)
            for code, number in sorted(subscriber.refused.items()):
                refusals.add_metric([self.service, subject, code], number)
        yield requests
        yield refusals
        yield unknown
        yield foreign

    def _followers(self) -> Iterator[Metric]:
        labels = ["service", "producer"]
        applied = CounterMetricFamily("siko_follower_applied", "events applied", labels=labels)
        renewed = CounterMetricFamily("siko_follower_renewed", "consumers made anew", labels=labels)
        foreign = CounterMetricFamily(
            "siko_follower_foreign", "messages that are no events of the producer", labels=labels
        )
        for follower in self.followers:
            applied.add_metric([self.service, follower.producer], follower.applied)
            renewed.add_metric([self.service, follower.producer], follower.renewed)
            foreign.add_metric([self.service, follower.producer], follower.foreign)
        yield applied
        yield renewed
        yield foreign

    def _writer(self, writer: "Writer") -> Iterator[Metric]:
        yield self._counter("siko_writer_jobs", "commands and followed batches", writer.jobs)
        yield self._counter("siko_writer_batches", "transactions", writer.batches)
        yield self._counter(
            "siko_writer_decided_again",
            "jobs decided again under the lock",
            writer.committing.decided_again,
        )
        yield self._histogram(writer.batch_jobs)
        yield self._histogram(writer.committing.seconds)

    def _refused_rows(self) -> Metric:
        """Rows refused by store: commands and followed batches of the record, rows of the access log."""
        family = CounterMetricFamily(
            "siko_rows_refused",
            "what a database does not take and was left out",
            labels=["service", "store"],
        )
        access_log = self.dead_letters.guard.access_log
        if self.writer:
            family.add_metric([self.service, "record"], self.writer.committing.refused_rows)
        if access_log:
            family.add_metric([self.service, "access_log"], access_log.refused_rows)
        return family

    def _exposures(self) -> Metric:
        family = GaugeMetricFamily(
            "siko_exposed",
            "1 for a setting under which more is open to others than need be",
            labels=["service", "setting", "kind"],
        )
        for exposure in self.dead_letters.guard.exposures:
            family.add_metric([self.service, exposure.setting, exposure.kind], 1)
        return family

    def _counter(self, name: str, text: str, value: float) -> Metric:
        family = CounterMetricFamily(name, text, labels=["service"])
        family.add_metric([self.service], value)
        return family

    def _gauge(self, name: str, text: str, value: float | None) -> Metric:
        """A gauge without a sample if the value is unknown."""
        family = GaugeMetricFamily(name, text, labels=["service"])
        if value is not None:
            family.add_metric([self.service], value)
        return family

    def _histogram(self, histogram: Histogram) -> Metric:
        """The histogram of this service, whole bounds without a fraction: `le="1"`, as dashboards ask for them."""
        (metric,) = histogram.collect()
        values = [(sample.name.removeprefix(metric.name), sample) for sample in metric.samples]
        buckets = [
            (sample.labels["le"].removesuffix(".0"), sample.value)
            for part, sample in values
            if part == "_bucket"
        ]
        total = next(sample.value for part, sample in values if part == "_sum")
        family = HistogramMetricFamily(metric.name, metric.documentation, labels=["service"])
        family.add_metric([self.service], buckets, total)
        return family
