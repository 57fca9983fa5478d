"""What is wrong with a request's body is named by its field, however it is made."""

import json

import pytest
from pydantic import TypeAdapter
from siko_core.parsing import MOST_BYTES, MOST_FIELDS, parsed
from siko_core.refusals import InvalidCommand

from tests.core.toy import AmendNote

BODY = TypeAdapter(AmendNote)


def reasons(data: bytes) -> dict[str, str]:
    with pytest.raises(InvalidCommand) as refused:
        parsed(BODY, data)
    return refused.value.details


def test_half_a_character_is_named_by_its_field_place_and_code_point():
    assert reasons(rb'{"note_id": "a", "text": "ab\udfff"}') == {
        "text": "character 3 is U+DFFF, which no text may hold here"
    }
    assert list(reasons(rb'{"note_id": "a", "a\ud800": ["x", "\ud800"]}')) == ["a?.1"]


@pytest.mark.parametrize("depth", [150, 250, 500, 900, 950, 980, 1000, 100_000])
@pytest.mark.parametrize("form", ["[{}]", '{{"a":{}}}'])
def test_however_deep_a_body_nests_it_is_refused(depth, form):
    before, _, after = form.replace("{{", "{").replace("}}", "}").partition("{}")
    assert reasons(f'{{"text": {before * depth}"\\ud800"{after * depth}}}'.encode())


def test_a_body_that_is_larger_than_any_command_is_not_looked_at():
    assert reasons(b"[" * (MOST_BYTES + 1)) == {"body": f"at most {MOST_BYTES} bytes"}


def test_of_many_wrong_fields_the_first_ones_are_named():
    nonsense = json.dumps({f"f{number}": 1 for number in range(1000)}).encode()
    assert len(reasons(nonsense)) == MOST_FIELDS
