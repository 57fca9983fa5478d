"""Who is not known is counted and seldom written down, and is in nobody's way."""

import asyncio
import json
from typing import Any

import pytest
from siko_contracts.queries import operations
from siko_core.identity.access_log import AccessLog
from siko_core.identity.admission import Admission, Turn
from siko_core.identity.allowance import Allowance
from siko_core.identity.unknown_callers import ASKED, WRITTEN
from siko_core.refusals import Unavailable

from tests.core.identity.signing import AUDITOR, Key
from tests.core.waiting import until

MANY = 300


@pytest.fixture
def database_url(tmp_path):
    return f"sqlite:///{tmp_path}/store.db"


def rows(log: AccessLog) -> list[dict[str, Any]]:
    return log.read(operations.AccessLog(limit=1000)).items


def counted(service: Any, name: str) -> Any:
    (found,) = [
        each for each in service.figures.subscribers if each.subject.template.endswith(f".{name}")
    ]
    return found


async def test_many_who_are_not_known_are_counted_and_few_are_written(
    ask, key, notes, client, capsys
):
    stranger = Key("stranger")
    tokens = [(None, "junk", stranger.sign())[n % 3] for n in range(MANY)]
    answers = await asyncio.gather(*(ask("write_note", {}, token) for token in tokens))
    assert {answer["error"]["code"] for answer in answers} == {"NotAuthorised"}
    log = notes.guard.access_log
    await until(lambda: rows(log))
    assert len(rows(log)) == WRITTEN
    assert capsys.readouterr().out.count("refused ") == WRITTEN
    figure = counted(notes, "write_note")
    assert (figure.unknown, figure.answered) == (MANY, MANY)
    assert figure.refused == {"NotAuthorised": MANY}
    notes.guard.unknown.tell(log)
    await until(lambda: len(rows(log)) > WRITTEN)
    told = rows(log)[0]
    assert (told["asked"], json.loads(told["about"])) == (ASKED, {"left_out": MANY - WRITTEN})
    assert (told["subject"], told["outcome"]) == (None, "NotAuthorised")


async def test_who_is_known_and_refused_is_written_every_time(ask, key, notes):
    for _ in range(WRITTEN + 5):
        await ask("log", {}, key.sign())
    await until(lambda: len(rows(notes.guard.access_log)) == WRITTEN + 5)


async def test_while_too_many_tokens_are_new_those_that_are_known_count(ask, key, notes):
    known, new = key.sign(AUDITOR), key.sign(AUDITOR)
    assert (await ask("log", {}, known))["ok"]
    notes.guard.unknown.others.looks = Allowance(0, 60)
    for token in (new, Key("stranger").sign()):
        answer = await ask("log", {}, token)
        assert answer["error"]["code"] == "Unavailable"
        assert answer["error"]["details"] == {"retry_after_s": 1}
    assert (await ask("log", {}, known))["ok"]
    assert (await ask("log", {}, "junk"))["error"]["code"] == "NotAuthorised"
    notes.guard.unknown.others.looks = Allowance(1, 60)
    assert (await ask("log", {}, new))["ok"]


async def test_a_token_that_was_known_and_ended_is_looked_at_again(ask, key, notes, keys_file):
    """One that was signed out, has expired or lost its key is no longer let through as known."""
    token = key.sign(AUDITOR)
    assert (await ask("log", {}, token))["ok"]
    verifier = notes.guard.verifier
    known = verifier.known(token.encode())
    assert known
    await notes.guard.signouts.sign_out(known.session)
    assert verifier.known(token.encode()) is None
    other = key.sign(AUDITOR)
    assert (await ask("log", {}, other))["ok"]
    keys_file.write_text(json.dumps({"keys": [Key("next").public]}))
    await until(lambda: verifier.known(other.encode()) is None)
    assert (await ask("log", {}, other))["error"]["code"] == "NotAuthorised"


def test_so_many_in_a_period_and_no_more():
    now = [0.0]
    allowance = Allowance(3, 60, lambda: now[0])
    assert [allowance.take() for _ in range(5)] == [True, True, True, False, False]
    now[0] = 59.9
    assert not allowance.take()
    now[0] = 60.0
    assert allowance.take(3)
    assert not allowance.take()


def test_one_caller_takes_no_more_than_its_share_and_leaves_room_for_others():
    admission = Admission(4, 2, 100)
    turns = [Turn(admission, "a", 1), Turn(admission, "a", 1)]
    with pytest.raises(Unavailable):
        Turn(admission, "a", 1)
    turns += [Turn(admission, "b", 1), Turn(admission, None, 1)]
    with pytest.raises(Unavailable):
        Turn(admission, "c", 1)
    for turn in turns:
        turn.end()
    assert not admission.is_full("a")
    Turn(admission, "a", 100)
    with pytest.raises(Unavailable):
        Turn(admission, "b", 1)


def test_who_becomes_known_counts_among_those_who_are():
    unknown, known = Admission(1, 1, 100), Admission(2, 1, 100)
    turn = Turn(unknown, None, 1)
    turn.move(known, "a")
    assert not unknown.is_full(None)
    late = Turn(unknown, None, 1)
    with pytest.raises(Unavailable):
        late.move(known, "a")
    late.end()
    turn.end()
    assert not known.is_full("a")
    assert not unknown.is_full(None)
