"""`siko import reply`: a mail or a calendar file that answers an invitation."""

import sys
from base64 import b64encode
from pathlib import Path

from siko_contracts.answers import Refusal
from siko_contracts.commands.invitations import MOST_MESSAGE, ImportReply
from siko_contracts.exit_codes import DONE, REFUSED
from siko_contracts.values import Finding

from siko.client import Client, refused, run
from siko.german.codes import HELD
from siko.output import Failure, Output, say, show, wrong_usage

LOOKED_AT = ("to_be_read", "automatic")
"""Causes of what is no calendar's reply at all: nothing was wrong with it."""


def import_reply(file: str, authority: str | None, output: Output, data: Path | None) -> int:
    """Send the file (`-`: standard input). Returns the exit code: 1 where it was held because something is wrong."""
    message = _message(file)

    async def work(client: Client) -> int:
        authority_id = authority or client.authority_id
        if authority_id is None:
            raise wrong_usage("whose mailbox did it come to? Say --authority, such as pp-koeln")
        body = {"authority_id": authority_id, "message": message}
        answer = await client.command("invitations", ImportReply.NAME, body)
        if isinstance(answer, Refusal):
            raise refused(answer)
        held = next(
            (finding for finding in answer.findings if finding.code == "ReplyRefused"), None
        )
        if held is not None and held.rule not in LOOKED_AT:
            raise _held(answer.id, held)
        if output == Output.TABLE:
            say(f"Zur Durchsicht: {HELD[held.rule]}" if held else "Als Antwort übernommen")
        else:
            document = answer.model_dump(mode="json", exclude_none=True)
            show(document, [document], output)
        return DONE

    return run(data, work)


def _held(reply_id: str, held: Finding) -> Failure:
    why = HELD.get(held.rule, held.rule)
    message = (
        f"nicht als Antwort übernommen ({why}); siehe `siko query reporting unmatched_replies`"
    )
    return Failure(REFUSED, held.code, message, {"cause": held.rule, "reply_id": reply_id})


def _message(file: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise wrong_usage(f"{file} cannot be read: {error.strerror}") from None
    message = b64encode(raw).decode()
    if not message:
        raise wrong_usage(f"{file} is empty")
    if len(message) > MOST_MESSAGE:
        raise wrong_usage(
            f"{file} has more than {MOST_MESSAGE * 3 // 4} bytes: answer with `siko send`"
        )
    return message
