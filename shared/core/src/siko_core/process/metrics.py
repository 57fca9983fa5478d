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
from siko_core.process import declared_metrics as declared
from siko_core.process.declared_metrics import Declared
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
            yield self._one(declared.RELAY_PUBLISHED, self.relay.published)
            yield self._one(declared.RELAY_FENCED, self.relay.fenced)
        yield self._refused_rows()
        yield self._exposures()
        client = self.measuring.client
        yield self._one(declared.NATS_CONNECTED, int(client.is_connected))
        yield self._one(declared.NATS_RECONNECTS, client.stats["reconnects"])

    def _lags(self) -> Iterator[Metric]:
        measured = self._measured
        yield self._one(declared.STORE_ANSWERS, int(measured.store_answers))
        yield self._one(declared.OUTBOX_AGE, measured.outbox_age)
        yield self._one(declared.RELAY_LAG, measured.relay_lag)
        yield self._one(declared.DEAD_LETTERS, self.dead_letters.parked)
        lags = declared.FOLLOWER_LAG.family()
        for producer, lag in measured.follower_lags.items():
            lags.add_metric([self.service, producer], lag)
        yield lags

    def _requests(self) -> Iterator[Metric]:
        requests, refusals = declared.REQUESTS.family(), declared.REFUSALS.family()
        unknown, foreign = declared.UNKNOWN_CALLERS.family(), declared.REQUESTS_FOREIGN.family()
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
        applied = declared.FOLLOWER_APPLIED.family()
        renewed = declared.FOLLOWER_RENEWED.family()
        foreign = declared.FOLLOWER_FOREIGN.family()
        for follower in self.followers:
            applied.add_metric([self.service, follower.producer], follower.applied)
            renewed.add_metric([self.service, follower.producer], follower.renewed)
            foreign.add_metric([self.service, follower.producer], follower.foreign)
        yield applied
        yield renewed
        yield foreign

    def _writer(self, writer: "Writer") -> Iterator[Metric]:
        committer = writer.committer
        yield self._one(declared.WRITER_JOBS, writer.jobs)
        yield self._one(declared.WRITER_BATCHES, writer.batches)
        yield self._one(declared.WRITER_DECIDED_AGAIN, committer.decided_again)
        yield self._histogram(declared.WRITER_BATCH_JOBS, writer.batch_jobs)
        yield self._histogram(declared.WRITER_COMMIT_SECONDS, committer.seconds)

    def _refused_rows(self) -> Metric:
        """Rows refused by store: commands and followed batches of the record, rows of the access log."""
        family = declared.ROWS_REFUSED.family()
        access_log = self.dead_letters.guard.access_log
        if self.writer:
            family.add_metric([self.service, "record"], self.writer.committer.refused_rows)
        if access_log:
            family.add_metric([self.service, "access_log"], access_log.refused_rows)
        return family

    def _exposures(self) -> Metric:
        family = declared.EXPOSED.family()
        for exposure in self.dead_letters.guard.exposures:
            family.add_metric([self.service, exposure.setting, exposure.kind], 1)
        return family

    def _one(
        self,
        metric: Declared[CounterMetricFamily] | Declared[GaugeMetricFamily],
        value: float | None,
    ) -> Metric:
        """A metric with one sample, or with none if the value is unknown."""
        family = metric.family()
        if value is not None:
            family.add_metric([self.service], value)
        return family

    def _histogram(self, metric: Declared[HistogramMetricFamily], histogram: Histogram) -> Metric:
        """The histogram of this service, whole bounds without a fraction: `le="1"`, as dashboards ask for them."""
        (collected,) = histogram.collect()
        values = [
            (sample.name.removeprefix(collected.name), sample) for sample in collected.samples
        ]
        buckets = [
            (sample.labels["le"].removesuffix(".0"), sample.value)
            for part, sample in values
            if part == "_bucket"
        ]
        total = next(sample.value for part, sample in values if part == "_sum")
        family = metric.family()
        family.add_metric([self.service], buckets, total)
        return family
