"""Who may make consumers has the broker deliver events where services listen: it is heard, counted and counts for nothing."""

import asyncio
import json
import sqlite3
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import nats
import psycopg
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from prometheus_client.parser import text_string_to_metric_families
from siko_contracts.messages import FOLLOWS, POSITION, PREVIOUS, PRODUCERS, stream
from siko_contracts.queries.operations import Positions
from siko_core.broker import permissions

from tests.deployment import Deployment

SECONDS = 40.0
SOME = 20
HEARTBEAT_SECONDS = 0.2
Inboxes = Mapping[tuple[str, str], tuple[str, str]]
"""Follower and producer -> the name of the follower's consumer, and where it delivers."""
Counted = Mapping[tuple[str, str], float]
"""Follower and producer -> messages that did not count."""


async def inboxes(system: Deployment) -> Inboxes:
    """Of all followers; no guest can find them out."""
    found = {}
    async with system.overseeing() as overseer:
        for producer in PRODUCERS:
            for consumer in await overseer.jetstream().consumers_info(stream(producer)):
                inbox = str(consumer.config.deliver_subject)
                follower = inbox.partition(".")[0].removeprefix("_INBOX_")
                if follower in FOLLOWS and consumer.push_bound:
                    found[follower, producer] = (consumer.name, inbox)
    assert found.keys() == {(f, p) for f, those in FOLLOWS.items() for p in those}
    return found


async def attack(guest: Client, inbox: str, of: str, first: int, group: str | None = None) -> str:
    """The consumer's name."""
    config = ConsumerConfig(
        deliver_subject=inbox,
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=first,
        ack_policy=AckPolicy.NONE,
        deliver_group=group,
        idle_heartbeat=HEARTBEAT_SECONDS,
        flow_control=group is None,
    )
    return (await guest.jetstream().add_consumer(stream(of), config)).name


async def links(guest: Client, producer: str) -> list[tuple[int, int]]:
    """Positions of each event and of the one before it, as everybody may read them."""
    jetstream = guest.jetstream()
    last = (await jetstream.stream_info(stream(producer))).state.last_seq
    reading = await jetstream.subscribe(
        f"siko.event.{producer}.>", stream=stream(producer), ordered_consumer=True
    )
    found = []
    for _ in range(last):
        headers = (await reading.next_msg(10)).headers or {}
        found.append((int(headers[PREVIOUS]), int(headers[POSITION])))
    await reading.unsubscribe()
    return found


async def positions(system: Deployment) -> dict[str, Mapping[str, int]]:
    """What each service stands at: its own last event, and of each whom it follows."""

    async def ask(client: Any) -> dict[str, Mapping[str, int]]:
        return {
            service: (await client.view(service, Positions.NAME)).position for service in FOLLOWS
        }

    found: dict[str, Mapping[str, int]] = await system.ask(ask)
    return found


def foreign(system: Deployment) -> Counted:
    return {
        (service, each.labels["producer"]): each.value
        for service in FOLLOWS
        for each in samples(system, service, "siko_follower_foreign_total")
    }


def samples(system: Deployment, service: str, name: str) -> list[Any]:
    with urllib.request.urlopen(f"{system.url(service)}/metrics", timeout=5) as page:
        families = text_string_to_metric_families(page.read().decode())
        return [each for family in families for each in family.samples if each.name == name]


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.1)


def compliance(system: Deployment) -> dict[str, Any]:
    done = system.siko(
        "query", "reporting", "compliance", "authority_id=pp-koeln", "year=2025", "--output", "json"
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def sign_in(system: Deployment) -> None:
    assert system.siko("login", "--as", "auditor").returncode == 0


def all_heard(before: Counted, now: Counted, sent: Mapping[tuple[str, str], int]) -> bool:
    return all(now[each] - before[each] >= number for each, number in sent.items())


async def deliver_everything_everywhere(
    system: Deployment, known: Inboxes
) -> dict[tuple[str, str], int]:
    """To each follower every stream, from where its chain leads on from the follower's place, or only its end.

    Returns how many messages each must have heard.
    """
    sent = dict.fromkeys(known, 0)
    counted = foreign(system)
    guest = await nats.connect(system.nats_url)
    chains = {producer: await links(guest, producer) for producer in PRODUCERS}
    made = []
    for (follower, producer), (_, inbox) in known.items():
        place = chains[producer][-1][1]
        for other in PRODUCERS:
            chain = chains[other]
            follows_on = [n for n, (previous, _) in enumerate(chain, 1) if previous == place]
            first = follows_on[0] if follows_on else len(chain) - SOME
            made.append((other, await attack(guest, inbox, other, first)))
            sent[follower, producer] += len(chain) - first + 1
    await asyncio.to_thread(until, lambda: all_heard(counted, foreign(system), sent))
    for other, name in made:
        await guest.jetstream().delete_consumer(stream(other), name)
    await guest.close()
    return sent


def test_what_a_guest_lets_the_broker_deliver_to_followers_is_not_believed(attacked):
    sign_in(attacked)
    before, seen = asyncio.run(positions(attacked)), compliance(attacked)
    assert seen["complete"] is True
    counted = foreign(attacked)

    sent = asyncio.run(deliver_everything_everywhere(attacked, asyncio.run(inboxes(attacked))))

    assert asyncio.run(positions(attacked)) == before
    assert compliance(attacked) == seen
    assert all_heard(counted, foreign(attacked), sent)
    for service in FOLLOWS:
        assert attacked.failing(service) == {}
        said = attacked.log_file(service).read_text()
        assert '"event": "foreign_messages"' in said
        assert "follower_gap" not in said
    done = attacked.siko("doctor", "--output", "json", login="operator")
    assert done.returncode == 0, done.stdout


def test_events_that_a_guest_lets_the_broker_deliver_as_commands_are_no_requests(attacked):
    """Nobody is answered, and nobody has been refused."""
    subject = "siko.command.agenda.submit_topic"
    before = requests(attacked, "agenda", subject)
    asyncio.run(deliver_as_requests(attacked, "agenda", subject))
    assert requests(attacked, "agenda", subject) == before + 1
    (dropped,) = (
        each.value
        for each in samples(attacked, "agenda", "siko_requests_foreign_total")
        if each.labels["subject"] == subject
    )
    assert dropped > SOME
    said = attacked.log_file("agenda").read_text()
    assert "nats_not_permitted" not in said


async def deliver_as_requests(system: Deployment, service: str, subject: str) -> None:
    """Some events, and then a request."""
    guest = await nats.connect(system.nats_url)
    jetstream = guest.jetstream()
    name = await attack(guest, subject, "scheduler", await last(guest) - SOME, service)

    async def is_delivered() -> bool:
        info = await jetstream.consumer_info(stream("scheduler"), name)
        return info.delivered is not None and info.delivered.consumer_seq > SOME

    async with asyncio.timeout(SECONDS):
        while not await is_delivered():
            await asyncio.sleep(0.05)
    assert b"NotAuthorised" in (await guest.request(subject, b"{}", 5)).data
    await jetstream.delete_consumer(stream("scheduler"), name)
    await guest.close()


async def last(guest: Client) -> int:
    return (await guest.jetstream().stream_info(stream("scheduler"))).state.last_seq


def requests(system: Deployment, service: str, subject: str) -> float:
    labels = {"service": service, "subject": subject}
    return sum(
        e.value for e in samples(system, service, "siko_requests_total") if e.labels == labels
    )


def test_a_guest_hears_and_is_told_of_no_inbox_and_no_consumer_of_a_service(attacked):
    known = asyncio.run(inboxes(attacked))
    heard = asyncio.run(all_that_a_guest_can_ask(attacked))
    assert b"SIKO_SCHEDULER" in heard
    for name, inbox in known.values():
        assert name.encode() not in heard
        assert inbox.encode() not in heard
    assert b"_INBOX_" not in heard


async def all_that_a_guest_can_ask(system: Deployment) -> bytes:
    """And all that guests are told while it asks."""
    heard: list[bytes] = []
    refused: list[str] = []

    async def hear(message: Any) -> None:
        heard.extend((message.subject.encode(), str(message.headers).encode(), message.data))

    async def note(error: Exception) -> None:
        refused.append(str(error))

    guest = await nats.connect(system.nats_url, error_cb=note)
    those = [f"{permissions.inbox(service)}.>" for service in FOLLOWS]
    for subject in ("_INBOX.>", *those, "$JS.>", "$SYS.>", "siko.>", ">"):
        await guest.subscribe(subject, cb=hear)
    asked = ["INFO", "STREAM.NAMES", "STREAM.LIST"]
    for producer in PRODUCERS:
        asked += [
            f"{request}.{stream(producer)}"
            for request in ("STREAM.INFO", "CONSUMER.NAMES", "CONSUMER.LIST", "DIRECT.GET")
        ]
    for request in asked:
        await guest.publish(f"$JS.API.{request}", b'{"seq": 1}', reply=guest.new_inbox())
    for request in ("ACCOUNT.PING.CONNZ", "ACCOUNT.PING.SUBSZ", "SERVER.PING.CONNZ", "USER.INFO"):
        body = b'{"subscriptions": true, "auth": true}'
        await guest.publish(f"$SYS.REQ.{request}", body, reply=guest.new_inbox())
    inbox = guest.new_inbox()
    await guest.subscribe(inbox, cb=hear)
    await attack(guest, inbox, "agenda", 1)
    deadline = time.monotonic() + SECONDS
    while not any(b"Idle Heartbeat" in each for each in heard):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    await guest.close()
    assert any("CONSUMER.LIST".lower() in each.lower() for each in refused), refused
    return b"\n".join(heard)


def execute(url: str, statement: str) -> None:
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
            database.execute(statement)
        database.close()
    else:
        with psycopg.connect(url) as connection:
            connection.execute(statement)


@contextmanager
def moved(system: Deployment, by: int) -> Iterator[None]:
    """Reporting with a place so far beyond its own in the scheduler's log; stands where it stood again afterwards."""

    def move(sign: str) -> None:
        system.stop("reporting")
        statement = (
            f"UPDATE positions SET position = position {sign} {by} WHERE producer = 'scheduler'"
        )
        execute(system.database_urls["reporting"], statement)
        system.start("reporting")

    move("+")
    try:
        yield
    finally:
        move("-")
        system.wait_until_ready("reporting")


def test_a_place_beyond_the_stream_is_told_by_readiness_and_doctor_until_it_is_right(attacked):
    """As the place of who believed forged events: the next thousand would be dropped as known."""
    with moved(attacked, 1000):
        until(lambda: (attacked.failing("reporting") or {}).keys() == {"places"})
        reason = (attacked.failing("reporting") or {})["places"]
        url = f"reporting={attacked.url('reporting')}"
        done = attacked.siko("doctor", "--output", "json", "--url", url, login="operator")
    assert "of scheduler, whose stream ends at" in reason
    assert done.returncode == 1, done.stderr
    (finding,) = (
        each for each in json.loads(done.stdout)["findings"] if "scheduler" in each["cause"]
    )
    assert finding["where"] == "reporting"
    assert "of scheduler, which has come to" in finding["cause"]
