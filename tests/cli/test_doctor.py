"""`siko doctor`: each thing that can be wrong is told with its cause and its next step."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from nats.aio.msg import Msg
from siko.doctor import checks, doctor
from siko.doctor.checks import (
    Pages,
    of_answers,
    of_broker,
    of_lost,
    of_network,
    of_places,
    of_streams,
    of_watch,
)
from siko.output import Failure, Output
from siko_core.broker import topology

Serve = Callable[..., str]
READY = {"ok": True, "failing": {}}


@pytest.fixture
def serve() -> Iterator[Serve]:
    """The pages of a service: what /readyz says, and how its lags are at one look after another."""
    servers: list[ThreadingHTTPServer] = []

    def serve_one(ready: Mapping[str, Any] = READY, looks: tuple[str, ...] = ("",)) -> str:
        left = list(looks)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/readyz":
                    status, body = (200 if ready["ok"] else 503), json.dumps(ready)
                else:
                    status, body = 200, (left.pop(0) if len(left) > 1 else left[0])
                self.send_response(status)
                self.end_headers()
                self.wfile.write(f"{body}\n".encode())

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield serve_one
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(checks, "ANSWER_SECONDS", 1.0)


def relay_lag(events: int) -> str:
    return (
        f'siko_relay_lag_events{{service="agenda"}} {events}\n'
        'siko_outbox_age_seconds{service="agenda"} 42'
    )


def follower_lag(events: int) -> str:
    return f'siko_follower_lag_events{{service="agenda",producer="scheduler"}} {events}'


async def test_a_service_that_is_ready_and_not_behind_is_healthy(serve: Serve) -> None:
    assert await Pages("agenda", serve(looks=(relay_lag(0),))).examine(()) == []


async def test_a_check_that_fails_is_told_with_what_to_do(serve: Serve) -> None:
    failing = {"store": "TimeoutError: the database does not answer"}
    url = serve({"ok": False, "failing": failing})

    (found,) = await Pages("agenda", url).examine(())

    assert (found.where, found.cause) == ("agenda", f"not ready: {failing['store']}")
    assert "whether the database runs" in found.next_step


@pytest.mark.parametrize(
    ("cause", "step"),
    [
        ("SQLITE_FULL", "free space"),
        ("DiskFull", "free space"),
        ("InsufficientPrivilege", "the rights on the database"),
        ("SQLITE_READONLY", "the rights on the database"),
        ("ReadOnlySqlTransaction", "a standby"),
    ],
)
async def test_a_database_that_is_full_or_gives_no_rights_is_told_with_its_own_cure(
    serve: Serve, cause: str, step: str
) -> None:
    url = serve({"ok": False, "failing": {"store": f"{cause}: it cannot be written: …"}})
    (found,) = await Pages("agenda", url).examine(())
    assert step in found.next_step


async def test_a_check_that_is_explained_already_is_no_finding_of_its_own(serve: Serve) -> None:
    url = serve({"ok": False, "failing": {"nats": "TimeoutError"}})
    assert await Pages("agenda", url).examine({"nats"}) == []


async def test_what_a_service_leaves_open_is_told_with_the_setting_and_the_cure(
    serve: Serve,
) -> None:
    exposed = (
        'siko_exposed{kind="in_the_clear",service="agenda",setting="SIKO_DATABASE_URL"} 1\n'
        'siko_exposed{kind="one_role",service="agenda",setting="SIKO_KEYS_URL"} 1\n'
        'siko_exposed{kind="in_the_clear",service="agenda",setting="SIKO_NATS_URL"} 1'
    )
    network, role = await Pages("agenda", serve(looks=(exposed,))).examine({"SIKO_NATS_URL"})
    assert network.cause.startswith("SIKO_DATABASE_URL: what passes the network is in the clear")
    assert "sslmode=verify-full" in network.next_step
    assert role.cause.startswith("SIKO_KEYS_URL: one role")


@pytest.mark.parametrize(
    ("url", "is_told"),
    [
        ("nats://nats.example.org:4222", True),
        ("nats://127.0.0.1:4222,nats://192.0.2.1:4222", True),
        ("nats.example.org", True),
        ("tls://nats.example.org:4222", False),
        ("nats://127.0.0.1:4222", False),
        ("nats://[::1]:4222", False),
        ("localhost:4222", False),
    ],
)
def test_a_broker_on_another_machine_without_tls_is_told(url: str, is_told: bool) -> None:
    assert [each.where for each in of_network(url)] == (["nats"] if is_told else [])


async def test_events_that_do_not_get_onto_the_stream_are_told_with_their_age(serve: Serve) -> None:
    (found,) = await Pages("agenda", serve(looks=(relay_lag(7),))).examine(())
    assert found.cause == "7 stored events do not get onto its stream, the oldest for 42 s"
    assert "`relay_waits`" in found.next_step


async def test_a_follower_that_stands_still_is_told_with_whom_it_follows(serve: Serve) -> None:
    (found,) = await Pages("agenda", serve(looks=(follower_lag(3),))).examine(())
    assert found.cause == "3 events of scheduler wait on the stream and are not applied"
    assert "`follower_waits`" in found.next_step


@pytest.mark.parametrize("looks", [(3, 0), (9, 8, 7, 6, 5)])
async def test_who_catches_up_is_healthy(serve: Serve, looks: tuple[int, ...]) -> None:
    pages = Pages("agenda", serve(looks=tuple(map(follower_lag, looks))))
    assert await pages.examine(()) == []


async def test_pages_that_do_not_answer_are_a_finding() -> None:
    pages = Pages("agenda", "http://127.0.0.1:1")

    (found,) = await pages.examine(())

    assert found.cause.startswith("http://127.0.0.1:1 does not answer: ")
    assert "siko-agenda runs" in found.next_step
    assert not pages.answered


async def test_a_service_that_nobody_hears_is_a_finding(services: Any) -> None:
    (found,) = await of_answers(services.connection, "agenda", {})
    assert found.cause == "nobody answers on the bus"
    assert "start siko-agenda" in found.next_step


async def test_a_service_that_hears_and_does_not_answer_is_a_finding(services: Any) -> None:
    await services.answer("siko.query.agenda.*", lambda _: None)
    (found,) = await of_answers(services.connection, "agenda", {})
    assert found.cause == "no answer on the bus within 1 s"


async def test_a_service_whose_store_is_away_is_a_finding(services: Any) -> None:
    refusal = {"ok": False, "error": {"code": "Unavailable", "message": "the store hangs"}}
    await services.answer("siko.query.agenda.*", lambda _: refusal)
    (found,) = await of_answers(services.connection, "agenda", {})
    assert found.cause == "Unavailable: the store hangs"


async def test_parked_events_are_a_finding(services: Any) -> None:
    items: list[dict[str, str]] = [{"id": "scheduler.7"}]
    await services.answer("siko.query.agenda.*", lambda _: {"ok": True, "items": items})

    (found,) = await of_answers(services.connection, "agenda", {})
    items.clear()

    assert "`siko dead-letters list`" in found.next_step
    assert await of_answers(services.connection, "agenda", {}) == []


@pytest.mark.parametrize("place", [7, 8])
async def test_a_place_beyond_what_the_other_has_decided_is_a_finding(
    services: Any, place: int
) -> None:
    """Also where the service's pages are not known; a stream may be shorter while it is filled."""

    def positions(message: Msg) -> dict[str, Any]:
        asked = message.subject.split(".")[2]
        own = {"scheduler": 7} if asked == "scheduler" else {}
        followed = {"scheduler": place} if asked == "agenda" else {}
        return {"ok": True, "position": {**own, **followed}}

    await services.answer("siko.query.*.positions", positions)

    found = await of_places(services.connection, {})

    assert [each.where for each in found] == (["agenda"] if place > 7 else [])
    if found:
        assert found[0].cause.startswith("it stands at 8 of scheduler, which has come to 7: ")
        assert "docs/recovering.md" in found[0].next_step


async def test_what_was_withdrawn_is_a_note_for_people_and_no_finding(services: Any) -> None:
    items: list[dict[str, str]] = [{"producer": "scheduler"}]
    await services.answer("siko.query.reporting.withdrawn", lambda _: {"ok": True, "items": items})

    (note,) = await of_lost(services.connection, {})
    items.clear()

    assert "`siko query reporting withdrawn`" in note
    assert await of_lost(services.connection, {}) == []


async def test_a_broker_without_jetstream_is_a_finding(nats_url: str) -> None:
    (found,) = await of_broker(nats_url)
    assert found.cause == f"{nats_url}: its JetStream is off"


async def test_a_stream_that_is_missing_is_a_finding(nats_server: Any) -> None:
    import nats  # noqa: PLC0415

    client = await nats.connect(nats_server.url)
    await topology.apply(client)
    assert await of_streams(client) == []
    await client.jetstream().delete_stream("SIKO_AGENDA")

    (found,) = await of_streams(client)
    await client.close()

    assert found.cause == "SIKO_AGENDA: stream is missing, wanted present"
    assert "`siko topology apply`" in found.next_step


async def test_a_watch_that_is_not_at_work_is_a_finding(tmp_path: Path) -> None:
    (found,) = await of_watch(tmp_path / "topology.seen")
    assert "it has not seen the streams right yet" in found.cause


def test_nothing_that_answers_ends_with_3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIKO_NATS_URL", "nats://127.0.0.1:1")

    with pytest.raises(Failure, match="nothing answers; nats://") as failed:
        doctor(["agenda=http://127.0.0.1:1"], Output.JSON, None)

    assert failed.value.exit_code == 3


def test_a_broker_that_is_away_is_told_once(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIKO_NATS_URL", "nats://127.0.0.1:1")
    urls = [
        f"{name}={serve({'ok': False, 'failing': {'nats': 'TimeoutError'}})}"
        for name in ("agenda", "scheduler")
    ]

    assert doctor(urls, Output.JSON, None) == 1

    told = json.loads(capsys.readouterr().out)
    assert [each["where"] for each in told["findings"]] == ["nats"]
    assert told["healthy"] is False


def test_what_is_no_brokers_address_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIKO_NATS_URL", "http://127.0.0.1:4222")
    with pytest.raises(Failure, match="SIKO_NATS_URL: use nats://HOST:PORT") as failed:
        doctor([], Output.TABLE, None)
    assert failed.value.exit_code == 2


@pytest.mark.parametrize("given", ["agenda", "nobody=http://x", "agenda=ftp://x"])
def test_a_page_is_named_with_its_service(given: str) -> None:
    with pytest.raises(Failure, match="NAME=http://HOST:PORT") as failed:
        doctor([given], Output.TABLE, None)
    assert failed.value.exit_code == 2
