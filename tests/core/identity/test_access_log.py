"""Who read what: in a store of its own, before a sensitive answer is given, for as long as it is to be kept."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from siko_contracts.queries import operations
from siko_core.identity.access_log import AccessLog
from siko_core.refusals import NotStorable, Unavailable

from tests.core.identity.signing import AUDITOR, Key
from tests.core.waiting import until
from tests.wounds import narrowed

SECRET = "Erika-Mustermann-0815"


@pytest.fixture
def log(database_url):
    opened = AccessLog("scheduler", database_url, 30)
    yield opened
    opened.close()


def lines(log: AccessLog) -> int:
    return len(log.read(operations.AccessLog()).items)


def values(**given):
    return {
        "subject": "b1f0", "role": "auditor", "held_for": "nrw", "asked": "query scheduler.log",
        "about": "{}", "basis": "all", "outcome": "given",
    } | given  # fmt: skip


async def test_a_sensitive_answer_is_in_the_log_before_it_is_given(ask, key, notes):
    await ask("write_note", {"id": "a"}, key.sign())
    answer = await ask("history", {"aggregate_id": "a"}, key.sign(AUDITOR))
    assert answer["ok"]
    (item,) = notes.guard.access_log.read(operations.AccessLog()).items
    assert (item["role"], item["asked"], item["outcome"]) == (
        "auditor",
        "query scheduler.history",
        "given",
    )
    assert item["about"] == '{"aggregate_id":"a"}'
    assert (item["subject"], item["basis"], item["held_for"]) == ("b1f0", "all", "nrw")


async def test_what_cannot_be_noted_is_not_answered(ask, key, notes):
    def away(*_):
        raise OSError

    await ask("write_note", {"id": "a"}, key.sign())
    notes.guard.access_log._insert = away
    answer = await ask("history", {"aggregate_id": "a"}, key.sign(AUDITOR))
    assert answer["error"]["code"] == "Unavailable"
    assert "items" not in answer
    assert (await ask("positions", {}, key.sign(AUDITOR)))["ok"]


async def test_refusals_for_lack_of_rights_are_in_the_log_and_no_text_is(ask, key, notes):
    await ask("write_note", {"place": SECRET}, key.sign(AUDITOR))
    bonn = key.sign({"role": "secretariat", "authority_id": "pp-bonn"})
    await ask("write_note", {"id": "a", "place": SECRET}, key.sign())
    await ask("amend_note", {"note_id": "a", "text": SECRET}, bonn)
    await ask("write_note", {"place": SECRET}, None)
    await ask("write_note", {"place": SECRET}, Key("stranger").sign())
    log = notes.guard.access_log
    await until(lambda: lines(log) == 4)
    items = log.read(operations.AccessLog()).items
    assert SECRET not in str(items)
    assert [(i["role"], i["outcome"]) for i in items] == [
        (None, "NotAuthorised"),
        (None, "NotAuthorised"),
        ("secretariat", "NotFound"),
        ("auditor", "NotAuthorised"),
    ]
    assert items[2]["about"] == '{"note_id":"a"}'


async def test_only_an_auditor_reads_it_and_that_is_in_it_too(ask, key, notes):
    assert (await ask("access_log", {}, key.sign()))["error"]["code"] == "NotAuthorised"
    for _ in range(2):
        answer = await ask("access_log", {}, key.sign(AUDITOR))
    assert answer["items"][0]["asked"] == "query scheduler.access_log"


async def test_what_is_older_than_its_retention_is_forgotten_and_nothing_else(log):
    old = (datetime.now(UTC) - timedelta(days=31)).isoformat(timespec="microseconds")
    for at in (old, datetime.now(UTC).isoformat(timespec="microseconds")):
        log._insert([{"at": at, "service": "scheduler", **values()}])
    log.forget()
    (item,) = log.read(operations.AccessLog()).items
    assert item["at"] > old


async def test_many_lines_share_a_commit_and_are_read_in_pages(log):
    running = asyncio.create_task(log.run())
    waiting = (log.note(values(about=str(n)), before_the_answer=True) for n in range(120))
    await asyncio.gather(*waiting)
    running.cancel()
    first = log.read(operations.AccessLog(limit=100))
    rest = log.read(operations.AccessLog(limit=100, cursor=first.cursor))
    assert [int(i["about"]) for i in (*first.items, *rest.items)] == [*range(119, -1, -1)]
    assert rest.cursor is None


async def test_a_line_that_postgresql_does_not_take_hinders_no_other_one(postgres_url, capsys):
    """It keeps no NUL in a text."""
    log = AccessLog("scheduler", postgres_url, 30)
    running = asyncio.create_task(log.run())
    outcomes = await asyncio.gather(
        *(
            log.note(values(about=str(n), subject=sub), before_the_answer=n != 7)
            for n, sub in enumerate(["a"] * 5 + ["b\0"] + ["a"] * 10 + ["b\0"])
        ),
        return_exceptions=True,
    )
    assert [n for n, each in enumerate(outcomes) if isinstance(each, NotStorable)] == [5, 16]
    assert sum(each is None for each in outcomes) == 15
    await until(lambda: lines(log) == 15)
    running.cancel()
    assert log.refused_rows == 2
    said = capsys.readouterr().out
    assert said.count("access_not_noted") == 2
    assert "query scheduler.log" in said
    assert "b\0" not in said
    log.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_where_the_log_takes_nothing_lines_wait_and_none_is_left_out(
    kind, request, database_url, monkeypatch
):
    monkeypatch.setattr("siko_core.identity.access_log.RETRY_SECONDS", 0.05)
    monkeypatch.setattr("siko_core.identity.access_log.PATIENCE_SECONDS", 0.2)
    url = database_url if kind == "sqlite" else request.getfixturevalue("postgres_url")
    log = AccessLog("scheduler", url, 30)
    running = asyncio.create_task(log.run())
    with narrowed(url, "accesses", "asked", 3):
        with pytest.raises(Unavailable):
            await log.note(values(), before_the_answer=True)
        with pytest.raises(Unavailable):
            log.ensure_writable()
    await until(lambda: lines(log) == 1)
    log.ensure_writable()
    assert lines(log) == 1
    running.cancel()
    log.close()


async def test_what_could_not_be_written_is_written_later(log, monkeypatch):
    def away(*_):
        raise OSError

    monkeypatch.setattr("siko_core.identity.access_log.RETRY_SECONDS", 0.05)
    monkeypatch.setattr("siko_core.identity.access_log.PATIENCE_SECONDS", 0.2)
    insert, log._insert = log._insert, away
    running = asyncio.create_task(log.run())
    with pytest.raises(Unavailable):
        await log.note(values(), before_the_answer=True)
    log._insert = insert
    await until(lambda: lines(log) == 1)
    running.cancel()
