"""`siko recover`: recovery of a stopped system whose database was restored, with its broker started for it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from siko_contracts.exit_codes import DONE

from siko import addresses, broker
from siko.output import (
    Failure,
    Output,
    Screen,
    say,
    show_document,
    show_line,
    table,
    unreachable,
    wrong_usage,
)
from siko.services import ensure_write_service
from siko.supervisor import Program, Supervised, dying_with_this_process, executable
from siko.up import READY_SECONDS, clock_of, settings


def recover(service: str, output: Output, data: Path | None, *, plan: bool, restored: bool) -> int:
    """Run `siko-<service> recover` and show its result. Returns the exit code."""
    ensure_write_service(service)
    folder = addresses.data_folder(data)
    if not (folder / "nats").is_dir():
        raise wrong_usage(f"{folder} is no data folder of a `siko up`: name it with --data DIR")
    with addresses.kept_for_us(folder):
        result = asyncio.run(_recover(folder, service, plan=plan, restored=restored))
    match output:
        case Output.JSON:
            show_document(result)
        case Output.JSONL:
            for event in result["events"]:
                show_line(event)
        case Output.TABLE:
            _show(result)
    return DONE


async def _recover(folder: Path, service: str, *, plan: bool, restored: bool) -> dict[str, Any]:
    async with _running_broker(folder) as nats_url:
        process = await asyncio.create_subprocess_exec(
            executable(f"siko-{service}"),
            "recover",
            "--json",
            *(["--plan"] if plan else []),
            *(["--restored"] if restored else []),
            env=settings(folder, service, 0, nats_url=nats_url, clock=clock_of(folder, None)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            preexec_fn=dying_with_this_process(),
        )
        stdout, stderr = await process.communicate()
    if process.returncode:
        raise Failure(
            process.returncode, "CannotRecover", _last_line(stderr) or f"see siko-{service}"
        )
    result: dict[str, Any] = json.loads(stdout)
    return result


@asynccontextmanager
async def _running_broker(folder: Path) -> AsyncIterator[str]:
    """Run the folder's broker alone on a free port; yields its address."""
    (port,) = addresses.ports(0, 1)
    url = f"nats://{addresses.HOST}:{port}"
    server = Supervised(
        Program(
            "nats-server",
            [executable("nats-server"), "-c", broker.write_configuration(folder, port)],
            folder / "logs" / "nats-server.log",
            partial(broker.hindrance, url),
        ),
        Screen().say,
        lambda: None,
    )
    server.start()
    try:
        try:
            async with asyncio.timeout(READY_SECONDS):
                await server.ready()
        except TimeoutError:
            raise unreachable(
                f"the broker of {folder} does not come up: {server.hindrance}"
            ) from None
        yield url
    finally:
        await server.stop()


def _show(result: dict[str, Any]) -> None:
    lost = result["lost"]
    say(
        f"{result['stream']} ends at position {result['stream_position']},"
        f" the store of {result['service']} at {result['store_position']}",
        aside=True,
    )
    if not lost:
        say(
            "the stream has nothing that is lost; if it was restored too, or is gone: --restored",
            aside=True,
        )
        return
    table(
        [
            *(event | {"what": "lost"} for event in result["events"]),
            *(event | {"what": "goes on at a new position"} for event in result["moved"]),
        ],
        columns=("what", "position", "fact", "event_id", "recorded_at"),
    )
    recorded = result["recorded"]
    say(
        f"history_lost from {lost['from']} to {lost['to']} is recorded at position {recorded['position']},"
        f" with it begins epoch {recorded['epoch']}"
        if recorded
        else "nothing was changed: without --plan it will be",
        aside=True,
    )


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
