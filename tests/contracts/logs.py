"""Which domain events there are, and how the committed samples of them are kept.

`python -m tests.contracts.logs DATA` writes a sample of each stored event that has none yet, from the stores that a
run of `siko up --demo --data DATA` left behind, and the message that each becomes. What is committed is never written
again: a sample of an older form is a file of its own, `<topic>.2.json` and so on.
"""

import importlib
import json
import pkgutil
import sqlite3
import sys
from pathlib import Path
from typing import Any

from eventsourcing.persistence import Notification
from siko_core.eventsourced import history as lost
from siko_core.eventsourced.aggregates import DomainEvent, JsonMapper
from siko_core.publishing import Contracts
from siko_core.relay.message import Message, message

STORED = Path(__file__).parent / "stored"
GOLDEN = Path(__file__).parent / "golden"
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


def write(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _of_log(service: str, file: Path) -> dict[str, dict[str, Any]]:
    """One event a topic: of those with the most to say, the shortest."""
    chosen: dict[str, dict[str, Any]] = {}
    ranks: dict[str, tuple[int, int]] = {}
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            "SELECT rowid, originator_id, originator_version, topic, CAST(state AS TEXT)"
            " FROM stored_events ORDER BY rowid"
        ).fetchall()
    for position, originator_id, version, topic, state in rows:
        document = json.loads(state)
        said = sum(value not in (None, [], {}) for value in document.values())
        rank = (-said, len(state))
        if topic not in ranks or rank < ranks[topic]:
            ranks[topic] = rank
            chosen[topic] = {
                "service": service,
                "position": position,
                "originator_id": originator_id,
                "originator_version": version,
                "topic": topic,
                "state": document,
            }
    return chosen


def main(data: Path) -> None:
    for folder in (STORED, GOLDEN):
        folder.mkdir(exist_ok=True)
    for service in SERVICES:
        for topic, sample in _of_log(service, data / f"{service}.db").items():
            if not list(STORED.glob(f"{topic}.[0-9]*.json")):
                write(STORED / f"{topic}.1.json", sample)
    for file in STORED.glob("*.json"):
        if not (GOLDEN / file.name).exists():
            write(GOLDEN / file.name, as_golden(json.loads(file.read_text())))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
