"""Runs a service as a process: settings, logs, pages, broker; starts, runs until a signal, shuts down in order."""

import asyncio
import contextlib
import faulthandler
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import structlog
from faststream.nats.security import NatsSecurity, NatsUserPassword
from nats.aio.client import Client
from nats.errors import Error as NatsError
from siko_contracts.exit_codes import DONE, START_ANEW, UNREACHABLE, WRONG_USAGE

from siko_core.broker import connection
from siko_core.broker.client import LoginRefused
from siko_core.databases import StoreUnreachable, answers, parse
from siko_core.ending import end_process
from siko_core.exposures import exposures
from siko_core.files import UMASK
from siko_core.loops import cancel
from siko_core.process import logs
from siko_core.process.gc import collect_seldom
from siko_core.process.health import Page, Pages, PortTaken, json_page, metrics_page
from siko_core.process.part import Part
from siko_core.process.readiness import Readiness
from siko_core.process.schema_pages import schema_pages
from siko_core.requests.broker import Broker
from siko_core.requests.guests import Guests
from siko_core.settings import Settings, SettingsError, load
from siko_core.threads import switch_often

log = structlog.get_logger()
STOP_SECONDS = 8.0
LOOK_AGAIN_SECONDS = 1.0
HANGING_SECONDS = 30.0
LOOKS = 6
STOPPING = threading.Event()


def run(part: Part) -> None:
    """Run the service until it is told to stop; it may end with WRONG_USAGE, UNREACHABLE or START_ANEW before that."""
    os.umask(UMASK)
    with _ending(part):
        if sys.argv[1:]:
            raise SettingsError(f"unknown argument {sys.argv[1]!r}: {part.takes}")
        settings = load(part.name)
        logs.configure(part.name, settings.log_format)
        asyncio.run(_serve(part, settings))


@contextmanager
def _ending(part: Part) -> Iterator[None]:
    """End the process at once on a fatal error, with one line: unwinding the event loop might block for ever."""
    try:
        yield
    except SettingsError as error:
        end_process(WRONG_USAGE, f"siko-{part.name}: {error}")
    except (LoginRefused, StoreUnreachable, PortTaken) as error:
        end_process(UNREACHABLE, f"siko-{part.name}: {error}")
    except Exception:
        log.exception("service_failed")
        end_process(START_ANEW, f"siko-{part.name}: failed, see the log above")


async def _serve(part: Part, settings: Settings) -> None:
    with _ending(part):
        await _serve_until_stopped(part, settings)


async def _serve_until_stopped(part: Part, settings: Settings) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def begin_to_stop() -> None:
        log.info("stopping")
        _end_within(STOP_SECONDS)
        stop.set()

    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, begin_to_stop)
    for exposure in exposures(settings):
        log.warning("exposed", field=exposure.setting, reason=exposure.reason)
    readiness = Readiness(part, is_open=False)
    pages = Pages(settings.http_host, settings.http_port, _pages(part, readiness))
    running = [asyncio.create_task(pages.serve_pages())]
    _watch_loop(loop)
    opening = asyncio.create_task(_open(part, settings, readiness))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({stopping, opening}, return_when=asyncio.FIRST_COMPLETED)
    if not opening.done():  # nothing has started; a thread may be blocked on a database that hangs
        end_process(DONE)
    client = await opening
    # start the background tasks before any request is answered
    running += map(asyncio.create_task, part.tasks(client))
    await part.started()
    await part.broker.start()
    guests = Guests(part.name, settings, part.broker.subscribers)
    await guests.subscribe()
    with contextlib.suppress(NatsError):  # disconnected again: it subscribes when it reconnects
        # nats-py's ping overtakes pending writes: only after the second flush does the server know the subscriptions,
        # so that a client that finds us ready gets an answer, and we know which subscriptions are refused
        await client.flush()
        await client.flush()
    running.append(asyncio.create_task(connection.ask_again(client)))
    collect_seldom()
    switch_often()
    readiness.client = client
    if not connection.REFUSED:
        log.info("ready_to_answer")
    await _until_stopped(stop, running)
    await guests.unsubscribe()
    await _stop(part, running)
    await guests.close()
    # threads outlive the tasks that waited for them, and SQLite crashes if a connection in use is closed
    await loop.shutdown_default_executor()
    readiness.close()
    part.close()


async def _open(part: Part, settings: Settings, readiness: Readiness) -> Client:
    """Open the databases, then connect to the broker, waiting as long as either is down."""
    answered = False
    while not readiness.is_open:
        try:
            await asyncio.to_thread(part.open, settings)
            readiness.is_open = True
        except StoreUnreachable:
            if answered:
                raise
            answered = not await _silent(settings)  # it may have come up just now
            await _databases_answer(settings)
    client = await _connect(part.broker, settings.nats_url)
    await part.check_history(client)
    return client


async def _databases_answer(settings: Settings) -> None:
    while silent := await _silent(settings):
        log.warning("store_waits", reason=silent)
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


async def _silent(settings: Settings) -> str | None:
    """Return which database does not answer and its setting, or None. Raises StoreUnreachable if one refuses us."""
    for name in ("database_url", "keys_url", "access_log_url"):
        url, setting = getattr(settings, name).get_secret_value(), f"SIKO_{name.upper()}"
        if not await asyncio.to_thread(answers, url, setting):
            return f"the database {parse(url).shown} does not answer: is it up? See {setting}"
    return None


async def _connect(broker: Broker, url: str) -> Client:
    connecting = asyncio.create_task(broker.connect())
    while not (await asyncio.wait({connecting}, timeout=connection.PATIENCE_SECONDS))[0]:
        log.warning("nats_waits", reason=connection.unreachable_message(url))
    client: Client = connecting.result()
    return client


def _end_within(seconds: float) -> None:
    """End the process after the timeout: a database that does not answer blocks threads that nothing can stop."""

    def end() -> None:
        log.warning("stopped_late")
        end_process(DONE)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


async def _until_stopped(stop: asyncio.Event, running: Sequence[asyncio.Task[None]]) -> None:
    """Wait for the stop signal. If a background task ends, end the process: it would only seem to work."""
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({stopping, *running}, return_when=asyncio.FIRST_COMPLETED)
    if not stop.is_set():
        for task in running:
            if task.done():
                log.error("task_ended", task=task.get_name(), exc_info=task.exception())
        end_process(START_ANEW)


async def _stop(part: Part, running: Sequence[asyncio.Task[None]]) -> None:
    """Stop taking requests, finish those in flight, then cancel the background tasks."""
    STOPPING.set()
    # if the broker is down, unsubscribe and the last flush fail, which is no fault of the shutdown
    await asyncio.gather(
        *(subscriber.stop() for subscriber in part.broker.subscribers), return_exceptions=True
    )
    await cancel(running)
    with contextlib.suppress(NatsError):
        await part.broker.stop()


def broker_for(name: str, settings: Settings) -> Broker:
    options = connection.options(
        name, settings.nats_url, settings.nats_credentials_file, settings.nats_ca_file
    )
    user, password = options.pop("user", None), options.pop("password", "")
    tls = options.pop("tls", None)
    security = (
        NatsUserPassword(user, password, ssl_context=tls) if user else NatsSecurity(ssl_context=tls)
    )
    return Broker(settings.nats_url, **options, security=security, closed_cb=_closed, logger=None)


async def _closed() -> None:
    """End the process unless it is stopping: a client closed for another reason never reconnects."""
    if not STOPPING.is_set():
        await connection.closed()


def _pages(part: Part, readiness: Readiness) -> dict[str, Page]:
    async def livez() -> tuple[int, str, bytes]:
        return json_page(200, {"ok": True})

    async def readyz() -> tuple[int, str, bytes]:
        stopping = {"process": "it is told to stop"}
        failing = stopping if STOPPING.is_set() else await readiness.failing()
        return json_page(503 if failing else 200, {"ok": not failing, "failing": failing})

    async def metrics() -> tuple[int, str, bytes]:
        if readiness.client is None or STOPPING.is_set():
            return 503, "text/plain", b"not connected\n"
        return metrics_page(await part.metrics())

    @cache
    def document() -> Any:
        """Make the document once: that takes half a second, and whoever reaches the page may ask for it."""
        from siko_core.process.asyncapi import asyncapi as made  # noqa: PLC0415 - slow to import, seldom asked for

        return made(part)

    async def asyncapi() -> tuple[int, str, bytes]:
        if not readiness.is_open:
            return 503, "text/plain", b"not open\n"
        return json_page(200, await asyncio.to_thread(document))

    return {
        "/livez": livez,
        "/readyz": readyz,
        "/metrics": metrics,
        "/asyncapi.json": asyncapi,
        **schema_pages(part),
    }


def _watch_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Start a watchdog thread that ends the process if its event loop hangs: nothing inside the loop could.

    It counts failed checks, not seconds: a process that was frozen, or got no CPU time, has not hung.
    """
    ran = threading.Event()

    def watch() -> None:
        in_vain = 0
        while in_vain < LOOKS:
            ran.clear()
            if loop.is_closed():
                return
            loop.call_soon_threadsafe(ran.set)
            time.sleep(HANGING_SECONDS / LOOKS)
            in_vain = 0 if ran.is_set() else in_vain + 1
        log.error("loop_hangs")
        faulthandler.dump_traceback()
        end_process(START_ANEW)

    threading.Thread(target=watch, name="watchdog", daemon=True).start()
