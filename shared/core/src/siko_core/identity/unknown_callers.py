"""Callers who are not known: each is counted, few are written down, and few at a time are looked at closely."""

import asyncio
import json
from typing import Any

import structlog

from siko_core.identity.access_log import AccessLog
from siko_core.identity.admission import Admission
from siko_core.identity.allowance import Allowance

log = structlog.get_logger()
LOOKS_A_SECOND = 500
"""Tokens of the right form that were never seen before. A signature costs as much as twenty refusals without a look."""
MOST_IN_FLIGHT, MOST_BYTES = 500, 16 << 20
"""Requests that wait until it is known whose they are."""
WRITTEN = 10
PERIOD_SECONDS = 60.0
ASKED = "requests of unknown callers"
NOBODY: dict[str, Any] = {
    "subject": None, "role": None, "held_for": None, "about": "", "basis": "",
}  # fmt: skip


class UnknownCallers:
    """What a service does with requests that come without a token which it has verified."""

    def __init__(self) -> None:
        self.looks = Allowance(LOOKS_A_SECOND, 1.0)
        self.admission = Admission(MOST_IN_FLIGHT, MOST_IN_FLIGHT, MOST_BYTES)
        self._written = Allowance(WRITTEN, PERIOD_SECONDS)
        self._left_out = 0

    def is_written(self) -> bool:
        """Whether this refusal goes into log and access log. The rest of a minute is told as a number."""
        if self._written.take():
            return True
        self._left_out += 1
        return False

    async def run(self, access_log: AccessLog) -> None:
        """Writes every minute how many were left out."""
        while True:
            await asyncio.sleep(PERIOD_SECONDS)
            self.tell(access_log)

    def tell(self, access_log: AccessLog) -> None:
        if not self._left_out:
            return
        number, self._left_out = self._left_out, 0
        log.warning("unknown_callers", number=number)
        about = json.dumps({"left_out": number})
        access_log.add(NOBODY | {"asked": ASKED, "about": about, "outcome": "NotAuthorised"})
