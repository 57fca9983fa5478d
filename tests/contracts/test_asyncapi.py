"""The AsyncAPI documents of the four services are valid, and say what travels: headers, examples, replies, schemas."""

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from siko_contracts import headers, schemas
from siko_contracts.events import TYPES, decode
from siko_contracts.messages import FOLLOWS, PRODUCERS
from siko_core.process.asyncapi import asyncapi
from siko_core.process.schema_pages import schema_files
from siko_core.settings import load

from tests.contracts.stored_events import FOLDER, GOLDEN
from tests.node import run_node

SERVICES = tuple(FOLLOWS)
GOLDEN_FILES = sorted((FOLDER / GOLDEN).glob("*.json"))


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The four services with their stores open; nothing runs."""
    folder = tmp_path_factory.mktemp("stores")
    opened = {}
    for name in SERVICES:
        part = importlib.import_module(f"siko_{name}.service").service
        urls = {
            f"SIKO_{kind.upper()}_URL": f"sqlite:///{folder}/{name}-{kind}.db"
            for kind in ("database", "keys", "access_log")
        }
        part.open(load(name, {"SIKO_AUTH": "off", **urls}))
        opened[name] = part
    return opened


@pytest.fixture(scope="module")
def documents(parts: dict[str, Any]) -> dict[str, Any]:
    return {name: json.loads(json.dumps(asyncapi(part))) for name, part in parts.items()}


def messages_of(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for channel in document["channels"].values():
        yield from channel["messages"].items()


def validator(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    whole = {**schema, "components": document["components"]}
    return Draft202012Validator(whole, format_checker=FormatChecker())


def test_the_documents_are_valid(documents):
    """By the parser that the makers of AsyncAPI publish, which follows references and checks examples."""
    assert json.loads(run_node("validate.js", json.dumps(documents))) == {
        name: [] for name in SERVICES
    }


def test_the_parser_finds_what_is_wrong(documents):
    agenda = json.loads(json.dumps(documents["agenda"]))
    del agenda["components"]["schemas"]["TopicSubmitted"]
    (wrong,) = json.loads(run_node("validate.js", json.dumps({"agenda": agenda}))).values()
    assert "invalid-ref" in wrong[0]


@pytest.mark.parametrize("service", SERVICES)
def test_each_message_has_headers_and_a_body(documents, service):
    for name, message in messages_of(documents[service]):
        assert {"headers", "payload"} <= set(message), name


@pytest.mark.parametrize("service", SERVICES)
def test_the_example_of_each_request_and_event_is_one(documents, service):
    document = documents[service]
    for key, channel in document["channels"].items():
        for name, message in channel["messages"].items():
            if key == "answers":
                continue
            (shown,) = message["examples"]
            validator(document, message["payload"]).validate(shown["payload"])
            validator(document, message["headers"]).validate(shown["headers"])
            assert message["correlationId"]["location"].rpartition("/")[2] in shown["headers"]
            if name in TYPES:
                assert decode(shown["headers"]["ce-type"], json.dumps(shown["payload"]))


@pytest.mark.parametrize("service", SERVICES)
def test_each_request_is_answered_or_refused(documents, service):
    document = documents[service]
    for key, operation in document["operations"].items():
        if operation["action"] == "receive":
            (answer, refusal) = (each["$ref"] for each in operation["reply"]["messages"])
            assert refusal == "#/channels/answers/messages/Refusal"
            assert answer.removeprefix("#/channels/answers/messages/") in (
                {f"{key}.answer", "Answer", "LinkIssued", "Settled", "SignedOut", "QueryAnswer"}
            )


def test_rows_of_a_view_are_described(documents):
    document = documents["reporting"]
    answer = document["channels"]["answers"]["messages"]["siko.query.reporting.compliance.answer"]
    rows = {"items": [{"authority_id": 1}]}
    assert not validator(document, answer["payload"]).is_valid({"ok": True, **rows})


@pytest.mark.parametrize("file", GOLDEN_FILES, ids=lambda file: file.stem)
def test_a_message_has_the_headers_that_are_documented_and_no_others(file: Path):
    golden = json.loads(file.read_text("utf-8"))
    closed = {**headers.EVENT, "additionalProperties": False}
    Draft202012Validator(closed).validate(golden["headers"])


@pytest.mark.parametrize("service", PRODUCERS)
def test_the_schema_that_a_message_names_is_served_by_who_publishes_it(parts, service):
    """`ce-dataschema` is `urn:siko:schema:<type>`, and the page is /schemas/<type>."""
    served = schema_files(parts[service])
    goldens = [json.loads(file.read_text("utf-8")) for file in GOLDEN_FILES]
    named = {
        golden["headers"]["ce-dataschema"]
        for golden in goldens
        if golden["headers"]["ce-source"] == f"siko/{service}"
    }
    assert named
    for urn in named:
        file = served[urn.removeprefix("urn:siko:schema:")]
        assert json.loads(file.read_text("utf-8"))["$id"] == urn


def test_every_schema_is_served_by_a_service(parts):
    served = {file for part in parts.values() for file in schema_files(part).values()}
    assert served == set(schemas.FOLDER.rglob("*.json"))


def test_a_service_serves_the_schemas_of_what_it_takes_and_sends_and_no_others(parts):
    agenda = schema_files(parts["agenda"])
    assert {"topic_submitted.v1", "command:agenda.submit_topic", "item:access_log"} <= set(agenda)
    assert not [name for name in agenda if re.search(r"scheduler|reporting|conference_", name)]
