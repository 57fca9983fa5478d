"""`siko import bounce`: a mail that came back becomes a failed delivery of its letter."""

import sys
from pathlib import Path

from siko_contracts.answers import Refusal
from siko_contracts.commands.invitations import RecordFailedDelivery
from siko_contracts.exit_codes import DONE, REFUSED
from siko_itip.bounces import MOST_BYTES, BounceRefused, read_bounce

from siko.client import Client, refused, run
from siko.output import Failure, Output, show, wrong_usage


def import_bounce(file: str, output: Output, data: Path | None) -> int:
    """Read a report (`-`: standard input) and record what it says. Returns the exit code."""
    try:
        bounce = read_bounce(_content(file))
    except BounceRefused as refusal:
        raise Failure(REFUSED, refusal.code, str(refusal), refusal.details) from None
    correspondence, _, _ = bounce.letter.partition("@")
    _, _, about = correspondence.partition(":")
    conference_id, _, body_id = about.rpartition(":")
    fields = {
        "conference_id": conference_id,
        "body_id": body_id,
        "letter": bounce.letter,
        "code": bounce.code,
    }

    async def work(client: Client) -> int:
        answer = await client.command("invitations", RecordFailedDelivery.NAME, fields)
        if isinstance(answer, Refusal):
            raise refused(answer)
        shown = {name: fields[name] for name in ("conference_id", "body_id", "code")}
        show(fields, [shown], output, columns=list(shown))
        return DONE

    return run(data, work)


def _content(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    try:
        with Path(file).open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise wrong_usage(f"{file}: {error.strerror}") from None
