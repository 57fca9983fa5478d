"""The checks of `siko doctor`: each returns findings with the cause and the next step."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import disk_usage

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from prometheus_client.parser import text_string_to_metric_families
from siko_contracts.messages import FOLLOWS, PRODUCERS, query_subject
from siko_contracts.queries.operations import Positions
from siko_core.exposures import CURES, IN_THE_CLEAR, is_nats_in_the_clear
from siko_core.faults import cure_of

from siko import broker

LOOKS = 5
PAUSE_SECONDS = 0.6
"""A lag is a finding if it is positive at every poll and not smaller at the last than at the first."""
ANSWER_SECONDS = 5.0
"""Longer than the 2 s that a service waits for its database."""

Figures = Mapping[tuple[str, ...], float]
"""Maps name and labels other than `service` to the value."""


@dataclass(frozen=True)
class Finding:
    """`where`: the broker, the streams, or a service."""

    where: str
    cause: str
    next_step: str


async def of_broker(url: str) -> list[Finding]:
    if reason := await broker.hindrance(url):
        step = "start NATS, or correct SIKO_NATS_URL; the services wait and go on by themselves"
        return [Finding("nats", f"{url}: {reason}", step)]
    return []


def of_network(url: str) -> list[Finding]:
    """Check that the connection to the broker is encrypted or stays on this machine."""
    if is_nats_in_the_clear(url):
        return [_exposed("nats", "SIKO_NATS_URL", IN_THE_CLEAR)]
    return []


def _exposed(where: str, setting: str, kind: str) -> Finding:
    what, cure = CURES.get(kind, (kind, "look for `exposed` in its log"))
    return Finding(where, f"{setting}: {what}", cure)


async def of_streams(client: Client) -> list[Finding]:
    from siko_core.broker import topology  # noqa: PLC0415 - brings pages that `siko --help` need not load

    try:
        differences = await topology.plan(client)
    except (NatsError, TimeoutError) as error:
        cause = f"JetStream does not answer ({type(error).__name__})"
        return [Finding("nats", cause, "look at the server's log and its disk")]
    return [
        Finding(
            "streams",
            f"{difference.stream}: {difference.field} is {difference.found}, wanted {difference.wanted}",
            "`siko topology apply`; `siko topology apply --watch` keeps it so. A service fills an empty stream",
        )
        for difference in differences
    ]


def of_disk(folder: Path) -> list[Finding]:
    """Check that there is space where `siko up` keeps the databases and the broker's streams."""
    places = {path for path in (folder, folder / "nats") if path.is_dir()}
    full = sorted(str(place) for place in places if disk_usage(place).free < broker.ROOM_BYTES)
    step = "free space; the services go on by themselves, and `siko up` restarts the broker"
    return [Finding("nats", f"the disk of {' and '.join(full)} is full", step)] if full else []


async def of_watch(seen_file: Path) -> list[Finding]:
    """Check the process that keeps the streams, if `siko up` runs it on this machine."""
    if reason := await broker.hindrance_of_watch(seen_file):
        return [
            Finding(
                "streams",
                f"the process that keeps them: {reason}",
                f"look into {seen_file.parent / 'logs' / 'topology.log'}; `siko up` restarts it",
            )
        ]
    return []


async def of_answers(client: Client, service: str, headers: Mapping[str, str]) -> list[Finding]:
    """Check that a service answers on the bus and has nothing parked."""
    try:
        reply = await client.request(
            query_subject(service, "dead_letters"),
            b'{"limit": 1}',
            timeout=ANSWER_SECONDS,
            headers=dict(headers) or None,
        )
    except NoRespondersError:
        step = f"start siko-{service}; its log says why it ended"
        return [Finding(service, "nobody answers on the bus", step)]
    except (NatsError, TimeoutError):
        cause = f"no answer on the bus within {ANSWER_SECONDS:g} s"
        return [Finding(service, cause, "its database may hang: ask its /readyz, look at its log")]
    answer = json.loads(reply.data)
    if not answer["ok"]:
        error = answer["error"]
        cause = f"{error['code']}: {error['message']}"
        step = "its database does not answer: ask its /readyz"
        if error["code"] == "NotAuthorised":
            step = "what is parked there is shown to an operator: `siko login --as operator`"
        return [Finding(service, cause, step)]
    if answer["items"]:
        step = "`siko dead-letters list`, mend the cause, then `replay` or `discard`"
        return [Finding(service, "events are parked behind a fault", step)]
    return []


async def of_places(client: Client, headers: Mapping[str, str]) -> list[Finding]:
    """Find followers whose position is beyond the end of their producer, who is asked last: ends only grow."""
    ask = partial(_positions, client, headers)
    known = dict(zip(FOLLOWS, await asyncio.gather(*map(ask, FOLLOWS)), strict=True))
    ends = dict(zip(PRODUCERS, await asyncio.gather(*map(ask, PRODUCERS)), strict=True))
    return [
        Finding(
            follower,
            f"it stands at {place} of {producer}, which has come to {end}:"
            " what is decided there next would pass for known",
            NEXT["places"],
        )
        for follower, places in known.items()
        for producer in FOLLOWS[follower]
        if (place := places.get(producer, 0)) > (end := ends[producer].get(producer, place))
    ]


async def _positions(client: Client, headers: Mapping[str, str], service: str) -> Mapping[str, int]:
    """Return the positions that a service has reached; empty without an answer, which another check reports."""
    subject = query_subject(service, Positions.NAME)
    try:
        reply = await client.request(
            subject, b"{}", timeout=ANSWER_SECONDS, headers=dict(headers) or None
        )
    except (NatsError, TimeoutError):
        return {}
    positions: Mapping[str, int] = json.loads(reply.data).get("position") or {}
    return positions


async def of_lost(client: Client, headers: Mapping[str, str]) -> list[str]:
    """Return notes on lost history: no fault any more, but people have to enter it again."""
    try:
        reply = await client.request(
            query_subject("reporting", "withdrawn"),
            b'{"limit": 1}',
            timeout=ANSWER_SECONDS,
            headers=dict(headers) or None,
        )
    except (NatsError, TimeoutError):
        return []  # another check reports that it does not answer
    if not json.loads(reply.data).get("items"):
        return []
    lists = "`siko query reporting withdrawn` lists what has to be entered again"
    return [f"a database was restored, and events of it count no more: {lists}"]


class Pages:
    """/readyz and /metrics of one service."""

    def __init__(self, service: str, url: str) -> None:
        self.service = service
        self.url = url
        self.answered = False

    async def examine(self, explained: Collection[str]) -> list[Finding]:
        """Return findings; `explained`: checks and settings whose finding has been reported already."""
        try:
            _, ready = await self._read("/readyz")
            looks = await self._looks()
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            step = f"look whether siko-{self.service} runs and what its log says"
            return [Finding(self.service, f"{self.url} does not answer: {reason}", step)]
        failing: Mapping[str, str] = json.loads(ready)["failing"]
        findings = [
            Finding(self.service, f"not ready: {reason}", _step(check, reason))
            for check, reason in failing.items()
            if check not in explained
        ]
        exposed = [
            _exposed(self.service, setting, kind)
            for name, *labels in (looks[0] if looks else ())
            if name == "siko_exposed"
            for kind, setting in [labels]
            if setting not in explained
        ]
        return [*findings, *exposed, *_of_figures(self.service, looks)]

    async def _looks(self) -> list[Figures]:
        """Poll /metrics; again only while something lags."""
        looks: list[Figures] = []
        while len(looks) < LOOKS:
            status, text = await self._read("/metrics")
            if status != 200:  # noqa: PLR2004 - it starts; /readyz says so too
                return []
            looks.append(_figures(text))
            if not _behind(looks):
                break
            await asyncio.sleep(PAUSE_SECONDS)
        return looks

    async def _read(self, page: str) -> tuple[int, str]:
        return await asyncio.to_thread(self._fetch, f"{self.url}{page}")

    def _fetch(self, url: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 - http(s) was made sure of
                page = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            page = error.code, error.read().decode()
        self.answered = True
        return page


NEXT = {
    "store": "look whether the database runs and takes connections; the service goes on by itself",
    "keys": "look whether the database of the sealing keys takes writing; the service goes on by itself",
    "access_log": "look whether the access log's database takes writing; the service goes on by itself",
    "nats": "look whether the service reaches the broker; it connects again by itself",
    "topology": "`siko topology apply`, and see why `--watch` does not do it",
    "places": "was the other's database restored and its stream deleted, or is it another system's? See"
    " docs/recovering.md. Else restore this service's database; reporting's may be deleted",
}


def _step(check: str, reason: str) -> str:
    """Return the next step for a failing check; a reason begins with the name of the database's error."""
    cure = cure_of(reason.partition(":")[0])
    return cure.step if cure else NEXT.get(check, "look at its log")


def _figures(text: str) -> Figures:
    return {
        (
            sample.name,
            *(v for k, v in sorted(sample.labels.items()) if k != "service"),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _behind(looks: Sequence[Figures]) -> list[tuple[str, ...]]:
    """Return the lags that are positive at every poll."""
    return [
        name
        for name in looks[0]
        if name[0].endswith("_lag_events") and all(look.get(name, 0) > 0 for look in looks)
    ]


def _of_figures(service: str, looks: Sequence[Figures]) -> list[Finding]:
    if len(looks) < LOOKS:
        return []
    findings = []
    for name in _behind(looks):
        first, last = looks[0][name], looks[-1][name]
        if last < first:
            continue
        if name[0] == "siko_relay_lag_events":
            age = looks[-1].get(("siko_outbox_age_seconds",), 0)
            cause = (
                f"{last:.0f} stored events do not get onto its stream, the oldest for {age:.0f} s"
            )
            step = (
                "look for `relay_waits` in its log, and at the broker: one whose disk was full takes"
                " nothing until it is restarted"
            )
        else:
            cause = f"{last:.0f} events of {name[1]} wait on the stream and are not applied"
            step = "look for `follower_waits` or `follower_gap` in its log"
        findings.append(Finding(service, cause, step))
    return findings
