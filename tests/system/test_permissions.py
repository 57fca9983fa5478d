"""Who may do what on the broker: every user and every deed, on the real server; what is not allowed is refused."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nats
import pytest
from nats.js.api import AckPolicy, ConsumerConfig
from siko.output import Failure
from siko_contracts.events import TYPES
from siko_contracts.examples import example
from siko_contracts.messages import (
    FOLLOWS,
    POSITION,
    PREVIOUS,
    PRODUCERS,
    SIGNOUTS,
    STREAMS,
    guest_subject,
    stream,
)
from siko_core.broker import permissions

from .brokers import Broker, Connection, deployed, local
from .subscribers import in_javascript, in_python

USERS = [user.name for user in permissions.users(guest=True)]
ASKING = {"door", "operator", "auditor", "guest"}
READING = {"subscriber", "guest"}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with local(tmp_path_factory.mktemp("local")) as broker:
        asyncio.run(broker.apply())
        yield broker


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with deployed(tmp_path_factory.mktemp("deployed")) as broker:
        asyncio.run(broker.apply())
        yield broker


Deed = tuple[str, str, str, Callable[[str], bool]]
"""publish, subscribe, serve (in the own queue) or share (in that of the sign-outs), what it is, the subject, and who may."""


def deeds() -> Iterator[Deed]:
    for service in FOLLOWS:
        own = lambda user, service=service: user == service  # noqa: E731
        for kind in ("command", "query"):
            subject = f"siko.{kind}.{service}.anything"
            yield "publish", f"ask {service}", subject, ASKING.__contains__
            yield "serve", f"serve {kind} of {service}", subject, own
            yield "subscribe", f"overhear {kind} of {service}", subject, _nobody
            guests = guest_subject(subject)
            yield "serve", f"serve {kind} of {service} to guests", guests, own
            yield "publish", f"ask {service} as its guests' door", guests, _nobody
        yield "publish", f"tell of what {service} parked", f"siko.dead.{service}", own
        event = f"siko.event.{service}.body_registered.v1.nrw"
        producer = service in PRODUCERS
        yield "publish", f"publish {service}", event, own if producer else _nobody
        yield "subscribe", f"overhear events of {service}", event, _nobody
    yield "subscribe", "hear of what is parked", "siko.dead.agenda", _only("operator")
    yield "publish", "ask for a sign-out", "siko.sign_out", ASKING.__contains__
    yield "share", "take sign-outs that are asked for", "siko.sign_out", FOLLOWS.__contains__
    yield "subscribe", "overhear sign-outs that are asked for", "siko.sign_out", _nobody
    yield "publish", "sign out", "siko.signout.abc", FOLLOWS.__contains__
    yield "subscribe", "hear of sign-outs", "siko.signout.*", FOLLOWS.__contains__
    yield "publish", "say anything", "anything", _nobody
    yield "publish", "ask how the server is", "$SYS.REQ.SERVER.PING.HEALTHZ", _only("health")
    for request in ("SERVER.PING", "SERVER.PING.CONNZ", "ACCOUNT.PING.CONNZ", "USER.INFO"):
        yield "publish", request, f"$SYS.REQ.{request}", _nobody
    for subject in (">", "siko.>", "siko.*.*.*", "$JS.>", "$SYS.>", "_INBOX.*", "_R_.>"):
        yield "subscribe", f"hear {subject}", subject, _only(*(["guest"] * (subject == "_INBOX.*")))
    for other in USERS:
        yield "subscribe", f"read {other}'s inbox", f"{_inbox(other)}.abc", _only(other)
    yield from on_streams()
    for request in ("INFO", "STREAM.LIST", "STREAM.NAMES"):
        yield "publish", request, f"$JS.API.{request}", READING.__contains__
    for request in ("STREAM.CREATE.OTHER", "STREAM.DELETE.OTHER", "META"):
        yield "publish", request, f"$JS.API.{request}", _nobody
    yield "publish", "purge the account", "$JS.API.ACCOUNT.PURGE.SIKO", _nobody


def on_streams() -> Iterator[Deed]:
    """Requests to JetStream that name one of siko's streams."""
    for name in STREAMS:
        event = name != SIGNOUTS
        services = {s for s, f in FOLLOWS.items() if not event or name == s or name in f}
        follows = {s for s, f in FOLLOWS.items() if name in f}
        reads = READING if event else set()
        audits = {"auditor"} if event else set()
        allowed: dict[str, set[str]] = {
            "STREAM.INFO.{}": services | reads | audits | {"topology", "operator"},
            "STREAM.CREATE.{}": {"topology"},
            "STREAM.UPDATE.{}": {"topology"},
            "STREAM.DELETE.{}": set(),
            "STREAM.PURGE.{}": set(),
            "STREAM.MSG.DELETE.{}": set(),
            "STREAM.RESTORE.{}": set(),
            "STREAM.SNAPSHOT.{}": set(),
            "STREAM.LEADER.STEPDOWN.{}": set(),
            "STREAM.MSG.GET.{}": services | reads | audits,
            "DIRECT.GET.{}": reads,
            "CONSUMER.CREATE.{}": follows | reads,
            "CONSUMER.CREATE.{}.name.filter": reads,
            "CONSUMER.DURABLE.CREATE.{}.name": reads,
            "CONSUMER.MSG.NEXT.{}.name": reads,
            "CONSUMER.INFO.{}.name": reads,
            "CONSUMER.LIST.{}": set(),
            "CONSUMER.NAMES.{}": set(),
            "CONSUMER.PAUSE.{}.name": set(),
        }
        for request, who in allowed.items():
            subject = f"$JS.API.{request.format(stream(name))}"
            yield "publish", f"{request} {name}", subject, who.__contains__
        yield "publish", f"acknowledge {name}", f"$JS.ACK.{stream(name)}.x.1", reads.__contains__


def _nobody(_: str) -> bool:
    return False


def _only(*users: str) -> Callable[[str], bool]:
    return users.__contains__


def _inbox(user: str) -> str:
    return "_INBOX" if user == "guest" else f"_INBOX_{user}"


@pytest.mark.parametrize("user", USERS)
async def test_every_user_does_what_its_part_needs_and_nothing_else(
    here: Broker, user: str
) -> None:
    done = 0
    async with here.connected(user) as connection:
        for way, what, subject, who in deeds():
            if way == "publish":
                may = await connection.may_publish(subject)
            else:
                queue = {"serve": user, "share": SIGNOUTS}.get(way, "")
                may = await connection.may_subscribe(subject, queue)
            assert may == who(user), f"{user}: {what}"
            done += 1
    assert done > 140


async def test_a_service_serves_in_its_queue_only(here: Broker) -> None:
    async with here.connected("agenda") as agenda:
        assert not await agenda.may_subscribe("siko.command.agenda.submit_topic", "another")


async def test_what_guests_ask_arrives_apart_from_what_others_ask(here: Broker) -> None:
    asked = "siko.command.agenda.submit_topic"
    async with here.connected("agenda") as agenda:
        for subject in (asked, guest_subject(asked)):

            async def answer(message: nats.aio.msg.Msg, subject: str = subject) -> None:
                await message.respond(subject.encode())

            await agenda.client.subscribe(subject, queue="agenda", cb=answer)
        assert not await agenda.is_refused()
        for user, subject in (("door", asked), ("guest", guest_subject(asked))):
            async with here.connected(user) as asker:
                reply = await asker.client.request(asked, b"{}")
                assert reply.data.decode() == subject


async def test_whoever_has_no_login_is_the_guest_here_and_nobody_there(
    here: Broker, there: Broker
) -> None:
    async with here.connected(None) as stranger:
        assert await stranger.may_publish("siko.command.agenda.submit_topic")
    with pytest.raises(nats.errors.Error, match="Authorization Violation"):
        async with there.connected(None):
            pass


async def test_a_wrong_password_and_the_guests_name_open_nothing(there: Broker) -> None:
    for user, password in (("door", "door"), ("guest", "guest"), ("scheduler", "")):
        with pytest.raises(nats.errors.Error, match="Authorization Violation"):
            await nats.connect(there.url, user=user, password=password, allow_reconnect=False)


def test_the_broker_holds_no_password(there: Broker) -> None:
    told = (there.logins / "broker" / "users.conf").read_text()
    for user in permissions.users():
        file = there.logins / user.name / "credentials"
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        assert file.read_text().strip().partition(":")[2] not in told
    assert "guest" not in told


@pytest.mark.parametrize("user", ["door", "operator", "auditor", "subscriber", "guest"])
async def test_no_answer_of_the_broker_or_a_service_gets_where_its_asker_may_not_publish(
    here: Broker, user: str
) -> None:
    """Inside one account it would: an empty answer deletes a stream, any other lies on one for ever."""
    async with here.connected("agenda") as agenda:
        await agenda.client.request("siko.event.agenda.recorded.v1.nrw", b"")
    before = await _states(here)
    async with here.connected("scheduler") as scheduler, here.connected(user) as asker:
        await _serve(scheduler)
        for subject in (
            "siko.query.scheduler.log",
            "$JS.API.STREAM.INFO.SIKO_AGENDA",
            "$JS.API.STREAM.MSG.GET.SIKO_AGENDA",
            "$JS.API.DIRECT.GET.SIKO_AGENDA",
            "siko.sign_out",
        ):
            for reply in ("siko.event.scheduler.x.v1.nrw", "$JS.API.STREAM.DELETE.SIKO_AGENDA"):
                await asker.client.publish(subject, b'{"seq": 99}', reply=reply)
        if user in READING:
            created = await asker.client.request(
                "$JS.API.CONSUMER.CREATE.SIKO_AGENDA",
                json.dumps(
                    {"stream_name": "SIKO_AGENDA", "config": {"ack_policy": "none"}}
                ).encode(),
            )
            pull = f"$JS.API.CONSUMER.MSG.NEXT.SIKO_AGENDA.{json.loads(created.data)['name']}"
            await asker.client.publish(
                pull, b'{"no_wait": true}', reply="$JS.API.STREAM.DELETE.SIKO_AGENDA"
            )
            await _deliver_to(asker, "$JS.API.STREAM.DELETE.SIKO_AGENDA")
            await _deliver_to(asker, "siko.event.scheduler.x.v1.nrw")
        await asker.client.flush()
        await asyncio.sleep(0.5)
    assert await _states(here) == before


async def _serve(scheduler: Connection) -> None:
    async def answer(message: nats.aio.msg.Msg) -> None:
        await scheduler.client.publish(message.reply, b"")

    await scheduler.client.subscribe("siko.query.scheduler.log", queue="scheduler", cb=answer)
    await scheduler.client.flush()


async def _deliver_to(asker: Connection, subject: str) -> None:
    """Heartbeats are empty messages."""
    config = {"ack_policy": "none", "deliver_subject": subject, "idle_heartbeat": 100_000_000}
    body = json.dumps({"stream_name": "SIKO_AGENDA", "config": config}).encode()
    await asker.client.request("$JS.API.CONSUMER.CREATE.SIKO_AGENDA", body)


async def _states(broker: Broker) -> dict[str, int]:
    found = {}
    async with broker.connected("operator") as operator:
        for name in PRODUCERS:
            info = await operator.client.jetstream().stream_info(stream(name))
            found[name] = info.state.last_seq
    return found


@pytest.mark.parametrize("user", ["subscriber", "guest"])
async def test_a_subscriber_reads_in_every_usual_way(here: Broker, user: str) -> None:
    async with here.connected("invitations") as invitations:
        for number in range(3):
            await invitations.client.request(
                "siko.event.invitations.body_added.v1.pp-koeln", f"{number}".encode()
            )
    async with here.connected(user) as reader:
        jetstream = reader.client.jetstream()
        last = (await jetstream.stream_info("SIKO_INVITATIONS")).state.last_seq
        assert (await jetstream.get_msg("SIKO_INVITATIONS", last)).data == b"2"
        config = ConsumerConfig(ack_policy=AckPolicy.NONE)
        pulled = await jetstream.pull_subscribe("siko.>", stream="SIKO_INVITATIONS", config=config)
        assert len(await pulled.fetch(last, timeout=5)) == last
        durable = await jetstream.pull_subscribe("siko.>", f"{user}-1", stream="SIKO_INVITATIONS")
        for message in await durable.fetch(last, timeout=5):
            await message.ack_sync()
        assert (await durable.consumer_info()).ack_floor.stream_seq == last
        for ordered in (False, True):
            pushed = await jetstream.subscribe("siko.event.invitations.>", ordered_consumer=ordered)
            arrived = [(await pushed.next_msg(5)).metadata.sequence.stream for _ in range(last)]
            assert arrived == [*range(1, last + 1)]
            await pushed.unsubscribe()
        assert not await reader.is_refused()


async def _publish_one(broker: Broker) -> None:
    async with broker.connected("scheduler") as scheduler:
        document = example(TYPES["body_removed.v1"]) | {"aggregate_id": "stadt-koeln"}
        await scheduler.client.request(
            "siko.event.scheduler.body_removed.v1.nrw",
            json.dumps(document).encode(),
            headers={"ce-type": "body_removed.v1", POSITION: "1", PREVIOUS: "0"},
        )


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_the_documented_subscriber_follows_a_deployed_broker_with_its_login(
    there: Broker, tmp_path: Path, language: str
) -> None:
    asyncio.run(_publish_one(there))
    subscriber = (
        in_javascript(tmp_path) if language == "javascript" else in_python(Path(sys.executable))
    )
    kept, credentials = tmp_path / "events", there.logins / "subscriber" / "credentials"
    with subscriber.following(there.url, "SIKO_SCHEDULER", kept, credentials):
        subscriber.wait_for(kept, "body_removed.v1", "stadt-koeln")


def test_a_second_making_keeps_the_passwords(tmp_path: Path) -> None:
    from siko import broker_users  # noqa: PLC0415 - as everybody here

    broker_users.make(tmp_path)
    before = {file: file.read_text() for file in tmp_path.glob("*/credentials")}
    broker_users.make(tmp_path)
    assert before == {file: file.read_text() for file in tmp_path.glob("*/credentials")}
    (tmp_path / "door" / "credentials").write_text("window:x\n")
    with pytest.raises(Failure, match="does not hold door:PASSWORD"):
        broker_users.make(tmp_path)
