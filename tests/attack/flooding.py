"""`python -m tests.attack.flooding URL SECONDS KIND KEY_ID`: floods a broker as a guest; prints how many messages it sent."""

import asyncio
import base64
import hashlib
import json
import sys
import time
from collections.abc import Callable

import nats

Sent = tuple[str, dict[str, str] | None]
"""Subject and headers."""


def _sign_out(number: int, _header: str) -> Sent:
    """As it was before it needed a token, and as a request with a token that is none."""
    session = hashlib.sha256(b"%d" % number).hexdigest()
    if number % 2:
        return f"siko.signout.{session}", None
    return "siko.sign_out", {"Authorization": f"Bearer {session}"}


def _junk_token(number: int, header: str) -> Sent:
    """No token, no form of a token, and one that only its signature betrays."""
    subject = "siko.command.scheduler.plan_year"
    if number % 3 == 0:
        return subject, None
    token = f"{header}.{number:x}.{'A' * 86}" if number % 3 == 1 else f"junk{number}"
    return subject, {"Authorization": f"Bearer {token}"}


def _junk_subject(number: int, _header: str) -> Sent:
    return (f"junk.{number}", f"siko.command.scheduler.junk{number}")[number % 2], None


KINDS: dict[str, Callable[[int, str], Sent]] = {
    "sign-outs": _sign_out,
    "junk tokens": _junk_token,
    "junk subjects": _junk_subject,
}


async def flood(url: str, seconds: float, kind: str, key_id: str) -> int:
    """The number of messages that were sent, as fast as one client can, each with a place to answer at."""
    document = json.dumps({"alg": "EdDSA", "typ": "JWT", "kid": key_id}).encode()
    header = base64.urlsafe_b64encode(document).rstrip(b"=").decode()

    async def ignore(_: Exception) -> None:
        """A refusal by the broker."""

    client = await nats.connect(url, error_cb=ignore)
    number, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        for _ in range(100):
            number += 1
            subject, headers = KINDS[kind](number, header)
            await client.publish(subject, b"{}", reply="_INBOX.flood", headers=headers)
        await asyncio.sleep(0)
    await client.close()
    return number


if __name__ == "__main__":
    url, seconds, kind, key_id = sys.argv[1:]
    sys.stdout.write(f"{asyncio.run(flood(url, float(seconds), kind, key_id))}\n")
