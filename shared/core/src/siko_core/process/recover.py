"""The command `siko-<service> recover`, for a stopped service whose database was restored."""

import argparse
import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from eventsourcing.persistence import PersistenceError
from nats.errors import Error as NatsError
from siko_contracts.characters import escaped
from siko_contracts.exit_codes import UNREACHABLE, WRONG_USAGE
from siko_contracts.messages import stream

from siko_core.broker import connection
from siko_core.broker.connection import Unreachable
from siko_core.databases import StoreUnreachable
from siko_core.ending import end_process
from siko_core.eventsourced.application import EventSourcedApplication
from siko_core.files import UMASK
from siko_core.process import logs
from siko_core.publishing import Contracts
from siko_core.recovery.recovery import CannotRecover, Recovery, ensure_stopped
from siko_core.settings import Settings, SettingsError, load
from siko_core.store.open import open_application


def main(
    application_class: type[EventSourcedApplication],
    contracts: Contracts,
    arguments: Sequence[str],
) -> None:
    """Run the command: done, or nothing to do; WRONG_USAGE; UNREACHABLE also if the service is running."""
    os.umask(UMASK)
    name = application_class.name
    parser = argparse.ArgumentParser(
        prog=f"siko-{name} recover",
        description="After its database was restored to an earlier moment: record what is lost, and go on behind"
        " it. Reads the same settings as the service, which must be stopped.",
    )
    parser.add_argument("--plan", action="store_true", help="only show what is lost")
    parser.add_argument(
        "--restored",
        action="store_true",
        help="the stream was restored too, or is gone: it does not tell what is lost",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")
    asked = parser.parse_args(arguments)
    try:
        settings = load(name)
        logs.configure(name, settings.log_format)
        done = asyncio.run(_recover(application_class, contracts, settings, asked))
    except SettingsError as error:
        end_process(WRONG_USAGE, f"siko-{name}: {error}")
    except (Unreachable, StoreUnreachable, CannotRecover) as error:
        end_process(UNREACHABLE, f"siko-{name}: {error}")
    except (NatsError, TimeoutError, PersistenceError) as error:
        why = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        end_process(UNREACHABLE, f"siko-{name}: nothing was changed ({why}); try again")
    else:
        _show(done, as_json=asked.json)


async def _recover(
    application_class: type[EventSourcedApplication],
    contracts: Contracts,
    settings: Settings,
    asked: argparse.Namespace,
) -> dict[str, Any]:
    application, clock = open_application(application_class, settings, any_clock=True)
    recovery = Recovery(application, contracts, clock)
    client = await connection.connect(
        settings.nats_url,
        f"{application.name}-recover",
        credentials=settings.nats_credentials_file,
        ca_file=settings.nats_ca_file,
    )
    try:
        await ensure_stopped(client, application.name)
        findings = await recovery.compare(client, is_stream_restored=asked.restored)
    finally:
        await client.close()
    recorded = None if asked.plan or findings.first is None else recovery.go_on(findings)
    application.recorder.close()
    application.close()
    application.keyring.close()
    return {
        "service": findings.service,
        "stream": stream(findings.service),
        "stream_position": findings.stream_ends_at,
        "store_position": findings.store_ends_at,
        "lost": findings.first and {"from": findings.first, "to": findings.last},
        "events": findings.lost,
        "moved": findings.moving,
        "recorded": recorded,
    }


def _show(done: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(done))  # noqa: T201 - what was asked for
        return
    for line in _lines(done):
        print(escaped(line))  # noqa: T201 - what was asked for


def _lines(done: Mapping[str, Any]) -> Sequence[str]:
    service, lost = done["service"], done["lost"]
    ends = (
        f"{done['stream']} ends at position {done['stream_position']},"
        f" the store at {done['store_position']}"
    )
    if not lost:
        return [
            ends,
            f"the stream has nothing that is lost: start siko-{service}",
            "if the stream was restored too, or is gone, it cannot know: say --restored",
        ]
    return [
        ends,
        f"lost are positions {lost['from']} to {lost['to']}; only the stream has {len(done['events'])} events",
        *(
            f"  {e['position']}  {e['fact']}  {e['event_id']}  {e['recorded_at']}"
            for e in done["events"]
        ),
        f"{len(done['moved'])} events that only the store has go on behind them, at new positions",
        *(f"  {e['position']}  {e['fact']}  {e['event_id']}" for e in done["moved"]),
        f"history_lost is recorded at position {done['recorded']['position']}, with it begins epoch"
        f" {done['recorded']['epoch']}: start siko-{service}"
        if done["recorded"]
        else "nothing was changed: without --plan it will be",
    ]
