"""Somebody with a service's database changes single rows: every position is named, with what is not as it was published."""

import asyncio
import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from siko.differences import described
from siko.doctor import doctor, stream_comparison
from siko.output import Failure, Output
from siko.replay import replay
from siko_contracts.exit_codes import DONE
from siko_contracts.messages import PRODUCERS
from siko_contracts.queries.audit import DifferenceItem

from tests.signing import signed_in

from .mutants import Invitations, Named, TheAgenda, TheScheduler, changed
from .tables import Store

ONLY_IN_ORDER = ("BrokenChain", "MissingKey")
"""What only who reads the whole log in order can say."""


@pytest.fixture
def audited(attacked, monkeypatch):
    """The environment of an auditor's command line."""
    audit(attacked, monkeypatch)
    return attacked


def audit(system, monkeypatch) -> None:
    monkeypatch.setenv("SIKO_NATS_URL", system.nats_url)
    monkeypatch.setenv("SIKO_NATS_CREDENTIALS_FILE", str(system.login("auditor")))
    monkeypatch.setenv("SIKO_DATA", str(system.folder))
    for name, value in signed_in(system.folder, ("replay",)).items():
        monkeypatch.setenv(name, value)


def replayed(service: str, capsys) -> tuple[list[Named], str]:
    """What a replay names, and how it ends."""
    try:
        ended = str(replay(service, None, Output.JSON, None))
    except Failure as failure:
        ended = f"{failure.exit_code} {failure.code}"
    said = capsys.readouterr()
    document = json.loads(said.out)
    for each in document["differences"]:
        assert f"position {each['position']}" in said.err
    return named(document["differences"]), ended


def examined(system, capsys, monkeypatch, *, history: bool = True) -> dict[str, Any]:
    with monkeypatch.context() as operating:
        operating.setenv("SIKO_NATS_CREDENTIALS_FILE", str(system.login("operator")))
        doctor([], Output.JSON, None, history=history)
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def named(items: list[dict[str, Any]]) -> list[Named]:
    return sorted(
        (i["position"], i["event_id"], i["code"], tuple(sorted(i["fields"]))) for i in items
    )


def store_of(system, service: str) -> Store:
    return Store(system.database_urls[service], service)


def test_a_store_that_nobody_touched_is_as_its_stream(audited, capsys, monkeypatch):
    for service in PRODUCERS:
        assert replayed(service, capsys) == ([], "0")
    found = examined(audited, capsys, monkeypatch)
    assert (found["healthy"], found["findings"]) == (True, [])
    assert [line.partition(" up to ")[0] for line in found["compared"]] == [
        f"{service}: compared with its stream" for service in PRODUCERS
    ]


@pytest.mark.parametrize(
    ("service", "mutants"),
    list(zip(PRODUCERS, (TheScheduler, Invitations, TheAgenda), strict=True)),
    ids=PRODUCERS,
)
def test_what_was_changed_is_named_with_its_position(
    service, mutants, audited, capsys, monkeypatch
):
    """And nothing else is, neither before nor after."""
    monkeypatch.setattr(stream_comparison, "MOST_SHOWN", 1000)
    kinds = [kind for name, kind in vars(mutants).items() if not name.startswith("_")]
    with store_of(audited, service).put_back() as store:
        wanted = sorted(told for kind in kinds for told in kind(mutants(), store))

        assert replayed(service, capsys) == (
            wanted,
            "1 BrokenChain" if service == "scheduler" else "1 HistoryDiffers",
        )

        found = examined(audited, capsys, monkeypatch)
        assert not found["healthy"]
        causes = [f["cause"] for f in found["findings"] if f["where"] == service]
        items = [
            DifferenceItem(position=p, event_id=i, code=c, fields=f)
            for p, i, c, f in wanted
            if c not in ONLY_IN_ORDER
        ]
        assert sorted(causes) == sorted(described(service, item) for item in items)
    assert replayed(service, capsys) == ([], "0")


async def register(client, *authorities: str) -> None:
    for authority_id in authorities:
        fields = {
            "authority_id": authority_id,
            "name": authority_id,
            "kind": "polizeipraesidium",
            "district": "br-koeln",
            "valid_from": "2020-01-01",
        }
        assert (await client.command("scheduler", "register_authority", fields)).ok


def test_an_appended_event_is_published_and_named_unless_its_answer_was_forged_too(
    start, capsys, monkeypatch
):
    """And a store that was recovered passes, with nothing at the positions that it has given up."""
    system = start()
    audit(system, monkeypatch)
    asyncio.run(system.ask(lambda client: register(client, "pp-one", "pp-two")))
    store = store_of(system, "scheduler")
    end, (registered,) = store.untouched[-1], store.of("pp-one")
    forged = str(uuid4())
    state = registered.state | {"valid_to": "2021-01-01"}
    state["metadata"] = state["metadata"] | {"command_id": forged}
    for name in ("originator_topic", "name", "kind", "district", "valid_from"):
        del state[name]

    appended = store.append(
        replace(registered, version=2, topic="authority.dissolved", state=state)
    )

    assert appended.position > end.position
    assert replayed("scheduler", capsys) == (
        [changed(appended, code="Undecided")],
        "1 HistoryDiffers",
    )
    store.run(f"INSERT INTO {store.answers} VALUES (?, '{{}}', ?)", forged, appended.position)
    assert replayed("scheduler", capsys) == ([], "0")

    asyncio.run(system.ask(lambda client: register(client, "pp-three")))
    (lost,) = [row for row in store.rows() if row.aggregate_id == "pp-three"]
    assert system.stop("scheduler") == 0
    for table, key in ((store.events, store.key), (store.answers, "position")):
        store.run(f"DELETE FROM {table} WHERE {key} > ?", end.position)
    system.recover("scheduler")
    system.start("scheduler")
    system.wait_until_ready("scheduler")
    assert replay("scheduler", None, Output.JSONL, None) == DONE
    said = capsys.readouterr().err
    assert f"positions {appended.position} to {lost.position} count as lost" in said

    store.put(lost)
    found, ended = replayed("scheduler", capsys)
    assert (changed(lost, code="Withdrawn") in found, ended) == (True, "1 HistoryDiffers")
