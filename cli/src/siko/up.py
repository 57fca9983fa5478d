"""The whole system on one machine, in the foreground: broker and services, each a process of its own."""

import asyncio
import os
import signal
import time
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from functools import partial
from pathlib import Path

from siko_contracts.exit_codes import DONE, INTERRUPTED
from siko_core.broker.permissions import HEALTH
from siko_core.loops import cancel

from siko import addresses, broker, broker_users, issuer
from siko.clock import manual_in_words
from siko.http_get import page
from siko.output import Screen, say, unreachable
from siko.services import SERVICES
from siko.supervisor import Program, Supervised, dying_with_this_process, executable

READY_SECONDS = 60.0
_DEMO_GRACE_SECONDS = 2.0
_OF_ANOTHER_BROKER = frozenset({"SIKO_NATS_URL", "SIKO_NATS_CREDENTIALS_FILE", "SIKO_NATS_CA_FILE"})
_NOT_FOR_SERVICES = _OF_ANOTHER_BROKER | {
    "SIKO_DATA",
    "SIKO_DATABASE_URL_FILE",
    "SIKO_KEYS_URL_FILE",
    "SIKO_ACCESS_LOG_URL_FILE",
    "SIKO_IDENTITY_KEYS_FILE",
    "SIKO_TOKEN_FILE",
    "SIKO_AS",
}
"""These settings may be meant for the command line, or for a system other than this program."""


def up(data: Path | None, port: int, *, demo: bool, exit_after_demo: bool) -> int:
    """Runs the system until Ctrl-C; with `exit_after_demo` until the demo has ended."""
    folder = addresses.data_folder(data)
    with addresses.kept_for_us(folder):
        _portal, *ports = addresses.ports(port, 2 + len(SERVICES))
        clock = clock_of(folder, "manual" if demo else os.environ.get("SIKO_CLOCK"))
        issuer.make(folder)
        return asyncio.run(_run(folder, ports, clock, demo=demo, exit_after_demo=exit_after_demo))


def clock_of(folder: Path, requested: str | None) -> str:
    """Return the requested clock, else that of the folder's first start, so that a restart needs no setting."""
    mark = folder / "clock"
    recorded = mark.read_text(encoding="utf-8").strip() if mark.exists() else None
    clock = requested or recorded or "system"
    if recorded is None:
        mark.write_text(f"{clock}\n", encoding="utf-8")
    return clock


async def _run(
    folder: Path, ports: list[int], clock: str, *, demo: bool, exit_after_demo: bool
) -> int:
    return await _System(folder, ports, clock).run(demo=demo, exit_after_demo=exit_after_demo)


class _System:
    """The processes of one system, with progress for people and `run.json` for programs."""

    def __init__(self, folder: Path, ports: list[int], clock: str) -> None:
        self._folder = folder
        self._clock = clock
        self._nats_url = f"nats://{addresses.HOST}:{ports[0]}"
        self._urls = {
            name: f"http://{addresses.HOST}:{port}"
            for name, port in zip(SERVICES, ports[1:], strict=True)
        }
        self._screen = Screen()
        self._interrupted = asyncio.Event()
        self._killed = False
        self._is_ready = False
        self._broker = self._supervised(
            Program(
                "nats-server",
                [executable("nats-server"), "-c", broker.write_configuration(folder, ports[0])],
                folder / "logs" / "nats-server.log",
                partial(
                    broker.hindrance_with_topology, self._nats_url, _login(folder, broker.USER)
                ),
                ailment=partial(
                    broker.ailment, self._nats_url, _login(folder, HEALTH), folder / "nats"
                ),
            )
        )
        seen_file = folder / broker.SEEN_FILE
        self._topology = self._supervised(
            Program(
                "topology",
                [executable("siko"), "topology", "apply", "--watch", "--seen-file", seen_file],
                folder / "logs" / "topology.log",
                partial(broker.hindrance_of_watch, seen_file),
                {
                    **_inherited(_OF_ANOTHER_BROKER),
                    "SIKO_NATS_URL": self._nats_url,
                    "SIKO_NATS_CREDENTIALS_FILE": str(_login(folder, broker.USER)),
                },
            )
        )
        self._services = {
            name: self._supervised(
                Program(
                    name,
                    [executable(f"siko-{name}")],
                    folder / "logs" / f"{name}.log",
                    partial(_hindrance, self._urls[name]),
                    self._settings(name, port),
                )
            )
            for name, port in zip(SERVICES, ports[1:], strict=True)
        }

    async def run(self, *, demo: bool, exit_after_demo: bool) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._told_to_stop)
        work = asyncio.create_task(self._work(demo=demo, exit_after_demo=exit_after_demo))
        interrupted = asyncio.create_task(self._interrupted.wait())
        try:
            await asyncio.wait({work, interrupted}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
        finally:
            interrupted.cancel()
            await cancel([work])
            await self._stop()
        return INTERRUPTED if self._killed or exit_after_demo else DONE

    async def _work(self, *, demo: bool, exit_after_demo: bool) -> int:
        began = time.monotonic()
        with self._screen.busy("siko starts"):
            await self._start(self._broker)
            await self._start(self._topology, *self._services.values())
        self._is_ready = True
        self._changed()
        self._screen.say(f"siko is ready after {time.monotonic() - began:.1f} s")
        if demo:
            exit_code = await self._play("import", "nrw") or await self._play("demo")
            if exit_after_demo:
                return exit_code
            if exit_code != DONE:
                self._screen.say(f"the demo ended with exit code {exit_code}; siko stays")
        is_manual = self._clock == "manual"
        door = _login(self._folder, "door")
        self._print_addresses(
            await manual_in_words(self._nats_url, self._folder, door) if is_manual else None
        )
        await asyncio.Event().wait()
        return DONE

    async def _start(self, *programs: Supervised) -> None:
        """Start programs concurrently and wait until all are ready. Raises Failure (exit code 3) after READY_SECONDS."""
        for program in programs:
            program.start()
        try:
            async with asyncio.timeout(READY_SECONDS):
                await asyncio.gather(*(self._first_ready(program) for program in programs))
        except TimeoutError:
            raise unreachable(
                f"not ready within {READY_SECONDS:g} s; their logs are in {self._folder / 'logs'}",
                **{program.name: program.hindrance for program in programs if program.hindrance},
            ) from None

    async def _first_ready(self, program: Supervised) -> None:
        await program.ready()
        self._screen.say(f"{program.name} is ready")

    async def _play(self, *arguments: str) -> int:
        """Run a client command against this system. Returns its exit code."""
        client = await asyncio.create_subprocess_exec(
            executable("siko"),
            *arguments,
            "--data",
            self._folder,
            stdin=asyncio.subprocess.DEVNULL,
            env=_inherited(_OF_ANOTHER_BROKER),
            start_new_session=True,  # the terminal's Ctrl-C is for the supervisor alone
            preexec_fn=dying_with_this_process(),
        )
        try:
            return await client.wait()
        finally:
            if client.returncode is None:
                client.terminate()  # SIGINT would be a traceback where it still imports
                with suppress(TimeoutError):
                    await asyncio.wait_for(client.wait(), _DEMO_GRACE_SECONDS)
            if client.returncode is None:
                client.kill()

    async def _stop(self) -> None:
        """Stop services before the broker, so that they can still publish."""
        self._is_ready = False
        addresses.remove_run(self._folder)
        with self._screen.busy("siko stops"):
            await asyncio.gather(
                *(program.stop() for program in (self._topology, *self._services.values()))
            )
            await self._broker.stop()
        self._screen.say("siko has stopped")

    def _told_to_stop(self) -> None:
        if self._interrupted.is_set():
            self._killed = True
            for program in (*self._services.values(), self._topology, self._broker):
                program.kill()
        self._interrupted.set()

    def _changed(self) -> None:
        if not self._is_ready:
            return
        running = {
            "nats_url": self._nats_url,
            "portal_url": None,
            "services": {
                name: {"pid": service.pid, "url": self._urls[name]}
                for name, service in self._services.items()
            },
            "pid": os.getpid(),
            "nats_pid": self._broker.pid,
            "topology_pid": self._topology.pid,
        }
        try:
            addresses.write_run(self._folder, running)
        except OSError as error:
            self._screen.say(f"{self._folder / addresses.RUN_FILE} is out of date: {error}")

    def _print_addresses(self, clock: str | None) -> None:
        lines = {"nats": self._nats_url} | self._urls | {"data": str(self._folder)}
        if clock:
            lines["clock"] = clock
        if os.environ.get("SIKO_AUTH") == "off":
            lines["roles"] = "not judged (SIKO_AUTH=off)"
        elif not os.environ.get("SIKO_OIDC_ISSUER"):
            lines["sign in"] = f"siko login --as secretariat@pp-koeln --data {self._folder}"
        width = max(map(len, lines))
        for name, value in lines.items():
            say(f"{name:<{width}}  {value}")
        self._screen.say("Ctrl-C stops everything")

    def _supervised(self, program: Program) -> Supervised:
        return Supervised(program, self._screen.say, self._changed)

    def _settings(self, name: str, port: int) -> Mapping[str, str]:
        return settings(self._folder, name, port, nats_url=self._nats_url, clock=self._clock)


def settings(folder: Path, name: str, port: int, *, nats_url: str, clock: str) -> Mapping[str, str]:
    """Return the environment of a service of this folder."""
    return {
        "SIKO_LOG_FORMAT": "json",
        "MALLOC_ARENA_MAX": "2",  # an arena a thread would be memory for nothing
        **_inherited(_NOT_FOR_SERVICES),
        "SIKO_NATS_URL": nats_url,
        "SIKO_NATS_CREDENTIALS_FILE": str(_login(folder, name)),
        "SIKO_DATABASE_URL": f"sqlite:///{folder}/{name}.db",
        "SIKO_KEYS_URL": f"sqlite:///{folder}/{name}-keys.db",
        "SIKO_ACCESS_LOG_URL": f"sqlite:///{folder}/{name}-access.db",
        **_identity(folder),
        "SIKO_HTTP_HOST": addresses.HOST,
        "SIKO_HTTP_PORT": str(port),
        "SIKO_CLOCK": clock,
        **_mail(folder),
    }


def _mail(folder: Path) -> Mapping[str, str]:
    """Return the folder for mails; empty where a mail server or another folder is set."""
    named = ("SIKO_SMTP_URL", "SIKO_SMTP_URL_FILE", "SIKO_MAIL_FOLDER")
    is_set = any(os.environ.get(name) for name in named)
    return {} if is_set else {"SIKO_MAIL_FOLDER": str(folder / "mail")}


def _login(folder: Path, user: str) -> Path:
    return broker_users.credentials_file(folder / broker_users.FOLDER, user)


def _identity(folder: Path) -> Mapping[str, str]:
    """Return the setting for the folder's own keys; empty with another issuer or SIKO_AUTH=off."""
    if os.environ.get("SIKO_OIDC_ISSUER") or os.environ.get("SIKO_AUTH") == "off":
        return {}
    return {"SIKO_IDENTITY_KEYS_FILE": str(issuer.keys_file(folder))}


def _inherited(without: AbstractSet[str]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in without}


async def _hindrance(url: str) -> str | None:
    """Return the answer of /readyz in one line; None if its status is 200."""
    try:
        status, body = await page(f"{url}/readyz")
    except OSError as error:  # a TimeoutError is one
        return str(error)
    return None if status == "200" else " ".join(body.split()) or "/readyz answers nothing"
