"""Parked events as an operator meets them: notices, lists, figures, and commands to a running service."""

import asyncio
import json
from typing import Any

import pytest
from siko_contracts.messages import stream
from siko_core.write_service import WriteService

from tests.core.parking.hearing import Broken, Replica, body_of, stumbling_service
from tests.core.producing import headers_of
from tests.core.waiting import until
from tests.signing import SignedIn

COMMAND_ID = "0192f0c4-0000-7000-8000-000000000001"


class Told:
    """Puts messages on the scheduler's stream, and asks the service that follows it."""

    def __init__(self, client: SignedIn) -> None:
        self.client = client
        self.position = 0

    async def tell(self, *event_ids: str, body: bytes | None = None) -> None:
        for event_id in event_ids:
            self.position += 1
            await self.client.jetstream().publish(
                "siko.event.scheduler.recorded.v1.pp-koeln",
                body or body_of(event_id),
                stream=stream("scheduler"),
                headers=headers_of(self.position, self.position - 1)
                | {"ce-subject": event_id.partition("@")[0]},
            )

    async def ask(self, subject: str, /, actor: str | None = None, **body: Any) -> Any:
        headers = None
        if actor:
            headers = {"Siko-Command-Id": COMMAND_ID, **self.client.bearer(f"operator:{actor}")}
        message = json.dumps(body).encode()
        reply = await self.client.request(f"siko.{subject}", message, timeout=10, headers=headers)
        return json.loads(reply.data)

    async def list(self, **asked: Any) -> list[dict[str, Any]]:
        answer = await self.ask("query.invitations.dead_letters", **asked)
        assert answer["ok"], answer
        items: list[dict[str, Any]] = answer["items"]
        return items


@pytest.fixture
def told(client):
    return Told(client)


@pytest.fixture
async def service(serve):
    return await serve(stumbling_service())


def heard(service: WriteService, aggregate_id: str) -> list[str]:
    replica = Replica.__new__(Replica)
    replica.application = service.application
    replica.recorder = service.application.recorder
    return replica.heard(aggregate_id)


async def followed(service: WriteService, position: int) -> None:
    await until(lambda: service.application.recorder.place("scheduler").position == position)


async def test_a_running_service_parks_and_goes_on(told, service):
    service.application.fails["b@1"] = Broken()
    await told.tell("a@1", "b@1", "a@2", "b@2", "a@3")
    await followed(service, 5)
    assert heard(service, "a") == ["a@1", "a@2", "a@3"]
    assert heard(service, "b") == []
    items = await told.list(state="parked")
    assert [(item["id"], item["event_id"], item["error"]) for item in items] == [
        ("scheduler.2", "b@1", "Broken"),
        ("scheduler.4", "b@2", None),
    ]
    assert all(item["body"] is None for item in items)


async def test_who_listens_is_told_after_the_commit_and_by_ids_alone(told, service, client):
    notices = await client.subscribe("siko.dead.>")
    await client.flush()
    service.application.fails["b@1"] = Broken()
    await told.tell("b@1")
    notice = await notices.next_msg(timeout=10)
    assert notice.subject == "siko.dead.invitations"
    assert json.loads(notice.data) == {
        "producer": "scheduler",
        "position": 1,
        "aggregate_id": "b",
        "event_id": "b@1",
        "type": "recorded.v1",
    }
    assert [item["id"] for item in await told.list()] == ["scheduler.1"]


async def test_an_unreadable_message_is_parked_and_shown_as_it_came(told, service):
    await told.tell("b@1", body=b"\xe4 nothing")
    await told.tell("b@2", body=b'{"event_id": "b@2"}')
    await told.tell("a@1")
    await followed(service, 3)
    first, second = await told.list()
    assert (first["event_id"], first["aggregate_id"]) == (None, "b")
    assert (first["error"], second["event_id"]) == ("ValidationError", "b@2")
    (shown,) = await told.list(id="scheduler.1")
    assert shown["body"] == "\ufffd nothing"
    (shown,) = await told.list(id="scheduler.2")
    assert shown["body"] == {"event_id": "b@2"}
    assert heard(service, "a") == ["a@1"]


async def test_an_operator_replays_what_has_been_repaired(told, service):
    service.application.fails["b@1"] = Broken()
    await told.tell("b@1", "b@2")
    await followed(service, 2)
    refused = await told.ask("command.invitations.replay_dead_letters", aggregate_id="b")
    assert refused["error"]["code"] == "StillFailing"
    assert refused["error"]["details"]["letter"] == "scheduler.1"
    service.application.fails.clear()
    asked = {"aggregate_id": "b", "actor": "operations@it-nrw"}
    answer = await told.ask("command.invitations.replay_dead_letters", **asked)
    assert answer["letters"] == ["scheduler.1", "scheduler.2"]
    assert await told.ask("command.invitations.replay_dead_letters", **asked) == answer
    await told.tell("b@3")
    await followed(service, 3)
    assert heard(service, "b") == ["b@1", "b@2", "b@3"]
    items = await told.list(state="replayed")
    assert {item["settled_by"] for item in items} == {"operations@it-nrw"}
    assert [item["attempts"] for item in items] == [4, 0]


async def test_an_operator_discards_with_a_reason_and_not_without(told, service):
    service.application.fails["b@1"] = Broken()
    await told.tell("b@1")
    await followed(service, 1)
    subject = "command.invitations.discard_dead_letters"
    refused = await told.ask(subject, id="scheduler.1")
    assert (refused["error"]["code"], list(refused["error"]["details"])) == (
        "InvalidCommand",
        ["reason"],
    )
    assert [item["state"] for item in await told.list()] == ["parked"]
    answer = await told.ask(subject, id="scheduler.1", reason="entered by hand")
    assert answer["ok"]
    (item,) = await told.list()
    assert (item["state"], item["reason"]) == ("discarded", "entered by hand")
    assert item["settled_by"] == "operator@nrw"
    await told.tell("b@2")
    await followed(service, 2)
    assert heard(service, "b") == ["b@2"]


@pytest.mark.parametrize(
    "body",
    [{}, {"id": "scheduler.1", "aggregate_id": "b"}, {"id": "scheduler.1", "colour": "red"}],
    ids=["nothing named", "two things named", "an unknown field"],
)
async def test_a_command_names_one_or_an_aggregate(told, service, body):
    refused = await told.ask("command.invitations.replay_dead_letters", **body)
    assert refused["error"]["code"] == "InvalidCommand"


async def test_a_long_list_comes_in_pages(told, service):
    service.application.fails["b@1"] = Broken()
    await told.tell(*(f"b@{version}" for version in range(1, 6)))
    await followed(service, 5)
    pages = [await told.ask("query.invitations.dead_letters", limit=2)]
    while cursor := pages[-1]["cursor"]:
        pages.append(await told.ask("query.invitations.dead_letters", limit=2, cursor=cursor))
    assert [[item["position"] for item in page["items"]] for page in pages] == [[1, 2], [3, 4], [5]]
    refused = await told.ask("query.invitations.dead_letters", cursor="nothing of ours")
    assert refused["error"]["code"] == "InvalidCommand"


async def test_the_figure_of_what_is_parked_counts_for_every_replica(
    told, service, serve, monkeypatch
):
    monkeypatch.setattr("siko_core.requests.dead_letters.WATCH_SECONDS", 0.05)
    other = await serve(stumbling_service())
    for each in (service, other):
        each.application.fails["b@1"] = Broken()

    async def figures() -> list[float | None]:
        found = [await each.metrics() for each in (service, other)]
        labels = {"service": "invitations"}
        return [each.get_sample_value("siko_dead_letters", labels) for each in found]

    async def are(number: int) -> bool:
        return await figures() == [number, number]

    assert await figures() == [0, 0]
    await told.tell("b@1", "b@2")
    await until(lambda: are(2))
    await told.ask("command.invitations.discard_dead_letters", aggregate_id="b", reason="x")
    await until(lambda: are(0))


async def test_two_replicas_that_both_follow_park_each_event_once(told, serve, monkeypatch):
    """As where the lease was given to both: the compare-and-set of the place is the guard."""
    monkeypatch.setattr("siko_core.store.lease.Lease._take", lambda *_: True)
    replicas = [await serve(stumbling_service()) for _ in range(2)]
    for each in replicas:
        each.application.fails["b@1"] = Broken()
    for version in range(1, 6):
        await told.tell(f"a@{version}", f"b@{version}")
        await asyncio.sleep(0.01)
    await followed(replicas[0], 10)
    expected = [(f"scheduler.{2 * version}", f"b@{version}") for version in range(1, 6)]
    assert [(item["id"], item["event_id"]) for item in await told.list()] == expected
    assert heard(replicas[1], "a") == [f"a@{version}" for version in range(1, 6)]
