"""What a command may bring as an id: UUIDs for what it creates, codes for what it registers, any id for what exists."""

import json
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from pydantic import BaseModel, ValidationError
from siko_contracts.commands import COMMANDS
from siko_contracts.commands.scheduler import ChangeBody, RegisterAuthority, RegisterBody
from siko_contracts.examples import example
from siko_core.eventsourced.ids import derived_id

EVERY = {
    f"{service}.{name}": model
    for service, models in COMMANDS.items()
    for name, model in models.items()
}
UUID_7 = "0192f0c4-0000-7000-8000-000000000001"
NO_UUIDS = (
    "agenda:0192f0c4-0000-7000-8000-000000000001",
    "known:stadt-bonn",
    "list:x",
    "clock",
    "stadt-bonn",
    "",
    UUID_7.replace("-", ""),
    f"{{{UUID_7}}}",
    f"urn:uuid:{UUID_7}",
    f"{UUID_7}.2",
    f"{UUID_7}\n",
    f" {UUID_7}",
    derived_id("plan", "pp-bonn", "area:Bonn", "2026"),
)
CODES = ((RegisterAuthority, "authority_id"), (RegisterBody, "body_id"))


def read(model: type[BaseModel], **fields: Any) -> Any:
    return model.model_validate_json(json.dumps(example(model) | fields))


def fields_refused(model: type[BaseModel], **fields: Any) -> set[str]:
    with pytest.raises(ValidationError) as refused:
        read(model, **fields)
    return {str(each["loc"][0]) for each in refused.value.errors()}


@pytest.mark.parametrize("name", EVERY)
def test_the_id_of_what_a_command_creates_is_a_uuid(name):
    for brought in NO_UUIDS:
        assert fields_refused(EVERY[name], id=brought) == {"id"}, brought
    for uuid in (UUID_7, str(uuid4()), str(uuid5(UUID(UUID_7), "x"))):
        assert read(EVERY[name], id=uuid).id == uuid
    assert read(EVERY[name], id=None).id is None


def test_a_uuid_is_one_however_it_is_written():
    assert read(RegisterBody, id=UUID_7.upper()).id == UUID_7


@pytest.mark.parametrize("name", EVERY)
def test_what_exists_is_named_by_its_id_whatever_that_is(name):
    model = EVERY[name]
    for field in {"conference_id", "topic_id", "action_id", "like"} & set(model.model_fields):
        for odd in ("siko-koeln-2026", "agenda:x", "known:stadt-bonn", UUID_7):
            assert getattr(read(model, **{field: odd}), field) == odd


@pytest.mark.parametrize(("model", "field"), CODES)
def test_a_code_that_is_registered_is_no_id_of_what_is_created_nor_one_of_the_services_own(
    model, field
):
    for taken in (UUID_7, str(uuid4()), "nrw", "clock", "area:Bonn", "PP-Bonn", ""):
        assert fields_refused(model, **{field: taken}) == {field}, taken
    for code in ("pp-bonn", "ag-2", "nrw-bank", UUID_7.replace("-", "")):
        assert getattr(read(model, **{field: code}), field) == code


def test_a_body_that_was_registered_under_such_a_code_can_be_changed_still():
    assert read(ChangeBody, body_id=UUID_7).body_id == UUID_7
