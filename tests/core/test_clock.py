"""What time it is: the manual clock never runs backwards, and nobody moves the system's."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from siko_contracts.answers import Refusal
from siko_core.clock import Clock, seconds_to_next_day
from siko_core.databases import StoreUnreachable
from siko_core.refusals import InvalidCommand
from siko_core.store.open import open_application
from siko_core.testing import Desk

from tests.core.batches import commit, job
from tests.core.toy import CONTRACTS, AmendNote, Follows, Misdo, Notes, WriteNote, count, moment

BERLIN = ZoneInfo("Europe/Berlin")
moments = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def test_the_manual_clock_begins_in_2007():
    assert Clock("manual").now() == datetime(2007, 1, 1, tzinfo=BERLIN)


@pytest.mark.parametrize("asked", [None, moment("2025-01-01T09:00:00+01:00")])
def test_the_clock_is_in_utc_whatever_it_was_asked_in(asked):
    assert Clock("manual").now(asked).tzinfo is UTC


@given(st.lists(moments, max_size=20))
def test_the_manual_clock_never_runs_backwards(asked):
    clock = Clock("manual")
    seen = [clock.now()]
    for each in asked:
        clock.observe(clock.now(each))
        seen.append(clock.now())
    assert seen == sorted(seen)
    assert clock.now() == max([Clock("manual").now(), *asked])


def test_what_is_only_asked_for_moves_no_clock():
    clock = Clock("manual")
    assert clock.now(moment("2199-12-31T00:00:00Z")) == moment("2199-12-31T00:00:00Z")
    assert clock.now() == Clock("manual").now()


@time_machine.travel("2025-06-01T12:00:00Z", tick=False)
def test_the_system_clock_is_what_the_system_says():
    clock = Clock("system", moment("2030-01-01T00:00:00Z"))
    clock.observe(moment("2031-01-01T00:00:00Z"))
    assert clock.now() == moment("2025-06-01T12:00:00Z")
    assert clock.now(moment("2032-01-01T00:00:00Z")) == moment("2025-06-01T12:00:00Z")


def test_siko_now_is_refused_under_the_system_clock():
    with pytest.raises(InvalidCommand, match="manual clock only") as refused:
        Clock("system").parse("2025-01-01T00:00:00Z")
    assert "Siko-Now" in refused.value.details


@pytest.mark.parametrize(
    "header", ["", "heute", "2025-01-01T09:00:00", "2025-13-01T00:00:00Z", "3025-01-01T00:00:00Z"]
)
def test_siko_now_is_a_time_with_offset(header):
    with pytest.raises(InvalidCommand) as refused:
        Clock("manual").parse(header)
    assert list(refused.value.details) == ["Siko-Now"]


@given(moments)
def test_the_next_day_begins_at_berlins_midnight_also_where_the_clocks_change(now):
    seconds = seconds_to_next_day(now)
    assert 0 < seconds <= 25 * 3600
    begins = (now + timedelta(seconds=seconds)).astimezone(BERLIN)
    before = (now + timedelta(seconds=seconds - 0.001)).astimezone(BERLIN)
    assert (begins.hour, begins.minute, begins.second) == (0, 0, 0)
    assert before.date() == now.astimezone(BERLIN).date() == begins.date() - timedelta(days=1)


def test_a_command_moves_the_manual_clock_and_a_later_one_without_a_time_keeps_it(desk):
    desk.send(Notes.write, WriteNote(id="a"), now="2025-03-01T10:00:00+01:00")
    desk.send(Notes.amend, AmendNote(note_id="a"))
    desk.send(Notes.amend, AmendNote(note_id="a"), now="2025-02-01T10:00:00+01:00")
    assert {event.recorded_at for event in desk.contracts} == {moment("2025-03-01T09:00:00Z")}


@pytest.mark.parametrize(
    "command",
    [
        AmendNote(note_id="missing"),
        AmendNote(note_id="a", expected_version=7),
        WriteNote(id="a"),
        AmendNote(note_id="a", effective_at="2199-12-31T09:00:00Z"),
    ],
    ids=["not found", "another version", "taken", "in the future"],
)
def test_a_command_that_is_refused_does_not_move_the_manual_clock(desk, command):
    desk.send(Notes.write, WriteNote(id="a"), now="2025-03-01T10:00:00+01:00")
    method = Notes.write if isinstance(command, WriteNote) else Notes.amend
    assert desk.send(method, command, now="2199-01-01T10:00:00+01:00").ok is False
    assert desk.clock.now() == moment("2025-03-01T09:00:00Z")


def test_a_command_that_fails_does_not_move_the_manual_clock(desk):
    desk.send(Notes.write, WriteNote(id="a"), now="2025-03-01T10:00:00+01:00")
    misdeed = Misdo(note_id="a", how="raise after the save")
    with pytest.raises(ZeroDivisionError):
        desk.send(Notes.misdo, misdeed, now="2199-01-01T10:00:00+01:00")
    assert desk.clock.now() == moment("2025-03-01T09:00:00Z")


def test_a_repeat_of_an_accepted_command_does_not_move_the_manual_clock(desk):
    again = {"command_id": "0192f0c4-0000-7000-8000-000000000001"}
    first = desk.send(Notes.write, WriteNote(id="a"), now="2025-03-01T10:00:00+01:00", **again)
    second = desk.send(Notes.write, WriteNote(id="a"), now="2199-01-01T10:00:00+01:00", **again)
    assert first == second
    assert desk.clock.now() == moment("2025-03-01T09:00:00Z")


def test_of_commands_that_are_committed_together_none_is_recorded_before_the_one_before_it(desk):
    """The refused one between them counts for nothing; what happens now happens when it is recorded."""
    desk.send(Notes.write, WriteNote(id="a"), now="2024-12-01T10:00:00+01:00")
    jobs = [
        job(desk, Notes.amend, AmendNote(note_id=note_id), now=now)
        for note_id, now in (
            ("a", "2025-03-01T10:00:00+01:00"),
            ("missing", "2199-01-01T10:00:00+01:00"),
            ("a", "2025-02-01T10:00:00+01:00"),
        )
    ]
    commit(desk, *jobs)
    *_, first, second = desk.contracts
    assert (first.recorded_at, second.recorded_at) == (moment("2025-03-01T09:00:00Z"),) * 2
    assert second.effective_at == second.recorded_at
    assert desk.clock.now() == second.recorded_at


def test_the_manual_clock_goes_on_after_a_restart_where_it_stood(desk, open_desk):
    desk.send(Notes.write, WriteNote(id="a"), now="2025-03-01T10:00:00+01:00")
    again = open_desk()
    again.send(Notes.amend, AmendNote(note_id="a"))
    assert again.contracts[-1].recorded_at == moment("2025-03-01T09:00:00Z")


def test_a_fact_of_another_service_moves_the_manual_clock(desk, open_desk):
    desk.send(Notes.write, WriteNote(id="a"), now="2025-03-01T10:00:00+01:00")
    follower = open_desk(Follows, count)
    follower.follow(*desk.contracts)
    assert follower.clock.now() == moment("2025-03-01T09:00:00Z")


@pytest.mark.parametrize(("begun", "other"), [("manual", "system"), ("system", "manual")])
def test_a_store_begun_under_another_clock_is_refused(begun, other, tmp_path):
    folder = tmp_path / "another"
    folder.mkdir()
    settings = Desk(Notes, CONTRACTS, folder).settings
    file = folder / "begun.db"
    urls = {"database_url": SecretStr(f"sqlite:///{file}")}
    application, clock = open_application(
        Notes, settings.model_copy(update={**urls, "clock": begun})
    )
    assert clock.manual is (begun == "manual")
    application.close()
    with pytest.raises(StoreUnreachable, match=f"SIKO_CLOCK={begun} and cannot go on with {other}"):
        open_application(Notes, settings.model_copy(update={**urls, "clock": other}))


def test_siko_now_of_a_command_is_refused_by_a_service_under_the_system_clock(tmp_path):
    desk = Desk(Notes, CONTRACTS, tmp_path)
    desk.clock = Clock("system")
    refused = desk.send(Notes.write, WriteNote(id="a"), now="2025-03-01T10:00:00+01:00")
    assert isinstance(refused, Refusal)
    assert list(refused.error.details) == ["Siko-Now"]


@pytest.mark.parametrize(
    ("field", "setting"), [("database_url", "SIKO_DATABASE_URL"), ("keys_url", "SIKO_KEYS_URL")]
)
def test_a_store_that_cannot_be_opened_is_named_with_its_setting(tmp_path, field, setting):
    settings = Desk(Notes, CONTRACTS, tmp_path).settings
    for url, word in ((f"sqlite:///{tmp_path}/missing/x.db", "missing"), ("mysql:/x", "use")):
        with pytest.raises(StoreUnreachable, match=setting) as error:
            open_application(Notes, settings.model_copy(update={field: SecretStr(url)}))
        assert word in str(error.value)


def test_a_database_that_is_away_is_named_without_its_password(tmp_path):
    settings = Desk(Notes, CONTRACTS, tmp_path).settings
    away = SecretStr("postgresql://siko:geheim@127.0.0.1:1/x")
    with pytest.raises(StoreUnreachable, match=r"127\.0\.0\.1:1/x") as error:
        open_application(Notes, settings.model_copy(update={"keys_url": away}))
    assert "geheim" not in str(error.value)
