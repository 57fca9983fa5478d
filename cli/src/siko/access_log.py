"""`siko access-log`: who read what, and who was refused."""

import asyncio
from pathlib import Path
from typing import Any

from siko_contracts.exit_codes import DONE
from siko_contracts.queries.operations import AccessLog

from siko.client import Client, run
from siko.layouts import show_table
from siko.output import Output, show
from siko.services import SERVICES, ensure_service


def access_log(
    filters: dict[str, Any],
    service: str | None,
    output: Output,
    data: Path | None,
    *,
    wide: bool = False,
) -> int:
    """Show the access logs of one service or of all, merged and in order of time. Returns the exit code."""
    if service is not None:
        ensure_service(service)
    parameters = {name: value for name, value in filters.items() if value is not None}

    async def work(client: Client) -> int:
        answers = await asyncio.gather(
            *(
                client.view(name, AccessLog.NAME, **parameters)
                for name in SERVICES
                if service in {None, name}
            )
        )
        items = sorted(
            (item for answer in answers for item in answer.items), key=lambda item: item["at"]
        )
        if output == Output.TABLE:
            show_table("access_log", items, wide=wide)
        else:
            show({"items": items}, items, output)
        return DONE

    return run(data, work)
