"""Every metric of a service: its name, what it says, and when to look at it. `make contracts` lists them in docs/metrics.md."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)

F = TypeVar("F", CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily)
SUBJECT, PRODUCER = ("subject",), ("producer",)


@dataclass(frozen=True)
class Declared(Generic[F]):
    """A metric. A family of samples is made of it alone, so none is on the page that is not declared."""

    kind: type[F]
    name: str
    """Without the `_total` that a counter's samples end with."""
    text: str
    """Its HELP line."""
    labels: tuple[str, ...] = ()
    """Beside `service`."""
    more: str = ""
    """What the documentation says beside `text`."""
    look: str = ""
    """When to alert, or to look, and at what."""

    def family(self) -> F:
        return self.kind(self.name, self.text, labels=["service", *self.labels])


OUTBOX_AGE = Declared(
    GaugeMetricFamily,
    "siko_outbox_age_seconds",
    "age of the oldest stored event that is not on the stream",
    more="0 when all are. Scheduler, invitations, agenda",
    look="`> 60` for 2 minutes: new events do not reach other services",
)
RELAY_LAG = Declared(
    GaugeMetricFamily,
    "siko_relay_lag_events",
    "stored events not on the stream",
    more="an upper bound: positions may have holes",
    look="`> 10000` for 5 minutes",
)
FOLLOWER_LAG = Declared(
    GaugeMetricFamily,
    "siko_follower_lag_events",
    "events on the stream that are not applied",
    PRODUCER,
    more="last position on the producer's stream minus the checkpoint",
    look="`> 0` for 5 minutes while `rate(siko_follower_applied_total[5m]) == 0`",
)
DEAD_LETTERS = Declared(
    GaugeMetricFamily,
    "siko_dead_letters",
    "events parked behind a fault",
    more="counted every ten seconds",
    look="`> 0`: needs attention, see `siko dead-letters list`",
)
BEHIND = (OUTBOX_AGE, RELAY_LAG, FOLLOWER_LAG, DEAD_LETTERS)

STORE_ANSWERS = Declared(
    GaugeMetricFamily,
    "siko_store_answers",
    "1 when the database answers",
    more="it has 2 s at each scrape",
    look="`== 0` for 1 minute",
)
NATS_CONNECTED = Declared(
    GaugeMetricFamily,
    "siko_nats_connected",
    "1 while connected",
    look="`== 0` for 1 minute",
)
EXPOSED = Declared(
    GaugeMetricFamily,
    "siko_exposed",
    "1 for a setting under which more is open to others than need be",
    ("setting", "kind"),
    more=(
        "kinds: `in_the_clear` (no TLS to another machine), `one_role` (one database role can open record and keys)"
    ),
    look="`== 1`",
)
NATS_RECONNECTS = Declared(
    CounterMetricFamily,
    "siko_nats_reconnects",
    "connections made again",
    more="since the process started",
    look="`increase(…[1h]) > 10`: an unstable network or broker",
)
ABLE = (STORE_ANSWERS, NATS_CONNECTED, EXPOSED, NATS_RECONNECTS)

REQUESTS = Declared(
    CounterMetricFamily,
    "siko_requests",
    "commands and queries answered",
    SUBJECT,
    more="subjects are `siko.command.<service>.<name>` and `siko.query.<service>.<name>`",
    look="request rate",
)
REFUSALS = Declared(
    CounterMetricFamily,
    "siko_refusals",
    "of them refused",
    ("subject", "code"),
    more="the code is what the client got",
    look=(
        'alert: `sum(rate(siko_refusals_total{code="Unavailable"}[5m])) > 0` for 2 minutes, and any `Failed`.'
        " Other codes are answers to people, and no fault"
    ),
)
UNKNOWN_CALLERS = Declared(
    CounterMetricFamily,
    "siko_unknown_callers",
    "of them refused before it was known who asks",
    SUBJECT,
    more="there was no token, an invalid one, or too many new ones at once",
    look=(
        "`sum(rate(…[1m])) > 100`: somebody floods the service. Log and access log hold the first ten of each"
        " minute and the number of the rest"
    ),
)
REQUESTS_FOREIGN = Declared(
    CounterMetricFamily,
    "siko_requests_foreign",
    "messages that are no requests",
    SUBJECT,
    more="events and heartbeats that arrived on a request subject; they are dropped",
    look=(
        "alert: `increase(…[10m]) > 0`. Somebody who may create consumers has the broker deliver there"
    ),
)
WRITER_JOBS = Declared(
    CounterMetricFamily,
    "siko_writer_jobs",
    "commands and followed batches",
)
WRITER_BATCHES = Declared(CounterMetricFamily, "siko_writer_batches", "transactions")
WRITER_BATCH_JOBS = Declared(
    HistogramMetricFamily,
    "siko_writer_batch_jobs",
    "jobs a transaction",
    more="1 at low load, many at high load",
    look="commands are slow and this is 1: clients send them one after the other",
)
WRITER_COMMIT_SECONDS = Declared(
    HistogramMetricFamily,
    "siko_writer_commit_seconds",
    "from sending to commit",
    more="the commit alone, without the decision",
    look=(
        "`histogram_quantile(0.99, …) > 0.5`: the database's disk is slow, or somebody holds its lock"
    ),
)
ROWS_REFUSED = Declared(
    CounterMetricFamily,
    "siko_rows_refused",
    "what a database does not take and was left out",
    ("store",),
    more=(
        "commands and followed batches (`record`), lines of the access log (`access_log`); each is left out alone"
    ),
    look="it grows: `not_storable` and `access_not_noted` in the log name them",
)
WRITER_DECIDED_AGAIN = Declared(
    CounterMetricFamily,
    "siko_writer_decided_again",
    "jobs decided again under the lock",
    more="another process had changed their read set",
    look="it grows fast: two replicas work on the same aggregates",
)
RELAY_PUBLISHED = Declared(CounterMetricFamily, "siko_relay_published", "messages published")
RELAY_FENCED = Declared(
    CounterMetricFamily,
    "siko_relay_fenced",
    "windows refused by the fence",
    more="the stream's end was not the expected one (compare-and-set)",
    look=(
        "it grows while nothing else publishes: the broker loses acknowledgements, or cannot store"
    ),
)
FOLLOWER_APPLIED = Declared(
    CounterMetricFamily,
    "siko_follower_applied",
    "events applied",
    PRODUCER,
    more="one replica applies, the others stand by",
)
FOLLOWER_FOREIGN = Declared(
    CounterMetricFamily,
    "siko_follower_foreign",
    "messages that are no events of the producer",
    PRODUCER,
    more=(
        "they are in the follower's inbox or on the producer's stream, not delivered by the follower's own consumer,"
        " and ignored"
    ),
    look=(
        "alert: `increase(…[10m]) > 0`. Somebody has the broker deliver into the follower's inbox, or publishes to"
        " a stream: who holds a login for consumers or of a service?"
    ),
)
FOLLOWER_RENEWED = Declared(
    CounterMetricFamily,
    "siko_follower_renewed",
    "consumers made anew",
    PRODUCER,
    look=(
        "it grows by the minute: gaps or silence, see `follower_gap` and `consumer_silent` in the log"
    ),
)
DOING = (
    REQUESTS,
    REFUSALS,
    UNKNOWN_CALLERS,
    REQUESTS_FOREIGN,
    WRITER_JOBS,
    WRITER_BATCHES,
    WRITER_BATCH_JOBS,
    WRITER_COMMIT_SECONDS,
    ROWS_REFUSED,
    WRITER_DECIDED_AGAIN,
    RELAY_PUBLISHED,
    RELAY_FENCED,
    FOLLOWER_APPLIED,
    FOLLOWER_FOREIGN,
    FOLLOWER_RENEWED,
)
