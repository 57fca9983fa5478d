"""What a text of a command or a query may hold: what somebody sees, in one form, and in bounds."""

import json
import time
import typing
import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError
from siko_contracts import queries, values
from siko_contracts.characters import UNSEEN
from siko_contracts.commands import COMMANDS, OPERATIONS
from siko_contracts.commands.agenda import DiscussTopic, PlaceItem
from siko_contracts.events import TYPES, decode
from siko_contracts.examples import example
from siko_contracts.queries import QUERIES

ONE_LINE = {
    "Id": values.Id, "Code": values.Code, "Slug": values.Slug, "Name": values.Name, "Area": values.Area,
    "Function": values.Function, "Reference": values.Reference,
}  # fmt: skip
UNSEEN_ONES = sorted(
    {character for bounds in UNSEEN for character in bounds} | {"\n", "\x1b", "\x9b"}
)
INPUTS: list[type[BaseModel]] = [
    *(model for models in COMMANDS.values() for model in models.values()),
    *OPERATIONS.values(),
    *(model for models in QUERIES.values() for model in models.values()),
    *queries.OPERATIONS.values(),
]


def refused(type_: Any, text: str) -> str:
    with pytest.raises(ValidationError) as error:
        TypeAdapter(type_).validate_python(text)
    return str(error.value.errors()[0]["msg"])


@pytest.mark.parametrize("character", UNSEEN_ONES, ids=lambda each: f"{ord(each):04X}")
@pytest.mark.parametrize("name", ONE_LINE)
def test_what_nobody_sees_is_refused_by_its_code_point_and_place(name, character):
    message = refused(ONE_LINE[name], f"ab{character}c")
    assert message == f"character 3 is U+{ord(character):04X}, which no text may hold here"


@pytest.mark.parametrize("character", UNSEEN_ONES, ids=lambda each: f"{ord(each):04X}")
def test_a_long_text_may_hold_line_breaks_and_nothing_else_that_nobody_sees(character):
    text = f"eins{character}zwei"
    if character == "\n":
        assert TypeAdapter(values.Text).validate_python(text) == text
    else:
        assert f"U+{ord(character):04X}" in refused(values.Text, text)


def test_line_breaks_of_windows_become_those_of_everybody():
    assert TypeAdapter(values.Text).validate_python("eins\r\nzwei") == "eins\nzwei"


@pytest.mark.parametrize("text", ["§ 5 NRW", "Ça va – „gut“ …", "Straße 1a", "⚠️ 東京", "München"])
def test_what_people_write_is_taken_as_it_is(text):
    for type_ in (values.Name, values.Text, values.Function):
        assert TypeAdapter(type_).validate_python(text) == text


@pytest.mark.parametrize("name", ["Id", "Name", "Area", "Function"])
def test_two_spellings_of_one_text_are_one(name):
    decomposed = unicodedata.normalize("NFD", "Köln")
    assert decomposed != "Köln"
    assert TypeAdapter(ONE_LINE[name]).validate_python(decomposed) == "Köln"


def test_marks_without_end_are_refused_at_once():
    """Bringing them in order takes the square of their number: 20 000 would hold the loop for half a second."""
    began = time.perf_counter()
    message = refused(values.Text, "a" + "\u0315\u0300" * 9_990)
    assert time.perf_counter() - began < 0.1
    assert message == "character 1 has more than 30 combining marks"
    assert TypeAdapter(values.Text).validate_python("a\u0300") == "à"


def test_a_refusal_never_holds_the_text():
    with pytest.raises(ValidationError) as error:
        TypeAdapter(values.Name).validate_python("geheim\x1b]52;c;AAAA\x07")
    told = json.dumps(error.value.errors(include_input=False, include_url=False))
    assert "geheim" not in told
    assert "52;c" not in told


def test_what_is_asked_for_as_it_is_stored_may_hold_all_that_a_store_can():
    """An id from before its characters were looked at is still found; no database finds NUL or half a character."""
    asked = TypeAdapter(values.Stored)
    old = "area:Ko\u0308ln\u202e\x1b"
    assert asked.validate_python(old) == old
    assert "U+0000" in refused(values.Stored, "a\x00")
    assert "U+D800" in refused(values.Stored, "a\ud800")


@pytest.mark.parametrize("text", ["1900-01-01T00:00:00+14:00", "2199-12-31T23:59:59-14:00"])
def test_a_time_lies_within_the_years_in_utc_too(text):
    """Else it is accepted, and refused where it is read again as what it became."""
    assert "1900 to 2199" in refused(values.Moment, text)
    with pytest.raises(ValueError, match="1900 to 2199"):
        values.in_utc(datetime.max.replace(tzinfo=UTC))


@pytest.mark.parametrize("text", ["Max Mustermann hat", "lighting", "peter-mueller", "0192f0c4"])
def test_what_an_outcome_refers_to_is_an_id_and_no_words(text):
    """It goes onto the bus, where everybody may read who has a login."""
    outcome = {"kind": "action", "refers_to": text}
    with pytest.raises(ValidationError, match="refers_to"):
        DiscussTopic.model_validate(example(DiscussTopic) | {"outcomes": [outcome]})


def test_an_id_that_an_outcome_refers_to_is_one_however_it_is_written():
    id_ = "0192F0C4-0000-7000-8000-000000000001"
    document = example(DiscussTopic) | {"outcomes": [{"kind": "action", "refers_to": id_}]}
    assert DiscussTopic.model_validate(document).outcomes[0].refers_to == id_.lower()


@pytest.mark.parametrize("number", [0, -1, 1000, 2**63, 10**400])
def test_an_items_number_is_one_of_an_agenda(number):
    with pytest.raises(ValidationError, match="number"):
        PlaceItem.model_validate_json(json.dumps(example(PlaceItem) | {"number": number}))


@pytest.mark.parametrize("model", INPUTS, ids=lambda each: each.__name__)
def test_every_text_number_and_list_of_what_is_asked_has_bounds(model):
    unbounded = list(_unbounded(model.model_json_schema()))
    assert unbounded == []


def _unbounded(schema: dict[str, Any], path: str = "") -> typing.Iterator[str]:
    """Paths of what has no end. A text with a pattern of its own has one where each repetition in it has one."""
    if any(key in schema for key in ("enum", "const")):
        return
    match schema.get("type"):
        case "string" if schema.get("format") not in {"date", "date-time"}:
            pattern = schema.get("pattern", "*")
            if "maxLength" not in schema and any(sign in pattern for sign in "*+"):
                yield path
        case "integer" | "number" if not {"minimum", "maximum"} <= set(schema):
            yield path
        case "array" if "maxItems" not in schema:
            yield path
        case "object" if "properties" not in schema and "maxProperties" not in schema:
            yield path
    for key in ("properties", "$defs"):
        for name, inner in schema.get(key, {}).items():
            yield from _unbounded(inner, f"{path}.{name}")
    for inner in [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]:
        yield from _unbounded(inner, path)


def test_an_event_from_before_is_read_whatever_its_texts_hold():
    """What is in the store stays: hygiene is for what comes in."""
    document = example(TYPES["authority_registered.v1"]) | {"name": "Ko\u0308ln\x1b]52;c;AAAA\x07"}
    event = decode("authority_registered.v1", json.dumps(document))
    assert getattr(event, "name", None) == document["name"]
