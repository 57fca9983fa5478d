"""What clients were told, on disk outside of the system before anything is concluded from it."""

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class Entry:
    """One command and its end. `uncertain`: at least one attempt got no answer at all."""

    command_id: str
    subject: str
    headers: Mapping[str, str]
    body: str
    by: str
    """Who asked, as a sign-in; its token is on no disk."""
    outcome: Literal["accepted", "refused", "unanswered"]
    uncertain: bool
    attempts: int
    answer: Mapping[str, Any] | None = None
    repeats: Literal["", "accepted"] = ""
    """A repeat of a command that had been accepted before."""

    @property
    def service(self) -> str:
        return self.subject.split(".")[2]


class Ledger:
    """Append only; `enter` returns when the entry is on disk."""

    def __init__(self, file: Path) -> None:
        self.entries: list[Entry] = []
        self._descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._unwritten: list[Entry] = []
        self._turn = asyncio.Lock()

    @property
    def accepted(self) -> list[Entry]:
        return [e for e in self.entries if e.outcome == "accepted" and not e.repeats]

    async def enter(self, entry: Entry) -> None:
        """Entries that wait for the disk share the next write."""
        self._unwritten.append(entry)
        async with self._turn:
            if entry in self._unwritten:
                entries, self._unwritten = self._unwritten, []
                await asyncio.to_thread(self._write, entries)
                self.entries += entries

    def close(self) -> None:
        os.close(self._descriptor)

    def _write(self, entries: list[Entry]) -> None:
        lines = (json.dumps(asdict(entry), ensure_ascii=False) + "\n" for entry in entries)
        os.write(self._descriptor, "".join(lines).encode())
        os.fdatasync(self._descriptor)
