"""Which domain events there are, and the committed sample of each with the message that it becomes.

A sample is made from the event's class where it has none yet. What is committed is never written again: events are for
ever. A sample of another form of an event is a file of its own, `<topic>.2.json` and so on.
"""

import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any, get_args

from eventsourcing.persistence import Notification
from pydantic import BaseModel
from siko_contracts.examples import TEXTS, example
from siko_core.eventsourced import history as lost
from siko_core.eventsourced.aggregates import Created, DomainEvent, JsonMapper
from siko_core.publishing import Contracts
from siko_core.relay.message import Message, message
from siko_core.sealed import Sealed

FOLDER = Path(__file__).parent
STORED, GOLDEN = "stored", "golden"
"""Folders of the samples, and of the message that each becomes."""
SERVICES = ("scheduler", "invitations", "agenda")
PREVIOUS = 4711


def contracts_of(service: str) -> Contracts:
    topics_of(service)
    contracts: Contracts = importlib.import_module(f"siko_{service}.publishing").CONTRACTS
    return contracts


def topics_of(service: str) -> set[str]:
    """Of every event class in its domain."""
    domain = importlib.import_module(f"siko_{service}.domain")
    for module in pkgutil.iter_modules(domain.__path__, f"{domain.__name__}."):
        importlib.import_module(module.name)
    return {
        event.TOPIC for event in _events() if event.__module__.startswith(f"siko_{service}.domain")
    }


def sealing_topics_of(service: str) -> set[str]:
    """Of the event classes in its domain that have a sealed field, at any depth."""
    own = topics_of(service)
    return {event.TOPIC for event in _events() if event.TOPIC in own and _seals(event)}


def _seals(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, Sealed):
        return True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return any(_seals(field.annotation) for field in annotation.model_fields.values())
    return any(_seals(part) for part in get_args(annotation))


def topics_of_every_service() -> set[str]:
    return {event.TOPIC for event in _events() if event.__module__ == lost.__name__}


def _events() -> list[type[DomainEvent]]:
    found: list[type[DomainEvent]] = []
    left: list[type[DomainEvent]] = [DomainEvent]
    while left:
        event = left.pop()
        left += event.__subclasses__()
        if "TOPIC" in vars(event):
            found.append(event)
    return found


def notification(sample: dict[str, Any]) -> Notification:
    """A stored event from its sample."""
    state = json.dumps(sample["state"], ensure_ascii=False, separators=(",", ":"))
    return Notification(
        id=sample["position"],
        originator_id=sample["originator_id"],
        originator_version=sample["originator_version"],
        topic=sample["topic"],
        state=state.encode(),
    )


def as_message(sample: dict[str, Any]) -> Message:
    contracts = contracts_of(sample["service"])
    mapper = JsonMapper(None)  # type: ignore[arg-type]  # it needs no transcoder
    return message(sample["service"], contracts, mapper, notification(sample), PREVIOUS)


def as_golden(sample: dict[str, Any]) -> dict[str, Any]:
    made = as_message(sample)
    return {"subject": made.subject, "headers": made.headers, "body": made.body.decode()}


def samples(folder: Path = FOLDER) -> dict[str, dict[str, Any]]:
    """File -> what is committed of a stored event."""
    return _read(folder / STORED)


def _read(folder: Path) -> dict[str, dict[str, Any]]:
    return {
        file.name: json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("*.json"))
    }


def missing(folder: Path = FOLDER) -> dict[Path, str]:
    """Samples and messages that are not committed yet, with the text that each is to have."""
    committed = samples(folder)
    sampled = {name.rsplit(".", 2)[0] for name in committed}
    new = {
        f"{topic}.1.json": sample_of(event)
        for topic, event in stored_by_services().items()
        if topic not in sampled
    }
    files = {folder / STORED / name: _text(document) for name, document in new.items()}
    for name, document in (committed | new).items():
        if not (golden := folder / GOLDEN / name).exists():
            files[golden] = _text(as_golden(document))
    return files


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def altered(folder: Path = FOLDER) -> list[str]:
    """Samples that would become another message than the one that is committed."""
    committed = _read(folder / GOLDEN)
    return [
        name
        for name, document in samples(folder).items()
        if name in committed and as_golden(document) != committed[name]
    ]


def stored_by_services() -> dict[str, type[DomainEvent]]:
    """Topic -> class, of what is declared in the services' domains."""
    for service in SERVICES:
        topics_of(service)
    return {event.TOPIC: event for event in _events() if _service_of(event) in SERVICES}


def _service_of(event: type[DomainEvent]) -> str:
    return event.__module__.partition(".")[0].removeprefix("siko_")


def sample_of(event: type[DomainEvent]) -> dict[str, Any]:
    """A stored event of this class, every field filled."""
    state = _sealed(example(event)) | {"authority_id": TEXTS["Slug"]}
    for field in ("originator_id", "originator_version"):
        del state[field]
    return {
        "service": _service_of(event),
        "position": PREVIOUS + 1,
        "originator_id": TEXTS["Id"],
        "originator_version": 1 if issubclass(event, Created) else 2,
        "topic": event.TOPIC,
        "state": state,
    }


def _sealed(value: Any) -> Any:
    """The value with a ciphertext that is no other text, in each of its sealed fields."""
    if isinstance(value, list):
        return [_sealed(element) for element in value]
    if not isinstance(value, dict):
        return value
    if "ciphertext" in value:
        return {
            "key_id": "key-of-a-sample",
            "seal_id": "seal-of-a-sample",
            "ciphertext": "c2VhbGVk",
        }
    return {field: _sealed(element) for field, element in value.items()}


def as_far_as(kept: Any, value: Any) -> Any:
    """Without what a later version added, at any depth."""
    if isinstance(kept, dict) and isinstance(value, dict):
        return {field: as_far_as(inner, value.get(field)) for field, inner in kept.items()}
    if isinstance(kept, list) and isinstance(value, list) and len(kept) == len(value):
        return [as_far_as(*pair) for pair in zip(kept, value, strict=True)]
    return value
