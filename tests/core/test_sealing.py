"""Sealed fields: bound to their place, erased with their key, and nowhere in plain text."""

import base64
import json
import sqlite3
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import OperationalError
from pydantic import BaseModel
from siko_contracts.queries.audit import History, Log
from siko_core.eventsourced.keyring import Keyring
from siko_core.refusals import SealBroken
from siko_core.requests.history import EventLog
from siko_core.sealed import Sealed, sealed_fields

from tests.core.batches import NOW
from tests.core.messages import messages
from tests.core.toy import CONTRACTS, AmendNote, Note, Notes, WriteNote
from tests.core.waiting import until
from tests.wounds import narrowed


class Text(BaseModel):
    words: Sealed[str] | None


class Letter(BaseModel):
    texts: tuple[Text, ...]


SECRET = "Erika Mustermann, Domkloster 4"


@pytest.fixture
def open_keyring(database_url):
    opened: list[Keyring] = []

    def open_one() -> Keyring:
        opened.append(Keyring(database_url))
        return opened[-1]

    yield open_one
    for keyring in opened:
        keyring.close()


@pytest.fixture
def keyring(open_keyring):
    return open_keyring()


@pytest.mark.parametrize("value", [SECRET, "", "ä€😀", ["a", "b"], {"a": [1, None]}, 7, None])
def test_what_was_sealed_can_be_opened_where_it_was_sealed(keyring, value):
    assert keyring.open("note", "text", keyring.seal("note", "text", value)) == value


@pytest.mark.parametrize(
    ("owner", "field"),
    [("other", "text"), ("note", "reason"), ("note", "text.words"), ("note.text", "")],
)
def test_a_ciphertext_moved_to_another_place_cannot_be_opened(keyring, owner, field):
    sealed = keyring.seal("note", "text", SECRET)
    with pytest.raises(SealBroken, match="not the one that was sealed there") as error:
        keyring.open(owner, field, sealed)
    assert SECRET not in str(error.value)


def test_a_ciphertext_under_another_seal_id_cannot_be_opened(keyring):
    sealed, other = (keyring.seal("note", "text", SECRET) for _ in range(2))
    with pytest.raises(SealBroken):
        keyring.open("note", "text", sealed.model_copy(update={"seal_id": other.seal_id}))


def test_a_changed_ciphertext_cannot_be_opened(keyring):
    sealed = keyring.seal("note", "text", SECRET)
    raw = bytearray(base64.b64decode(sealed.ciphertext))
    raw[-1] ^= 1
    for ciphertext in (base64.b64encode(raw).decode(), "", "AAAA", "ä", "A"):
        changed = sealed.model_copy(update={"ciphertext": ciphertext})
        with pytest.raises(SealBroken) as error:
            keyring.open("note", "text", changed)
        assert error.value.details == {"id": "note", "field": "text"}


def test_the_same_text_never_has_the_same_ciphertext(keyring):
    ciphertexts = {keyring.seal("note", "text", SECRET).ciphertext for _ in range(50)}
    assert len(ciphertexts) == 50


def test_each_owner_has_a_key_and_keeps_it(open_keyring):
    here = open_keyring()
    first, second = (here.seal("note", "text", SECRET) for _ in range(2))
    other = here.seal("other", "text", SECRET)
    assert first.key_id == second.key_id != other.key_id
    here.flush()
    assert open_keyring().seal("note", "text", SECRET).key_id == first.key_id


def test_a_key_is_in_the_store_before_the_event_that_needs_it(desk, monkeypatch):
    """The other way round a crash between the two would leave a text that nobody can ever read."""
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    insert = desk.application.recorder.insert_events
    readable: list[bool] = []

    def insert_events(events: Any, **rest: Any) -> Any:
        keys = Keyring(desk.settings.keys_url.get_secret_value())
        for stored in events:
            event = desk.application.mapper.to_domain_event(stored)
            for field, sealed in sealed_fields(event):
                readable.append(keys.open(event.originator_id, field, sealed) == SECRET)
        keys.close()
        return insert(events, **rest)

    monkeypatch.setattr(desk.application.recorder, "insert_events", insert_events)
    desk.send(Notes.amend, AmendNote(note_id="a", text=SECRET))
    assert readable == [True]


def test_where_the_key_cannot_be_stored_nothing_is(desk, monkeypatch):
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)

    def away(*_: Any) -> None:
        raise OperationalError("the key store is away")

    with monkeypatch.context() as broken:
        broken.setattr(desk.application.keyring._database, "transaction", away)
        with pytest.raises(OperationalError):
            desk.send(Notes.amend, AmendNote(note_id="a", text=SECRET))
    assert desk.application.recorder.max_notification_id() == 1
    assert desk.send(Notes.amend, AmendNote(note_id="a", text=SECRET)).version == 2


def test_a_lost_answer_of_the_key_store_is_no_hindrance_for_ever(open_keyring, monkeypatch):
    """The keys are there, and storing them again must not fail."""
    keyring = open_keyring()
    sealed = keyring.seal("note", "text", SECRET)
    transaction = keyring._database.transaction

    @contextmanager
    def begin_and_lose() -> Any:
        with transaction() as cursor:
            yield cursor
        raise OperationalError("the answer is lost")

    with monkeypatch.context() as broken:
        broken.setattr(keyring._database, "transaction", begin_and_lose)
        with pytest.raises(OperationalError):
            keyring.flush()
    keyring.seal("other", "text", SECRET)
    keyring.flush()
    keyring.flush()
    assert open_keyring().open("note", "text", sealed) == SECRET


def test_without_the_key_everything_replays_and_reads_erased(desk, open_desk):
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    desk.send(Notes.amend, AmendNote(note_id="a", text=SECRET))
    desk.application.keyring.erase(["a"])
    again = open_desk()
    note = again.application.find(Note, "a")
    assert note is not None
    assert (note.version, note.amendments) == (2, 1)
    log = EventLog(again.application, CONTRACTS)
    _, amended = log.log(Log())
    assert amended["event"] == {"text": "gelöscht"}
    assert again.send(Notes.amend, AmendNote(note_id="a", text=SECRET)).version == 3
    *_, later = log.history(History(aggregate_id="a"))
    assert later["event"] == {"text": SECRET}


def test_an_error_of_the_key_store_shows_no_key(keyring, monkeypatch):
    keyring.seal("note", "text", SECRET)
    ((key_id, (_, owner, key)),) = keyring._unsaved.items()
    keyring._unsaved[key_id] = (key_id, object(), key)
    with pytest.raises((sqlite3.Error, psycopg.Error)) as error:
        keyring.flush()
    shown = "".join(traceback.format_exception(error.value))
    assert key_id not in shown
    assert repr(key)[2:20] not in shown
    keyring._unsaved[key_id] = (key_id, owner, key)
    keyring.flush()


def test_after_an_erasure_only_that_owners_texts_are_gone(keyring):
    gone, kept = (keyring.seal(owner, "text", SECRET) for owner in ("gone", "kept"))
    keyring.flush()
    keyring.erase(["gone"])
    assert keyring.open("gone", "text", gone) == "gelöscht"
    assert keyring.open("kept", "text", kept) == SECRET


def test_a_key_that_was_not_yet_stored_is_erased_too(open_keyring):
    keyring = open_keyring()
    sealed = keyring.seal("gone", "text", SECRET)
    keyring.erase(["gone"])
    keyring.flush()
    assert open_keyring().open("gone", "text", sealed) == "gelöscht"


def test_an_event_without_its_optional_sealed_text_has_nothing_to_open(desk):
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    desk.send(Notes.amend, AmendNote(note_id="a"))
    assert EventLog(desk.application, CONTRACTS).log(Log())[1]["event"] == {"text": None}


def test_a_key_store_of_an_earlier_version_takes_long_owners_once_it_is_opened(postgres_url):
    """Its table was made with `owner varchar(300)`; an invitation's id may be longer."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE sealing_keys"
            " (key_id varchar(64) PRIMARY KEY, owner varchar(300) NOT NULL, key bytea NOT NULL)"
        )
        connection.execute("CREATE INDEX ix_sealing_keys_owner ON sealing_keys (owner)")
        connection.execute("INSERT INTO sealing_keys VALUES ('k', 'note', %s)", [bytes(32)])
    owner = f"invitation:{'c' * 200}:{'b' * 96}"
    for _ in range(2):  # the second time there is nothing to alter
        keyring = Keyring(postgres_url)
        assert keyring.seal("note", "text", SECRET).key_id == "k"
        sealed = keyring.seal(owner, "text", SECRET)
        keyring.flush()
        keyring.close()
    keyring = Keyring(postgres_url)
    assert keyring.open(owner, "text", sealed) == SECRET
    keyring.close()


def test_a_failed_flush_leaves_no_key_behind_that_would_fail_the_next(keyring, database_url):
    keyring.seal("x" * 60, "text", SECRET)
    with narrowed(database_url, "sealing_keys", "owner", 50):
        with pytest.raises((sqlite3.Error, psycopg.Error)):
            keyring.flush()
        sealed = keyring.seal("note", "text", SECRET)
        keyring.flush()
    assert keyring.open("note", "text", sealed) == SECRET


def test_sealed_fields_are_found_with_their_dotted_path():
    text = Sealed[str](key_id="k", seal_id="s", ciphertext="c")
    assert sealed_fields(Text(words=text)) == [("words", text)]
    assert sealed_fields(Letter(texts=(Text(words=text), Text(words=None)))) == [
        ("texts.words", text)
    ]


async def test_canary_no_sealed_text_is_anywhere_in_the_clear(
    start_process, client, database_url, tmp_path
):
    """Not in a byte of the event store, nor in a message on the stream, nor in the log; who asks reads it."""
    log_format = "json" if database_url.startswith("sqlite") else "console"
    running = await start_process(SIKO_LOG_FORMAT=log_format)
    for name, body in (
        ("write_note", {"id": "a"}),
        ("amend_note", {"note_id": "a", "text": SECRET}),
        ("amend_note", {"note_id": "nowhere", "text": SECRET}),
        ("amend_note", {"note_id": "a", "text": SECRET, "unknown": SECRET}),
        ("misdo", {"note_id": "a", "how": "raise after the save", "override_reason": SECRET}),
    ):
        data = json.dumps(body, ensure_ascii=False).encode()
        sent = {"Siko-Now": NOW}
        await client.request(f"siko.command.scheduler.{name}", data, timeout=5, headers=sent)

    async def on_stream() -> list[Any]:
        found = await messages(client)
        return found if len(found) == 2 else []

    stream = await until(on_stream)
    reply = await client.request("siko.query.scheduler.history", b'{"aggregate_id": "a"}')
    assert json.loads(reply.data)["items"][1]["event"]["text"] == SECRET
    assert running.stop() == 0

    stored = _everything_stored(database_url, tmp_path)
    said = running.said()
    assert b"toy_note.amended" in stored
    assert "request_failed" in said
    for word in (SECRET, "Mustermann", "Domkloster"):
        assert word not in said
        assert word.encode() not in stored
        assert word.encode() not in b"".join(f.read_bytes() for f in _files(tmp_path / "nats"))
        for message in stream:
            assert word not in f"{message.data!r} {message.headers}"


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def _everything_stored(database_url: str, tmp_path: Path) -> bytes:
    """The event store's bytes: its files on SQLite, on PostgreSQL every row of every table."""
    if database_url.startswith("sqlite"):
        return b"".join(f.read_bytes() for f in tmp_path.glob("store.db*"))
    with psycopg.connect(database_url) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        rows = [
            row
            for (table,) in tables
            for row in connection.execute(f'SELECT * FROM "{table}"').fetchall()  # type: ignore[call-overload]
        ]
    return b"\n".join(
        bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
        for row in rows
        for value in row
    )


def test_the_keys_are_not_in_the_event_store(desk, tmp_path, database_url):
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    desk.send(Notes.amend, AmendNote(note_id="a", text=SECRET))
    with sqlite3.connect(tmp_path / "scheduler-keys.db") as connection:
        ((key,),) = connection.execute("SELECT key FROM sealing_keys").fetchall()
    assert len(key) == 32
    stored = _everything_stored(database_url, tmp_path)
    assert key not in stored
    assert base64.b64encode(key) not in stored
