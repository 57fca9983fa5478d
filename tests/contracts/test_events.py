"""What subscribers rely on: an event means what it meant, whoever reads it with whichever version."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from siko_contracts.commands import COMMANDS, Command
from siko_contracts.commands.operations import DiscardDeadLetters, ReplayDeadLetters
from siko_contracts.events import TYPES, Event, decode
from siko_contracts.examples import example

EVENTS = sorted(TYPES.values(), key=lambda event: event.TYPE)
ALL_COMMANDS = [command for commands in COMMANDS.values() for command in commands.values()]


def by_type(event: type[Event]) -> str:
    return event.TYPE


def with_strangers(document: Any) -> Any:
    """The same with a field that nobody here knows, at every depth."""
    if isinstance(document, dict):
        return {name: with_strangers(value) for name, value in document.items()} | {"stranger": 1}
    if isinstance(document, list):
        return [with_strangers(each) for each in document]
    return document


@pytest.mark.parametrize("event", EVENTS, ids=by_type)
def test_every_event_comes_back_as_it_was_sent(event):
    document = example(event)
    first = decode(event.TYPE, json.dumps(document))
    assert isinstance(first, event)
    body = first.model_dump_json()
    assert decode(event.TYPE, body) == first
    assert json.loads(body) == document


@pytest.mark.parametrize("event", EVENTS, ids=by_type)
def test_fields_that_a_later_version_added_are_tolerated_at_every_depth(event):
    document = example(event)
    known = decode(event.TYPE, json.dumps(document))
    assert decode(event.TYPE, json.dumps(with_strangers(document))) == known


@pytest.mark.parametrize("event", EVENTS, ids=by_type)
def test_a_body_without_a_required_field_is_refused(event):
    document = example(event)
    for name, field in event.model_fields.items():
        if field.is_required():
            left = {n: v for n, v in document.items() if n != (field.alias or name)}
            with pytest.raises(ValidationError):
                decode(event.TYPE, json.dumps(left))


def test_an_event_of_an_unknown_type_is_none_of_our_business():
    assert decode("conference_scheduled.v2", b"{}") is None


def test_the_name_of_a_type_is_snake_case_with_its_version():
    for type_ in TYPES:
        name, _, version = type_.partition(".")
        assert name.replace("_", "").isalpha()
        assert name == name.lower()
        assert version[0] == "v"
        assert version[1:].isdigit()


def test_two_events_never_share_a_type():
    with pytest.raises(TypeError, match=r"recorded\.v1 is taken"):

        class Again(Event):
            TYPE = "recorded.v1"


def test_events_cannot_be_changed():
    event = decode("recorded.v1", json.dumps(example(TYPES["recorded.v1"])))
    with pytest.raises(ValidationError):
        event.event = "other"  # type: ignore[union-attr]


def test_times_are_kept_in_utc_and_need_an_offset():
    document = example(TYPES["recorded.v1"])
    local = decode(
        "recorded.v1", json.dumps(document | {"recorded_at": "2025-07-01T10:00:00+02:00"})
    )
    assert json.loads(local.model_dump_json())["recorded_at"] == "2025-07-01T08:00:00Z"  # type: ignore[union-attr]
    with pytest.raises(ValidationError):
        decode("recorded.v1", json.dumps(document | {"recorded_at": "2025-07-01T10:00:00"}))


@pytest.mark.parametrize("command", ALL_COMMANDS, ids=lambda command: command.NAME)
def test_every_command_is_read_as_it_was_sent_and_refuses_what_it_does_not_know(command):
    document = example(command)
    read = command.model_validate_json(json.dumps(document))
    assert command.model_validate_json(read.model_dump_json()) == read
    for unknown in _one_stranger_each(document):
        with pytest.raises(ValidationError, match="stranger"):
            command.model_validate_json(json.dumps(unknown))


def _one_stranger_each(document: Any) -> list[Any]:
    """The document with one unknown field, for each object in it."""
    if isinstance(document, list):
        return [[changed] for each in document for changed in _one_stranger_each(each)]
    if not isinstance(document, dict):
        return []
    return [document | {"stranger": 1}] + [
        document | {name: changed}
        for name, value in document.items()
        for changed in _one_stranger_each(value)
    ]


def test_the_name_of_a_command_is_the_snake_case_of_its_class():
    """Literal in the code, so that a class may be renamed; this says when one was by mistake."""
    for commands in COMMANDS.values():
        for name, command in commands.items():
            words = "".join(f"_{c.lower()}" if c.isupper() else c for c in command.__name__)
            assert name == words.removeprefix("_")


def test_no_event_carries_words_of_people():
    """contracts §3: persons, titles, reasons, texts and notes are asked for, never published."""
    forbidden = {"title", "text", "reason", "comment", "note", "salutation", "email", "error"}
    allowed_names = {"authority_registered.v1", "body_registered.v1", "body_changed.v1"}
    for event in EVENTS:
        fields = _all_fields(event)
        assert not fields & forbidden, event.TYPE
        if event.TYPE not in allowed_names:
            assert "name" not in fields, event.TYPE


def _all_fields(model: type[BaseModel]) -> set[str]:
    properties = [model.model_json_schema(), *model.model_json_schema().get("$defs", {}).values()]
    return {name for schema in properties for name in schema.get("properties", {})}


def test_every_command_has_the_common_fields():
    for command in ALL_COMMANDS:
        assert issubclass(command, Command)
        assert {"id", "expected_version", "override_reason"} <= set(command.model_fields)


def test_who_may_know_of_a_topic_is_told_by_its_acceptance_and_no_other_event_but_the_older_submission():
    """Every subscriber reads it: another event that carries it is to be decided (docs/subscribing.md)."""
    telling = {event.TYPE for event in EVENTS if any("know" in name for name in event.model_fields)}
    assert telling == {"topic_accepted.v1", "topic_submitted.v1"}


@pytest.mark.parametrize("model", [ReplayDeadLetters, DiscardDeadLetters])
@pytest.mark.parametrize("named", [{}, {"id": "scheduler.17", "aggregate_id": "a"}])
def test_a_repair_names_a_dead_letter_or_an_aggregate_and_never_both(model, named):
    with pytest.raises(ValidationError, match="either id or aggregate_id"):
        model(reason="r", **named)
    for one in ({"id": "scheduler.17"}, {"aggregate_id": "a"}):
        assert model(reason="r", **one)
