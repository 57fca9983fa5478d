"""What was stored once can be read for ever, and becomes the same message byte for byte."""

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from eventsourcing.persistence import StoredEvent
from jsonschema import Draft202012Validator
from pydantic import BaseModel, TypeAdapter
from siko_contracts import schemas
from siko_contracts.events import decode
from siko_core.eventsourced.aggregates import Aggregate, DomainEvent, JsonMapper

from tests.contracts.stored_events import (
    FOLDER,
    GOLDEN,
    PREVIOUS,
    SERVICES,
    as_far_as,
    as_golden,
    as_message,
    notification,
    samples,
    stored_by_services,
    topics_of,
    topics_of_every_service,
)

SAMPLES = samples()


@pytest.fixture(scope="module", autouse=True)
def _all_services_are_loaded():
    for service in SERVICES:
        topics_of(service)


def loaded(sample: dict[str, Any]) -> DomainEvent:
    event: DomainEvent = JsonMapper(None).to_domain_event(notification(sample))  # type: ignore[arg-type]  # it needs no transcoder
    return event


@pytest.mark.parametrize("name", SAMPLES)
def test_a_stored_event_can_still_be_read(name):
    sample = SAMPLES[name]
    event = loaded(sample)
    assert event.TOPIC == sample["topic"] == name.rsplit(".", 2)[0]
    assert event.event_id == f"{sample['originator_id']}@{sample['originator_version']}"
    assert event.metadata.recorded_at.utcoffset() is not None


@pytest.mark.parametrize("name", SAMPLES)
def test_a_stored_event_read_and_stored_again_holds_all_that_it_held(name):
    sample = SAMPLES[name]
    stored: StoredEvent = JsonMapper(None).to_stored_event(loaded(sample))  # type: ignore[arg-type]  # it needs no transcoder
    again = json.loads(stored.state)
    assert as_far_as(sample["state"], again) == sample["state"]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_stored_event_becomes_the_same_message_for_ever(name):
    """Subject, headers and body: refilling a stream must not change what is on it."""
    golden = json.loads((FOLDER / GOLDEN / name).read_text("utf-8"))
    assert as_golden(SAMPLES[name]) == golden


@pytest.mark.parametrize("name", SAMPLES)
def test_what_goes_out_is_what_its_schema_promises(name):
    made = as_message(SAMPLES[name])
    type_ = made.headers["ce-type"]
    document = json.loads((schemas.FOLDER / f"{type_}.json").read_text("utf-8"))
    assert document["$id"] == made.headers["ce-dataschema"]
    Draft202012Validator(document).validate(json.loads(made.body))
    assert decode(type_, made.body) is not None


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_sealed_goes_out(name):
    """Neither the ciphertext nor the name of its key leaves the service."""
    sealed = _sealed(SAMPLES[name]["state"])
    body = as_message(SAMPLES[name]).body.decode()
    for each in sealed:
        assert each["ciphertext"] not in body
        assert each["key_id"] not in body


def _sealed(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        if "ciphertext" in value:
            return [value]
        return [found for child in value.values() for found in _sealed(child)]
    if isinstance(value, list):
        return [found for child in value for found in _sealed(child)]
    return []


def test_samples_hold_sealed_fields_at_all():
    assert sum(bool(_sealed(sample["state"])) for sample in SAMPLES.values()) > 5


@pytest.mark.parametrize("service", SERVICES)
def test_every_stored_event_has_a_sample(service):
    """Else: `make contracts`. An older form of an event keeps its file beside the new one's."""
    seen = {s["topic"] for s in SAMPLES.values() if s["service"] == service}
    seen -= topics_of_every_service()
    topics = topics_of(service)
    assert seen - topics == set(), "stored events that no class of ours can read"
    assert topics - seen == set(), "make contracts"


def test_what_every_service_may_store_has_a_sample():
    assert topics_of_every_service() <= {sample["topic"] for sample in SAMPLES.values()}


def test_topics_are_unique_over_all_services_and_literal():
    """A topic is found by its name alone, so two services must not share one."""
    topics = [topics_of(service) for service in SERVICES] + [topics_of_every_service()]
    every = [topic for each in topics for topic in each]
    assert len(every) == len(set(every))
    for topic in every:
        aggregate, _, fact = topic.partition(".")
        assert aggregate.replace("_", "").isalpha()
        assert fact.replace("_", "").isalpha()
        assert topic == topic.lower()


def _aggregates(kind: type[Aggregate] = Aggregate) -> Iterator[type[Aggregate]]:
    for aggregate in kind.__subclasses__():
        if aggregate.__module__.partition(".")[0] in {f"siko_{service}" for service in SERVICES}:
            yield aggregate
        yield from _aggregates(aggregate)


def test_the_events_of_an_aggregate_stand_under_its_topic():
    """The first event stores the topic, and an aggregate is made again by it."""
    found = {
        (aggregate.TOPIC, event.TOPIC.partition(".")[0])
        for aggregate in _aggregates()
        for event in vars(aggregate).values()
        if isinstance(event, type) and hasattr(event, "TOPIC")
    }
    assert len(found) > 10
    assert {aggregate for aggregate, topic in found if aggregate != topic} == set()


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """What a field of this type holds, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from _models(field.annotation)
    for part in get_args(annotation):
        yield from _models(part)


def test_a_field_that_an_older_event_lacks_is_read_as_a_value_of_its_type():
    """And as null wherever that is one."""
    models = {model for event in stored_by_services().values() for model in _models(event)}
    assert len(models) > len(stored_by_services())
    for model in models:
        for name, field in model.model_fields.items():
            if field.is_required() or field.default_factory is not None:
                continue
            has_null = type(None) in get_args(field.annotation)
            assert (field.default is None) == has_null, (model, name)
            TypeAdapter(field.annotation).validate_python(field.default, strict=True)


def test_the_subject_of_an_event_is_percent_encoded():
    sample = SAMPLES["area.assigned.1.json"]
    metadata = sample["state"]["metadata"] | {"correlation_id": "Köln 1"}
    cologne = sample | {
        "originator_id": "area:Köln",
        "state": sample["state"] | {"metadata": metadata},
    }
    made = as_message(cologne)
    assert made.headers["ce-subject"] == "area:K%C3%B6ln"
    assert made.headers["Siko-Correlation-Id"] == "K%C3%B6ln%201"
    assert json.loads(made.body)["aggregate_id"] == "area:Köln"


def test_position_and_the_one_before_make_the_chain():
    sample = SAMPLES["area.assigned.1.json"]
    made = as_message(sample)
    assert made.position == sample["position"]
    assert made.headers["Siko-Position"] == str(sample["position"])
    assert made.headers["Siko-Previous"] == str(PREVIOUS)
    assert made.headers["Nats-Msg-Id"] == made.headers["ce-id"] == f"scheduler.{made.position}"
