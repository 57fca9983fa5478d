"""The JSON Schemas that a service serves, at /schemas/<type>: of what it publishes, takes and answers."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from siko_contracts import schemas

from siko_core.process.health import Page
from siko_core.process.part import Part

KINDS = ("command:", "item:")


def schema_files(part: Part) -> Mapping[str, Path]:
    """Type -> file of its committed schema. What every service takes or answers has no service in its name."""
    published = {event.TYPE for event in part.publishes()}

    def is_served(name: str) -> bool:
        service, _, rest = name.partition(":")[2].partition(".")
        return name in published or (name.startswith(KINDS) and (service == part.name or not rest))

    return {name: file for name, file in schemas.files().items() if is_served(name)}


def schema_pages(part: Part) -> dict[str, Page]:
    return {f"/schemas/{name}": _page(file) for name, file in schema_files(part).items()}


def _page(file: Path) -> Page:
    async def page() -> tuple[int, str, bytes]:
        return 200, "application/schema+json", await asyncio.to_thread(file.read_bytes)

    return page
