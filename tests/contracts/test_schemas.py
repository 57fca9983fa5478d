"""The committed JSON Schemas are those of the models, and say what the models do."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import BaseModel
from siko_contracts import schemas
from siko_contracts.commands import COMMANDS, OPERATIONS
from siko_contracts.events import TYPES
from siko_contracts.examples import example

EVENTS = {f"{type_}.json": event for type_, event in TYPES.items()}
ITEMS = {f"items/{name}.json": item for name, item in schemas.ITEMS.items()}
COMMAND_FILES = {
    f"commands/{service}.{name}.json": command
    for service, commands in COMMANDS.items()
    for name, command in commands.items()
} | {f"commands/{name}.json": command for name, command in OPERATIONS.items()}
MODELS: dict[str, type[BaseModel]] = EVENTS | ITEMS | COMMAND_FILES


def committed(file: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((schemas.FOLDER / file).read_text())
    return document


def validator(file: str) -> Draft202012Validator:
    return Draft202012Validator(committed(file), format_checker=FormatChecker())


def test_every_event_and_command_has_a_file_of_its_own():
    assert set(MODELS) == set(schemas.documents())
    assert len(EVENTS) == len(TYPES)


@pytest.mark.parametrize("file", MODELS)
def test_a_schema_is_one_and_has_its_own_id(file):
    document = committed(file)
    Draft202012Validator.check_schema(document)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    kind, _, name = file.removesuffix(".json").rpartition("/")
    prefix = {"": "", "commands": "command:", "items": "item:"}[kind]
    assert document["$id"] == f"urn:siko:schema:{prefix}{name}"


@pytest.mark.parametrize("file", MODELS)
def test_a_schema_accepts_what_the_model_accepts_and_sends(file):
    model = MODELS[file]
    document = example(model)
    validator(file).validate(document)
    sent = model.model_validate_json(json.dumps(document)).model_dump_json(by_alias=True)
    validator(file).validate(json.loads(sent))


@pytest.mark.parametrize("file", MODELS)
def test_a_schema_misses_what_the_model_misses(file):
    document = example(MODELS[file])
    for name, field in MODELS[file].model_fields.items():
        left = {n: v for n, v in document.items() if n != (field.alias or name)}
        assert validator(file).is_valid(left) is not field.is_required(), name


@pytest.mark.parametrize("file", EVENTS)
def test_an_events_schema_passes_over_fields_that_a_later_version_adds(file):
    validator(file).validate(example(EVENTS[file]) | {"stranger": 1})


@pytest.mark.parametrize("file", COMMAND_FILES)
def test_a_commands_schema_refuses_unknown_fields(file):
    assert not validator(file).is_valid(example(COMMAND_FILES[file]) | {"stranger": 1})
