"""Watches the folder of replies: each mail that is put there is imported once, and moved aside."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import structlog
from pydantic import ValidationError
from siko_contracts.answers import Answer, Refusal
from siko_contracts.commands.invitations import MOST_MESSAGE, ImportReply
from siko_core.eventsourced.ids import derived_id
from siko_core.loops import repeat
from siko_core.write_service import WriteService

log = structlog.get_logger()
PAUSE_SECONDS = 2.0
TAKEN, REFUSED = "taken", "refused"
"""Folders beside the mails, for those that were imported and those that never can be."""
FOR_NOW = {"Unavailable", "NotYetKnown"}
"""Refusals after which the mail stays where it is."""
Give = Callable[[ImportReply, str], Awaitable[Answer | Refusal]]
"""Gives a command under an id."""


def watching(service: WriteService[Any]) -> Sequence[Coroutine[Any, Any, None]]:
    """The task, where the setting names a folder."""
    folder = service.settings.replies_dir
    return (Mailbox(folder, service.decide_own).run(),) if folder else ()


class Mailbox:
    """A folder with a folder for each authority; its mails are files `*.eml`, renamed so once they are whole."""

    def __init__(self, folder: Path, give: Give) -> None:
        self._folder = folder
        self._give = give

    async def run(self) -> None:
        await repeat(self.look, _failed)

    async def look(self) -> float:
        """Import what lies there; returns the seconds until the next look."""
        for file in await asyncio.to_thread(self._mails):
            if await asyncio.to_thread(file.exists):  # else another replica was faster
                await self._take(file)
        return PAUSE_SECONDS

    def _mails(self) -> list[Path]:
        found = self._folder.glob("*/*.eml")
        return sorted(file for file in found if file.is_file() and not file.is_symlink())

    async def _take(self, file: Path) -> None:
        """Import one mail. Its id is made of its content, so that it counts once, however often it is taken."""
        raw = await asyncio.to_thread(_read, file)
        message = b64encode(raw).decode()
        try:
            command = ImportReply(authority_id=file.parent.name, message=message)
        except ValidationError:  # too large, empty, or no authority's folder
            await self._put_aside(file, "InvalidCommand")
            return
        content = sha256(raw).hexdigest()
        answer = await self._give(command, derived_id("reply", command.authority_id, content))
        code = answer.error.code if isinstance(answer, Refusal) else None
        if code in FOR_NOW:
            log.warning("reply_waits", code=code)
        else:
            await self._put_aside(file, code)

    async def _put_aside(self, file: Path, code: str | None) -> None:
        if code:
            log.error("reply_refused", code=code)
        await asyncio.to_thread(_move, file, REFUSED if code else TAKEN)


def _read(file: Path) -> bytes:
    """No more than shows that it is too large."""
    with file.open("rb") as mail:
        return mail.read(MOST_MESSAGE)


def _move(file: Path, name: str) -> None:
    """Into the folder of that name, beside others of the same file name."""
    folder = file.parent / name
    folder.mkdir(mode=0o700, exist_ok=True)
    target, number = folder / file.name, 1
    while target.exists():
        target, number = folder / f"{file.stem}.{number}{file.suffix}", number + 1
    file.rename(target)


def _failed(error: Exception) -> float:
    log.warning("replies_waits", reason=type(error).__name__)
    return PAUSE_SECONDS
