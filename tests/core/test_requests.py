"""Commands and queries as they arrive: what is wrong with them is named, and never repeated."""

import asyncio
import importlib.metadata
import inspect
import json
from typing import Any

import pytest
from faststream.nats import NatsBroker
from faststream.nats.subscriber.usecases import CoreSubscriber
from nats.errors import NoRespondersError
from nats.js.api import AckPolicy, ConsumerConfig
from siko_contracts.queries.audit import Log
from siko_core.identity.guard import Guard
from siko_core.process import process
from siko_core.process.process import broker_for
from siko_core.requests.broker import Broker
from siko_core.requests.subscriber import RequestSubscriber
from siko_core.settings import Settings

from tests.core.toy import AmendNote, WriteNote, notes_service
from tests.core.waiting import until

SECRET = "Erika-Mustermann-0815"
COMMAND_ID = "0192f0c4-0000-7000-8000-000000000001"


@pytest.fixture
def database_url(tmp_path):
    return f"sqlite:///{tmp_path}/store.db"


@pytest.fixture
async def ask(serve, client):
    """Sends a request to the toy service and returns the answer's document."""
    await serve(notes_service())

    async def asked(
        name: str, body: Any = None, *, raw: bytes | None = None, **headers: str
    ) -> dict[str, Any]:
        kind = "query" if name in {"history", "log"} else "command"
        data = raw if raw is not None else json.dumps(body or {}).encode()
        sent = {key.replace("_", "-"): value for key, value in headers.items()}
        reply = await client.request(f"siko.{kind}.scheduler.{name}", data, timeout=5, headers=sent)
        answer: dict[str, Any] = json.loads(reply.data)
        return answer

    return asked


def details(answer):
    assert answer["ok"] is False
    assert answer["error"]["code"] == "InvalidCommand", answer
    return answer["error"]["details"]


async def test_a_heartbeat_of_a_consumer_is_no_request(serve, client):
    """Whoever may make consumers can have the server say one to any subject that somebody listens to."""
    service = await serve(notes_service())
    log = next(e for e in service.figures.subscribers if e.subject.template.endswith(".log"))
    config = ConsumerConfig(
        deliver_subject="siko.query.scheduler.log",
        deliver_group="scheduler",
        ack_policy=AckPolicy.NONE,
        idle_heartbeat=0.1,
    )
    await client.jetstream().add_consumer("SIKO_AGENDA", config)
    await until(lambda: log.foreign > 1)
    assert (log.answered, log.unknown) == (0, 0)


async def test_a_command_is_answered_after_its_commit_and_its_event_is_in_the_log(ask):
    answer = await ask("write_note", {"id": "a"}, Siko_Now="2025-01-01T09:00:00+01:00")
    assert answer == {"ok": True, "id": "a", "version": 1, "position": 1, "findings": []}
    (item,) = (await ask("log", {"at_least": {"scheduler": 1}}))["items"]
    assert (item["event_id"], item["topic"]) == ("a@1", "toy_note.written")
    assert item["actor"] == {"function": "secretariat", "body_id": "pp-koeln"}


async def test_an_empty_body_is_a_command_of_defaults(ask):
    assert (await ask("write_note", raw=b""))["ok"] is True


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"{", "body"),
        (b"", "note_id"),
        (b"[]", "body"),
        (b"null", "body"),
        (b"\xff\xfe", "body"),
        (b'{"note_id": "a", "text": "\\ud800"}', "text"),
        (b'{"note_id": "a" "text"}', "body"),
        (b'{"note_id": ' + b"[" * 5000 + b"]" * 5000 + b"}", "body"),
    ],
    ids=["open", "empty", "list", "null", "no UTF-8", "half a character", "no comma", "deep"],
)
async def test_what_is_no_json_object_is_an_invalid_command(ask, raw, field):
    assert field in details(await ask("amend_note", raw=raw))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"note_id": "a", "subject": SECRET}, "subject"),
        ({"note_id": "a", "message": SECRET}, "message"),
        ({"note_id": "a", "self": SECRET}, "self"),
        ({"text": SECRET}, "note_id"),
        ({"note_id": f"{SECRET}.>"}, "note_id"),
        ({"note_id": f"{SECRET}@1"}, "note_id"),
        ({"note_id": 7}, "note_id"),
        ({"note_id": "a", "text": SECRET * 1000}, "text"),
        ({"note_id": "a", "effective_at": SECRET}, "effective_at"),
        ({"note_id": "a", "effective_at": "2024-01-01T10:00:00"}, "effective_at"),
        ({"note_id": "a", "expected_version": SECRET}, "expected_version"),
    ],
)
async def test_an_invalid_command_names_the_field_and_never_echoes_its_value(ask, body, field):
    answer = await ask("amend_note", body)
    assert details(answer)[field]
    assert SECRET not in json.dumps(answer)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Siko-Command-Id", SECRET),
        ("Siko-Now", SECRET),
        ("Siko-Now", "2025-01-01T09:00:00"),
        ("Siko-Correlation-Id", "%ff"),
        ("Siko-Correlation-Id", "x" * 301),
        ("Siko-Correlation-Id", SECRET),
        ("Siko-Correlation-Id", "K%C3%B6ln"),
        ("Siko-Correlation-Id", "a%1B%5D52"),
    ],
)
async def test_an_invalid_header_is_named_and_never_echoed(ask, header, value):
    answer = await ask("write_note", **{header.replace("-", "_"): value})
    assert details(answer)[header]
    assert SECRET not in json.dumps(answer)


async def test_a_megabyte_of_nonsense_is_answered_with_a_small_refusal(ask):
    """The answer would not pass the broker if it named every field."""
    nonsense = {f"f{number}": 1 for number in range(60_000)}
    raw = json.dumps(nonsense).encode()
    assert 700_000 < len(raw) < 1_000_000
    answer = await ask("write_note", raw=raw)
    assert details(answer)["f0"]
    assert len(json.dumps(answer)) < 10_000


async def test_a_megabyte_in_one_field_is_refused_by_its_name(ask):
    answer = await ask("amend_note", {"note_id": "a", "text": "x" * 1_000_000})
    assert list(details(answer)) == ["text"]


async def test_an_error_that_stays_is_a_failure_and_says_nothing_else(ask):
    """Not `Unavailable`: who is told to come again would come again for ever."""
    await ask("write_note", {"id": "a"})
    misdeed = {"note_id": "a", "how": "raise after the save", "override_reason": SECRET}
    answer = await ask("misdo", misdeed)
    assert answer["error"]["code"] == "Failed"
    assert answer["error"]["details"] == {}
    assert SECRET not in json.dumps(answer)


async def test_a_repeat_on_the_wire_gets_the_first_answer(ask):
    first = await ask("write_note", {"id": "a"}, Siko_Command_Id=COMMAND_ID)
    await ask("withdraw_note", {"note_id": "a"})
    assert await ask("write_note", {"id": "a"}, Siko_Command_Id=COMMAND_ID) == first
    spelt_otherwise = COMMAND_ID.replace("-", "").upper()
    assert await ask("write_note", {"id": "a"}, Siko_Command_Id=spelt_otherwise) == first


async def test_correlation_and_trace_travel_with_the_event(ask):
    await ask(
        "write_note",
        {"id": "a"},
        Siko_Correlation_Id="0192f0c4-0000-7000-8000-0000000000AA",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )
    (item,) = (await ask("history", {"aggregate_id": "a"}))["items"]
    assert item["correlation_id"] == "0192f0c4-0000-7000-8000-0000000000AA"
    assert item["traceparent"].startswith("00-0af7651916cd43dd")


async def test_what_is_no_trace_context_does_not_travel(ask):
    await ask("write_note", {"id": "a"}, traceparent="x" * 100_000)
    (item,) = (await ask("history", {"aggregate_id": "a"}))["items"]
    assert item["traceparent"] is None


async def test_a_field_with_a_megabyte_of_name_is_refused_by_its_beginning(ask):
    answer = await ask("write_note", {"n" * 900_000: 1})
    assert list(details(answer)) == ["n" * 100]


async def test_many_commands_are_in_flight_at_once(ask, client):
    """200 at once share a few commits; one after the other each would have its own."""
    answers = await asyncio.gather(*(ask("write_note", {"id": f"n{n}"}) for n in range(200)))
    assert {answer["id"] for answer in answers} == {f"n{n}" for n in range(200)}
    assert len({answer["position"] for answer in answers}) < 100


async def answered(client: Any, subject: str, body: bytes) -> Any:
    """On a crowded machine the other connection may just be made anew: ask again until somebody listens."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await client.request(
                    subject, body, timeout=5, headers=client.bearer("auditor")
                )
            except NoRespondersError:
                await asyncio.sleep(0.05)


async def test_a_slow_request_holds_up_no_other(nats_server, client, door):
    """Each runs in a task of its own; and when the subscriber stops, what is in flight is answered first."""
    go_on = asyncio.Event()
    broker = broker_for("toy", Settings(nats_url=nats_server.url))

    async def handle(request: Any) -> Any:
        if request.id == "slow":
            await go_on.wait()
        return request

    broker.serve("toy.write", queue="toy", model=WriteNote, handle=handle, door=door)
    await broker.start()
    await (await broker.connect()).flush()
    slow = asyncio.create_task(answered(client, "toy.write", b'{"id": "slow"}'))
    quick = await answered(client, "toy.write", b'{"id": "quick"}')
    assert json.loads(quick.data)["id"] == "quick"
    assert not slow.done()
    (declared,) = broker.subscribers
    stopping = asyncio.create_task(declared.stop())
    await asyncio.sleep(0.05)
    assert not stopping.done()
    go_on.set()
    assert json.loads((await slow).data)["id"] == "slow"
    await stopping
    process.STOPPING.set()
    await broker.stop()
    process.STOPPING.clear()


async def test_replicas_share_the_commands(serve, client, ask):
    """A queue group: each command is decided once, whoever takes it."""
    await serve(notes_service())
    answers = await asyncio.gather(*(ask("write_note", {"id": f"n{n}"}) for n in range(50)))
    assert sorted(answer["version"] for answer in answers) == [1] * 50
    items = (await ask("log", {"limit": 1000}))["items"]
    assert len(items) == 50


def no_door() -> Any:
    return Guard("scheduler", Settings(auth="off")).query(Log)


def test_one_function_serves_two_models():
    """The function stays as it is: what it takes is said where it is declared."""
    broker = Broker()

    async def handle(request: Any) -> Any:
        return request

    for subject, model in (("toy.write", WriteNote), ("toy.amend", AmendNote)):
        broker.serve(subject, queue="toy", model=model, handle=handle, door=no_door())
    assert handle.__annotations__["request"] is Any
    declared: Any = broker.subscribers
    assert {each.model for each in declared} == {WriteNote, AmendNote}


def test_what_the_request_subscriber_relies_on_in_faststream_is_there():
    """It is constructed and registered as FastStream's own one is, and differs from it in the class."""

    async def handle(request: Any) -> Any:
        return request

    broker = Broker()
    served: Any = broker.serve(
        "toy.other", queue="toy", model=AmendNote, handle=handle, door=no_door(), description="does"
    )
    own: Any = broker.subscriber(
        "toy.other", queue="toy", description="does", pending_msgs_limit=1, pending_bytes_limit=1
    )
    own(handle)
    assert (type(served), type(own)) == (RequestSubscriber, CoreSubscriber)
    assert set(broker.subscribers) == {served, own}
    assert set(vars(own)) <= set(vars(served))
    for name in ("queue", "ack_policy", "config"):
        assert getattr(served, name) == getattr(own, name), name
    assert set(served.extra_options) <= set(own.extra_options)
    for name in ("call_name", "description", "name", "include_in_schema"):
        assert getattr(served.specification, name) == getattr(own.specification, name), name
    assert served.subject.broker_address == served.subject.template == "toy.other"
    assert inspect.iscoroutinefunction(NatsBroker._connect)
    assert "consume" in CoreSubscriber._create_subscription.__code__.co_names
    assert importlib.metadata.version("faststream").startswith("0.7.")
