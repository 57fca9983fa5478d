"""`siko access-log`: who read what, and who was refused."""

import asyncio
from pathlib import Path
from typing import Any

from siko_contracts.queries import AccessLog

from siko.client import Client, run
from siko.output import DONE, Output, show
from siko.services import SERVICES, ensure_service

COLUMNS = ("at", "service", "subject", "role", "held_for", "asked", "about", "basis", "outcome")


def access_log(
    filters: dict[str, Any], service: str | None, output: Output, data: Path | None
) -> int:
    """Of one service or of all; the latest last, as a log reads. Exit code."""
    if service is not None:
        ensure_service(service)
    asked = {name: value for name, value in filters.items() if value is not None}

    async def work(client: Client) -> int:
        answers = await asyncio.gather(
            *(
                client.view(each, AccessLog.NAME, **asked)
                for each in SERVICES
                if service in {None, each}
            )
        )
        items = sorted((i for answer in answers for i in answer.items), key=lambda item: item["at"])
        show({"items": items}, items, output, columns=COLUMNS)
        return DONE

    return run(data, work)
