"""What /metrics says of a running service; its labels are few, whatever the commands are about."""

import asyncio
import json
import re
from pathlib import Path
from uuid import uuid4

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from tests.core.toy import following_service, notes_service
from tests.core.waiting import until

IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}|\d{3,}")
SUBJECT = "siko.command.scheduler."
BATCH_SUM, COMMIT_COUNT = "siko_writer_batch_jobs_sum", "siko_writer_commit_seconds_count"


@pytest.fixture
def database_url(tmp_path) -> str:
    return f"sqlite:///{tmp_path}/store.db"


async def samples(service):
    """Name and the labels other than `service`, in a tuple -> value."""
    text = generate_latest(await service.metrics()).decode()
    return {
        (
            sample.name,
            *(value for name, value in sorted(sample.labels.items()) if name != "service"),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def write(client, *ids):
    for each in ids:
        await client.request(f"{SUBJECT}write_note", json.dumps({"id": each}).encode(), timeout=5)


async def test_no_label_holds_an_id_and_their_number_does_not_grow(serve, client):
    service = await serve(notes_service())
    ids = [str(uuid4()) for _ in range(3)]
    await write(client, *ids)

    async def withdraw(each: str) -> None:
        body = json.dumps({"note_id": each}).encode()
        await client.request(f"{SUBJECT}withdraw_note", body, timeout=5)
        await client.request("siko.query.scheduler.history", b'{"aggregate_id": "no"}', timeout=5)

    await withdraw(ids[0])
    await withdraw("not-there")
    seen = set(await samples(service))
    for each in ids:
        await withdraw(each)
        await withdraw(str(uuid4()))

    assert set(await samples(service)) == seen
    labels = {value for _, *values in seen for value in values if not _is_bound(value)}
    assert not [value for value in labels if IDS.search(value)]
    assert not labels & {*ids, "not-there"}


async def test_refusals_are_counted_by_code_and_subject(serve, client):
    service = await serve(notes_service())
    await write(client, "a", "a", "b")
    await client.request(f"{SUBJECT}amend_note", b"no json", timeout=5)

    found = await samples(service)

    assert found["siko_requests_total", f"{SUBJECT}write_note"] == 3
    assert found["siko_refusals_total", "AlreadyDone", f"{SUBJECT}write_note"] == 1
    assert found["siko_refusals_total", "InvalidCommand", f"{SUBJECT}amend_note"] == 1
    assert ("siko_refusals_total", "AlreadyDone", f"{SUBJECT}amend_note") not in found


async def test_what_is_on_the_stream_is_no_longer_in_the_outbox(serve, client):
    service = await serve(notes_service())
    await write(client, "a", "b")

    async def is_empty() -> bool:
        found = await samples(service)
        return found.get(("siko_relay_lag_events",)) == 0

    await until(is_empty)
    assert (await samples(service))["siko_outbox_age_seconds",] == 0


async def test_the_outbox_grows_and_ages_while_the_stream_is_not_there(serve, client):
    service = await serve(notes_service(), clock="system")
    await write(client, "a")
    await until(lambda: service.figures.relay.tail and service.figures.relay.tail.position == 1)
    await client.jetstream().delete_stream("SIKO_SCHEDULER")
    await write(client, "b", "c")
    await asyncio.sleep(0.3)

    found = await samples(service)

    assert found["siko_relay_lag_events",] == 2
    assert 0.3 <= found["siko_outbox_age_seconds",] < 10


async def test_a_follower_lags_by_what_it_has_not_applied(serve, client, tmp_path):
    await serve(notes_service())
    follows = await serve(following_service(), database_url=f"sqlite:///{tmp_path}/other.db")
    await write(client, "a", "b")
    lag, applied = (
        ("siko_follower_lag_events", "scheduler"),
        ("siko_follower_applied_total", "scheduler"),
    )

    async def has_applied() -> bool:
        return (await samples(follows))[applied] == 2

    await until(has_applied)
    assert (await samples(follows))[lag] == 0
    follows.reactions.apply = _never
    await write(client, "c", "d", "e")

    async def lags() -> bool:
        return (await samples(follows))[lag] == 3

    await until(lags)


async def test_batches_and_commits_are_counted_by_size(serve, client):
    service = await serve(notes_service())
    before = await samples(service)
    await write(client, "a", "b", "c")
    found = await samples(service)

    assert found[BATCH_SUM,] - before[BATCH_SUM,] == 3
    assert found[COMMIT_COUNT,] - before[COMMIT_COUNT,] == 3
    assert found["siko_writer_commit_seconds_bucket", "+Inf"] == found[COMMIT_COUNT,]


async def test_reconnects_and_a_broker_that_is_away_are_seen(serve, nats_server, client):
    service = await serve(notes_service())
    assert (await samples(service))["siko_nats_connected",] == 1
    nats_server.kill()
    await until(lambda: not service.figures.measuring.client.is_connected)

    away = await samples(service)
    nats_server.start()
    await until(lambda: service.figures.measuring.client.is_connected)

    assert away["siko_nats_connected",] == 0
    assert (await samples(service))["siko_nats_reconnects_total",] == 1


async def test_a_store_that_does_not_answer_hides_what_cannot_be_known(serve, client):
    service = await serve(notes_service())

    def fail() -> None:
        raise OSError

    service.log.recorder.max_notification_id = fail
    found = await samples(service)

    assert found["siko_store_answers",] == 0
    assert ("siko_outbox_age_seconds",) not in found
    assert ("siko_writer_jobs_total",) in found


async def test_bounds_are_written_as_dashboards_ask_for_them(serve, client):
    service = await serve(notes_service())
    service.writer.batch_jobs.observe(3)
    text = generate_latest(await service.metrics()).decode()
    jobs = [line for line in text.splitlines() if line.startswith("siko_writer_batch_jobs")]
    counted = int(float(jobs[-1].rpartition(" ")[2])) - 3
    assert jobs == [
        *(
            f'siko_writer_batch_jobs_bucket{{le="{bound}",service="scheduler"}} {number}.0'
            for bound, number in zip(
                ("1", "2", "5", "10", "20", "50", "100", "200", "500", "+Inf"),
                (counted, counted, *[counted + 1] * 8),
                strict=True,
            )
        ),
        f'siko_writer_batch_jobs_count{{service="scheduler"}} {counted + 1}.0',
        f'siko_writer_batch_jobs_sum{{service="scheduler"}} {counted + 3}.0',
    ]
    assert 'siko_writer_commit_seconds_bucket{le="0.0025",service="scheduler"}' in text


async def _never(*_) -> None:
    await asyncio.Event().wait()


def _is_bound(value: str) -> bool:
    return value == "+Inf" or value.replace(".", "").isdigit()


async def test_the_document_explains_every_metric_and_no_other(serve, client):
    document = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text("utf-8")
    explained = set(re.findall(r"^\| `(siko_\w+)`", document, re.MULTILINE))
    service = await serve(notes_service())

    text = generate_latest(await service.metrics()).decode()

    families = text_string_to_metric_families(text)
    told = {f"{f.name}_total" if f.type == "counter" else f.name for f in families}
    assert {name for name in told if name.startswith("siko_")} == explained
