"""No service keeps state that a snapshot cannot hold."""

import sqlite3
from contextlib import closing
from operator import attrgetter

import pytest
from pydantic import SecretStr
from siko_agenda.service import service as agenda
from siko_core.eventsourced import Aggregate
from siko_core.eventsourced.snapshots import opened, taken
from siko_core.settings import Settings
from siko_core.store.open import open_application
from siko_invitations.service import service as invitations
from siko_scheduler.service import service as scheduler


@pytest.mark.parametrize("service", [scheduler, invitations, agenda], ids=attrgetter("name"))
def test_every_aggregate_of_a_year_comes_back_from_a_snapshot_as_it_was(played, service, tmp_path):
    with (
        closing(sqlite3.connect(played.system.folder / f"{service.name}.db")) as live,
        closing(sqlite3.connect(tmp_path / "copy.db")) as copy,
    ):
        live.backup(copy)
    settings = Settings(
        database_url=SecretStr(f"sqlite:///{tmp_path}/copy.db"),
        keys_url=SecretStr(f"sqlite:///{tmp_path}/keys.db"),
        clock="manual",
    )
    application, _ = open_application(service.application_class, settings)
    with closing(application):
        stored = application.recorder.select_notifications(0, 100_000)
        aggregates = [application.find(Aggregate, i) for i in {s.originator_id for s in stored}]
    assert len(aggregates) > 20
    for aggregate in aggregates:
        assert vars(opened(taken(aggregate, "form"))) == vars(aggregate)
