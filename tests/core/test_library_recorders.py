"""eventsourcing's own promises about recorders hold for ours."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg.conninfo
import pytest
from eventsourcing.postgres import PostgresDatastore
from eventsourcing.sqlite import SQLiteDatastore
from eventsourcing.tests import persistence
from siko_core.store.postgres import PostgresUnitRecorder
from siko_core.store.sqlite import SQLiteUnitRecorder


class OnPostgres:
    @pytest.fixture(autouse=True)
    def _database(self, postgres_url: str) -> Iterator[None]:
        self.address = psycopg.conninfo.conninfo_to_dict(postgres_url)
        self.opened: list[PostgresUnitRecorder] = []
        yield
        for recorder in self.opened:
            recorder.close()
            recorder.datastore.close()

    def new_originator_id(self) -> str:
        return str(uuid4())

    def create_recorder(self) -> PostgresUnitRecorder:
        datastore = PostgresDatastore(
            str(self.address["dbname"]),
            str(self.address["host"]),
            self.address.get("port") or 5432,
            str(self.address["user"]),
            "",
            pool_size=3,
            originator_id_type="text",
        )
        recorder = PostgresUnitRecorder(datastore)
        recorder.create_table()
        self.opened.append(recorder)
        return recorder


class OnSQLite:
    @pytest.fixture(autouse=True)
    def _database(self, tmp_path: Path) -> None:
        self.file = tmp_path / "events.db"

    def new_originator_id(self) -> UUID:
        return uuid4()

    def create_recorder(self) -> SQLiteUnitRecorder:
        recorder = SQLiteUnitRecorder(SQLiteDatastore(str(self.file), lock_timeout=30))
        recorder.create_table()
        return recorder


class TestPostgresApplication(OnPostgres, persistence.ApplicationRecorderTestCase):
    """Without `subscribe`, which can miss an event while it starts and then waits for ever: siko polls."""


class TestPostgresOrder(OnPostgres, persistence.NonInterleavingNotificationIDsBaseCase):
    pass


class TestSQLiteApplication(OnSQLite, persistence.ApplicationRecorderTestCase):
    pass


class TestSQLiteOrder(OnSQLite, persistence.NonInterleavingNotificationIDsBaseCase):
    pass
