"""`siko replay` on a real stream: the log as a service answers it, beside what was published."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import nats
import pytest
from siko import replay as module
from siko.output import Failure, Output
from siko.replay import replay
from siko_contracts.exit_codes import DONE, REFUSED, UNREACHABLE, WRONG_USAGE
from siko_core.broker import topology
from siko_core.relay.message import message_of

from tests.cli.conftest import Services
from tests.system.brokers import local

Item = dict[str, Any]


def event(position: int, aggregate_id: str, version: int, day: int = 1, **more: Any) -> Item:
    moment = f"2025-01-{day:02}T09:00:00Z"
    told = {
        "event_id": f"{aggregate_id}@{version}",
        "aggregate_id": aggregate_id,
        "aggregate_version": version,
        "authority_id": "pp-koeln",
        "recorded_at": moment,
        "effective_at": moment,
    }
    recorded = {"contract": told, "type": "recorded.v1", "topic": "conference.scheduled"}
    headers = {"correlation_id": None, "traceparent": None}
    return {"position": position, **told, **recorded, **headers, "faults": [], "seals": []} | more


class Bus(Services):
    """The scheduler, whose store and stream are what a test says."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self.stored: Sequence[Item] = ()
        self.lost: Sequence[Item] = ()
        self.most = 1000
        self.follows = 0

    async def serve(self) -> None:
        await self.answer("siko.query.scheduler.log", self._log)
        await self.answer("siko.query.scheduler.history", self._history)

    async def publish(self, *items: Item) -> None:
        for item in items:
            told = message_of(
                "scheduler",
                item["type"],
                json.dumps(item["contract"]).encode(),
                position=item["position"],
                previous=self.follows,
                aggregate_id=item["contract"]["aggregate_id"],
                authority_id="pp-koeln",
                recorded_at=item["contract"]["recorded_at"],
                correlation_id=None,
                traceparent=None,
            )
            await self.connection.jetstream().publish(told.subject, told.body, headers=told.headers)
            self.follows = item["position"]

    async def has(self, *items: Item) -> None:
        """In its store and on its stream."""
        self.stored = items
        await self.publish(*items)

    def _log(self, message: Any) -> Item:
        asked = json.loads(message.data)
        if asked["limit"] > self.most:
            error = {"code": "InvalidCommand", "message": "", "details": {"limit": "too much"}}
            return {"ok": False, "error": error}
        behind = [item for item in self.stored if item["position"] > asked["after"]]
        return {"ok": True, "items": behind[: asked["limit"]]}

    def _history(self, _: Any) -> Item:
        if not self.lost:
            return {"ok": False, "error": {"code": "NotFound", "message": "", "details": {}}}
        return {"ok": True, "items": self.lost}


@pytest.fixture
async def bus(nats_server, monkeypatch):
    monkeypatch.setenv("SIKO_NATS_URL", nats_server.url)
    monkeypatch.setattr(module, "BEHIND_S", 0.3)
    connection = await nats.connect(nats_server.url)
    await topology.apply(connection)
    bus = Bus(connection)
    await bus.serve()
    yield bus
    await connection.close()


async def replayed(until: str | None = None, output: Output = Output.JSONL) -> int:
    return await asyncio.to_thread(replay, "scheduler", until, output, None)


async def named(capsys) -> list[tuple[int, str, list[str]]]:
    with pytest.raises(Failure) as failed:
        await replayed(output=Output.JSON)
    assert failed.value.exit_code == REFUSED
    document = json.loads(capsys.readouterr().out)
    return [(each["position"], each["code"], each["fields"]) for each in document["differences"]]


@pytest.mark.parametrize("page", [1000, 2])
async def test_the_whole_log_is_written_in_order(bus, capsys, monkeypatch, page):
    monkeypatch.setattr(module, "PAGE", page)
    items = [event(1, "c1", 1), event(2, "c2", 1), event(5, "c1", 2), event(6, "c2", 2)]
    await bus.has(*items)
    assert await replayed() == DONE
    said = capsys.readouterr()
    assert [json.loads(line) for line in said.out.splitlines()] == items
    assert said.err == (
        "scheduler: 4 events up to position 6, 2 aggregates, chain whole, all as on SIKO_SCHEDULER\n"
    )


async def test_a_page_that_the_broker_does_not_carry_is_asked_for_in_parts(bus, capsys):
    bus.most = 2
    await bus.has(*(event(position, "c1", position) for position in range(1, 8)))
    assert await replayed() == DONE
    assert len(capsys.readouterr().out.splitlines()) == 7


async def test_until_a_moment_it_is_the_log_as_it_was_then(bus, capsys):
    await bus.has(event(1, "c1", 1, day=1), event(2, "c1", 2, day=3))
    bus.stored = [*bus.stored, event(3, "c1", 3, day=4)]
    assert await replayed("2025-01-02T00:00:00Z") == DONE
    assert len(capsys.readouterr().out.splitlines()) == 1


async def test_what_was_deleted_before_that_moment_is_named_and_nothing_after_it(bus, capsys):
    items = [event(1, "c1", 1), event(2, "c2", 1), event(3, "c3", 1, day=3), event(4, "c4", 1)]
    await bus.has(*items)
    bus.stored = [items[0], items[2]]
    with pytest.raises(Failure, match="1 differences"):
        await replayed("2025-01-02T00:00:00Z")
    assert "position 2 (c2@1): SIKO_SCHEDULER has this event" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("broken", "named_there"),
    [
        ([event(1, "c1", 1), event(2, "c1", 3)], (2, ["aggregate_version"])),
        ([event(1, "c1", 2)], (1, ["aggregate_version"])),
        ([event(1, "c1", 1), event(2, "c1", 2, event_id="c1@7")], (2, ["event_id"])),
    ],
    ids=["version missing", "first missing", "foreign id"],
)
async def test_an_event_that_does_not_follow_is_named(bus, capsys, broken, named_there):
    await bus.has(*broken)
    position, fields = named_there
    assert await named(capsys) == [(position, "BrokenChain", fields)]


async def test_the_chain_goes_on_behind_what_is_broken(bus, capsys):
    await bus.has(event(1, "c1", 1), event(2, "c1", 3), event(3, "c1", 4), event(4, "c1", 6))
    with pytest.raises(Failure) as failed:
        await replayed()
    assert failed.value.code == "BrokenChain"
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 4
    assert [line.partition(" (")[0] for line in said.err.splitlines()] == [
        "position 2",
        "position 4",
    ]


async def test_what_is_not_published_yet_is_waited_for(bus, monkeypatch):
    monkeypatch.setattr(module, "BEHIND_S", 10.0)
    items = [event(1, "c1", 1), event(2, "c1", 2)]
    bus.stored = items
    running = asyncio.create_task(replayed())
    while len(bus.asked) < 4:
        await asyncio.sleep(0.01)
    assert not running.done()
    await bus.publish(*items)
    assert await running == DONE


async def test_what_never_gets_onto_the_stream_is_written_and_ends_with_3(bus, capsys):
    await bus.has(event(1, "c1", 1))
    bus.stored = [*bus.stored, event(2, "c1", 2), event(3, "c1", 3)]
    with pytest.raises(Failure, match="the last 2 are not on SIKO_SCHEDULER") as failed:
        await replayed()
    assert failed.value.exit_code == UNREACHABLE
    assert len(capsys.readouterr().out.splitlines()) == 3


async def test_lost_positions_are_told_and_no_difference(bus, capsys):
    first, lost, after = event(1, "c1", 1), event(2, "c1", 2), event(3, "history:scheduler", 1)
    await bus.publish(first, lost, after)
    bus.stored = [first, after]
    bus.lost = [
        {"type": "history_lost.v1", "contract": {"from": 2, "to": 2}, "event": {"epoch": "E2"}}
    ]
    assert await replayed() == DONE
    said = capsys.readouterr().err
    assert "positions 2 to 2 count as lost since a restore; epoch E2 begins behind them" in said


async def test_a_loss_of_an_earlier_version_has_no_epoch(bus, capsys):
    bus.lost = [{"type": "history_lost.v1", "contract": {"from": 2, "to": 2}, "event": {}}]
    await bus.has(event(1, "c1", 1))
    assert await replayed() == DONE
    assert "positions 2 to 2 count as lost since a restore\n" in capsys.readouterr().err


def seal(field: str, state: str) -> dict[str, str]:
    return {"field": field, "seal_id": "s", "state": state}


async def test_a_text_that_does_not_open_is_named_and_one_that_was_erased_is_not(bus, capsys):
    await bus.has(
        event(1, "c1", 1, seals=[seal("title", "erased"), seal("text", "erased")]),
        event(2, "c1", 2, seals=[seal("title", "open"), seal("text", "broken")]),
        event(3, "c1", 3, seals=[seal("title", "erased")]),
        event(4, "c2", 1, faults=["SealBroken", "Undecided"], seals=[seal("text", "broken")]),
    )
    assert await named(capsys) == [
        (2, "SealBroken", ["text"]),
        (3, "MissingKey", ["title"]),
        (4, "SealBroken", ["text"]),
        (4, "Undecided", []),
    ]


async def test_control_characters_of_what_was_changed_do_not_reach_the_terminal(bus, capsys):
    await bus.publish(event(1, "c1", 1))
    bus.stored = [event(1, "\x1b]52;c;YQ==\x07", 1)]
    with pytest.raises(Failure):
        await replayed(output=Output.JSON)
    assert "\x1b" not in capsys.readouterr().err


async def test_thousands_of_differences_are_counted_and_the_first_ones_named(
    bus, capsys, monkeypatch
):
    monkeypatch.setattr(module, "MOST_SHOWN", 3)
    await bus.publish(*(event(position, f"c{position}", 1) for position in range(1, 9)))
    with pytest.raises(Failure, match="8 differences"):
        await replayed()
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_a_login_that_may_not_read_the_stream_is_told_which_one_may(tmp_path, monkeypatch):
    async def asked(broker: Any) -> None:
        await broker.apply()
        async with broker.connected("scheduler") as scheduler:
            bus = Bus(scheduler.client)
            for name, reply in (("log", bus._log), ("history", bus._history)):
                subject = f"siko.query.scheduler.{name}"

                async def respond(message: Any, reply: Any = reply) -> None:
                    await message.respond(json.dumps(reply(message)).encode())

                await scheduler.client.subscribe(subject, "scheduler", respond)
            await scheduler.client.flush()
            await asyncio.to_thread(replay, "scheduler", None, Output.JSONL, None)

    with local(tmp_path) as broker:
        monkeypatch.setenv("SIKO_NATS_URL", broker.url)
        for user in ("door", "auditor"):
            credentials = broker.logins / user / "credentials"
            monkeypatch.setenv("SIKO_NATS_CREDENTIALS_FILE", str(credentials))
            if user == "auditor":
                asyncio.run(asked(broker))
                continue
            with pytest.raises(Failure, match=r"cannot be read.*`auditor` of the broker") as failed:
                asyncio.run(asked(broker))
            assert failed.value.exit_code == UNREACHABLE


@pytest.mark.parametrize(
    ("service", "until", "said"),
    [("reporting", None, "no history of its own"), ("scheduler", "2025-01-01T00:00:00", "offset")],
)
def test_wrong_usage_says_what_is_wrong_and_asks_nobody(service, until, said):
    with pytest.raises(Failure, match=said) as failed:
        replay(service, until, Output.JSONL, None)
    assert failed.value.exit_code == WRONG_USAGE
