"""Rate limits for unknown callers: how many tokens are verified, requests in flight and refusals written down."""

import json
from typing import Any

import structlog

from siko_core.identity.access_log import AccessLog
from siko_core.identity.admission import Admission
from siko_core.identity.allowance import Allowance
from siko_core.loops import repeat

log = structlog.get_logger()
LOOKS_A_SECOND = 200
"""Rate limit for verifying tokens of the right form that are not cached.

To verify a signature costs as much as twenty refusals without one.
"""
MOST_IN_FLIGHT, MOST_BYTES = 500, 16 << 20
"""Limits on requests whose caller is not yet known."""
WRITTEN = 10
PERIOD_SECONDS = 60.0
ASKED = "requests of unknown callers"
NOBODY: dict[str, Any] = {
    "subject": None, "role": None, "held_for": None, "about": "", "basis": "",
}  # fmt: skip


class Limits:
    """Limits for the unknown callers of one connection."""

    def __init__(self) -> None:
        self.looks = Allowance(LOOKS_A_SECOND, 1.0)
        self.admission = Admission(MOST_IN_FLIGHT, MOST_IN_FLIGHT, MOST_BYTES)


class UnknownCallers:
    """Limits what requests without a verified token can cost a service; guests of the broker have limits of their own."""

    def __init__(self) -> None:
        self.guests, self.others = Limits(), Limits()
        self._written = Allowance(WRITTEN, PERIOD_SECONDS)
        self._left_out = 0

    def limits(self, *, guest: bool) -> Limits:
        return self.guests if guest else self.others

    def is_written(self) -> bool:
        """Whether this refusal goes into log and access log. The others of a minute are counted."""
        if self._written.take():
            return True
        self._left_out += 1
        return False

    async def run(self, access_log: AccessLog) -> None:
        """Write every minute how many refusals were left out."""

        async def tell() -> float:
            self.tell(access_log)
            return PERIOD_SECONDS

        await repeat(tell)

    def tell(self, access_log: AccessLog) -> None:
        if not self._left_out:
            return
        number, self._left_out = self._left_out, 0
        log.warning("unknown_callers", number=number)
        about = json.dumps({"left_out": number})
        access_log.add(NOBODY | {"asked": ASKED, "about": about, "outcome": "NotAuthorised"})
