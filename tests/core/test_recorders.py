"""The event stores: what is written is on disk and in order, and a reader never meets a half-done commit."""

import threading
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, OperationalError, StoredEvent
from siko_core.eventsourced.keyring import Keyring
from siko_core.positions import Place, Step, Written
from siko_core.store.environment import environment

from tests.core.toy import Notes
from tests.core.waiting import until


@pytest.fixture
def open_recorder(database_url, tmp_path):
    opened: list[Any] = []

    def open_one() -> Any:
        keyring = Keyring(f"sqlite:///{tmp_path}/keys.db")
        opened.append(Notes(environment(database_url), keyring))
        return opened[-1].recorder

    yield open_one
    for application in opened:
        application.recorder.close()
        application.close()
        application.keyring.close()


@pytest.fixture
def recorder(open_recorder):
    return open_recorder()


def event(aggregate: str, version: int = 1) -> StoredEvent:
    return StoredEvent(aggregate, version, "toy_note.written", b"{}")


def aggregates(recorder: Any) -> list[str]:
    return [n.originator_id for n in recorder.select_notifications(1, 1000)]


def in_a_thread(function: Any) -> list[Any]:
    """What it returns within two seconds; nothing where it is still waiting."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(function()), daemon=True)
    thread.start()
    thread.join(2)
    return found


def test_events_answers_and_steps_are_one_commit(recorder):
    recorder.place("agenda")
    ids = recorder.insert_events(
        [event("a"), event("b")], answers={"c1": "first"}, steps=[Step("agenda", 0, 9, 5)]
    )
    assert ids == [1, 2]
    assert recorder.answered(["c1", "c2"]) == {"c1": ("first", 2)}
    assert recorder.places()["agenda"] == Place(9, 5)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"stored_events": [event("new"), event("old")]},
        {"stored_events": [event("new")], "answers": {"c0": "again"}},
        {"stored_events": [event("new")], "steps": [Step("agenda", 3, 4, 4)]},
        {
            "stored_events": [event("new")],
            "steps": [Step("invitations", 0, 4, 4), Step("agenda", 3, 4, 4)],
        },
        {"stored_events": [event("new")], "steps": [Step("nobody", 0, 1, 1)]},
    ],
    ids=["version taken", "command answered", "step taken", "one step taken", "never followed"],
)
def test_all_or_nothing_is_stored(recorder, spoilt):
    for producer in ("agenda", "invitations"):
        recorder.place(producer)
    recorder.insert_events([event("old")], answers={"c0": "first"})
    spoilt = {"answers": {"c1": "x"}} | spoilt
    with pytest.raises(IntegrityError):
        recorder.insert_events(**spoilt)
    assert aggregates(recorder) == ["old"]
    assert recorder.answered(["c0", "c1"]) == {"c0": ("first", 1)}
    assert recorder.places() == {"agenda": Place(), "invitations": Place()}


def test_an_answer_without_events_has_no_position_of_its_own(recorder):
    assert not recorder.insert_events([], answers={"c1": "x"})
    assert recorder.answered(["c1"]) == {"c1": ("x", None)}


def test_a_store_keeps_its_first_mark(open_recorder):
    assert open_recorder().mark("clock", "manual") == "manual"
    assert open_recorder().mark("clock", "system") == "manual"


def test_places_last(open_recorder):
    first = open_recorder()
    first.place("agenda")
    first.insert_events([], steps=[Step("agenda", 0, 5, 4)])
    assert open_recorder().place("agenda") == Place(5, 4)


async def test_a_commit_of_another_process_is_heard_of_until_the_store_is_asked(
    open_recorder, database_url
):
    here, there = open_recorder(), open_recorder()
    here.insert_events([event("ours")])
    there.insert_events([event("theirs"), event("theirs", 2)])
    if database_url.startswith("postgresql"):  # a file has no notices
        await until(here.others_committed)
    standing, written = here.standing(1, 1)
    assert (standing.last, written) == (3, [Written(2, "theirs", 1, "toy_note.written")])
    assert here.foreign(2, 10, 3) == [Written(3, "theirs", 2, "toy_note.written")]
    here.insert_events([event("ours", 2)])
    assert not here.others_committed()


def test_an_aggregates_events_are_read_from_any_version_on(recorder):
    recorder.insert_events([event("a"), event("b"), event("a", 2), event("a", 3)])
    assert [e.originator_version for e in recorder.events_of("a", 0, 2)] == [1, 2]
    assert [*recorder.events_of("a", 1, None)] == [event("a", 2), event("a", 3)]


def test_what_is_inserted_exclusively_is_committed_at_the_end_or_not_at_all(recorder):
    with recorder.exclusively():
        recorder.insert_events([event("a")])
    with pytest.raises(ZeroDivisionError), recorder.exclusively():
        _insert_and_fail(recorder)
    assert aggregates(recorder) == ["a"]
    recorder.insert_events([event("c")])
    assert aggregates(recorder) == ["a", "c"]


def _insert_and_fail(recorder: Any) -> None:
    recorder.insert_events([event("b")])
    raise ZeroDivisionError


def test_nobody_else_commits_within(open_recorder):
    here, there = open_recorder(), open_recorder()
    order: list[str] = []
    with here.exclusively():
        other = threading.Thread(
            target=lambda: (there.insert_events([event("b")]), order.append("there"))
        )
        other.start()
        other.join(0.3)
        order.append("here")
        here.insert_events([event("a")])
    other.join(10)
    assert order == ["here", "there"]
    assert aggregates(here) == ["a", "b"]


def test_a_reader_beside_sees_nothing_of_what_is_not_committed(recorder):
    """Pages and queries read in threads of their own while the writer has the lock."""
    recorder.place("agenda")
    with recorder.exclusively():
        recorder.insert_events([event("a")], answers={"c1": "x"}, steps=[Step("agenda", 0, 5, 4)])
        assert in_a_thread(lambda: recorder.places()["agenda"]) == [Place()]
        assert in_a_thread(lambda: recorder.max_notification_id() or 0) == [0]
    assert recorder.places()["agenda"] == Place(5, 4)


def test_readers_do_not_disturb_the_writer_that_has_the_lock(recorder):
    recorder.place("agenda")
    stop = threading.Event()
    failed: list[Exception] = []

    def read() -> None:
        while not stop.is_set():
            try:
                recorder.places()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a disturbance
                failed.append(error)
                return

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for position in range(30):
            with recorder.exclusively():
                recorder.insert_events(
                    [event("a", position + 1)],
                    answers={f"c{position}": "x"},
                    steps=[Step("agenda", position, position + 1, 1)],
                )
                assert recorder.place("agenda").position in {position, position + 1}
    finally:
        stop.set()
        for reader in readers:
            reader.join(10)
    assert failed == []
    assert recorder.places()["agenda"] == Place(30, 1)


def test_a_tailing_reader_meets_every_event_in_the_order_of_positions(open_recorder):
    """Ids become visible in their order: who has read up to one never finds a lower one later."""
    writers = [open_recorder() for _ in range(3)]
    reader = open_recorder()

    def write(number: int) -> None:
        for version in range(1, 21):
            writers[number].insert_events([event(f"a{number}", version)])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    seen: list[int] = []
    while any(thread.is_alive() for thread in threads):
        page = reader.select_notifications(seen[-1] if seen else 0, 5, inclusive_of_start=False)
        seen += [stored.id for stored in page]
    while page := reader.select_notifications(seen[-1], 50, inclusive_of_start=False):
        seen += [stored.id for stored in page]
    assert len(seen) == 60
    assert seen == sorted(stored.id for stored in reader.select_notifications(1, 1000))


def test_positions_are_never_used_again(recorder):
    """Not after a rolled-back commit on PostgreSQL, and on SQLite not after the rows are gone."""
    recorder.insert_events([event("a"), event("b")])
    with pytest.raises(IntegrityError):
        recorder.insert_events([event("c"), event("a")])
    (position,) = recorder.insert_events([event("c")])
    assert position > 2
    assert recorder.max_notification_id() == position


def test_a_name_that_would_lose_events_is_refused(postgres_url, tmp_path):
    keyring = Keyring(f"sqlite:///{tmp_path}/keys.db")
    with pytest.raises(OperationalError, match="POSTGRES_ENABLE_DB_FUNCTIONS"):
        Notes(environment(postgres_url) | {"POSTGRES_ENABLE_DB_FUNCTIONS": "yes"}, keyring)


def test_a_commit_on_sqlite_is_on_disk(tmp_path):
    """synchronous=FULL: in WAL mode every commit is flushed before it is answered."""
    keyring = Keyring(f"sqlite:///{tmp_path}/keys.db")
    application: Any = Notes(environment(f"sqlite:///{tmp_path}/store.db"), keyring)
    with application.recorder.datastore.transaction(commit=False) as cursor:
        cursor.execute("PRAGMA synchronous")
        assert cursor.fetchone()[0] >= 2
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone()[0] == "wal"
    application.close()


def test_on_sqlite_positions_outlive_a_vacuum(tmp_path):
    """The library pages by a hidden rowid, which a VACUUM renumbers."""
    keyring = Keyring(f"sqlite:///{tmp_path}/keys.db")
    application: Any = Notes(environment(f"sqlite:///{tmp_path}/store.db"), keyring)
    recorder = application.recorder
    recorder.insert_events([event("a"), event("b"), event("c")])
    connection = recorder.datastore.pool._create_connection()
    connection.cursor().execute("DELETE FROM stored_events WHERE originator_id IN ('a', 'c')")
    connection.cursor().execute("VACUUM")
    assert [n.id for n in recorder.select_notifications(1, 10)] == [2]
    assert recorder.insert_events([event("d")]) == [4]
    application.close()


def test_the_store_of_a_service_can_be_read_with_sql(recorder, database_url):
    """An auditor needs no program of ours."""
    recorder.insert_events([event("a")])
    if database_url.startswith("postgresql"):
        with psycopg.connect(database_url) as connection:
            rows = connection.execute("SELECT originator_id, state FROM scheduler_events")
            assert [(name, bytes(state)) for name, state in rows] == [("a", b"{}")]
    else:
        with recorder.datastore.transaction(commit=False) as cursor:
            cursor.execute("SELECT originator_id, CAST(state AS TEXT) FROM stored_events")
            assert [tuple(row) for row in cursor.fetchall()] == [("a", "{}")]


def test_an_application_opens_with_no_recorder_but_ours(tmp_path):
    """Another one would store the events of a decision without its answer and its place."""
    keyring = Keyring(f"sqlite:///{tmp_path}/keys.db")
    with pytest.raises(TypeError, match="POPOApplicationRecorder"):
        Notes({"PERSISTENCE_MODULE": "eventsourcing.popo"}, keyring)
    keyring.close()
