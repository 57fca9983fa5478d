"""`siko send`: one command to one service."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from siko_contracts.answers import Refusal
from siko_contracts.commands import OPERATIONS
from siko_contracts.commands.scheduler import AdvanceClock
from siko_contracts.exit_codes import DONE
from siko_contracts.requests import Request
from siko_contracts.values import Actor

from siko.catalogue import commands_of, known
from siko.client import Client, refused, run
from siko.clock import clock_stands, time_of
from siko.german import codes
from siko.german.cells import row
from siko.german.headings import heading
from siko.key_values import ensure_form, parse
from siko.output import Failure, Output, say, show, wrong_usage
from siko.quiescence import settle
from siko.roles import OPERATOR

COLUMNS = ["id", "version", "position", "token"]
NOT_AUTHORISED = "NotAuthorised"


def send(  # noqa: PLR0917 - one parameter an option, in main's order
    service: str,
    command: str,
    pairs: list[str],
    json_file: str | None,
    actor: str | None,
    now: str | None,
    command_id: str | None,
    output: Output,
    data: Path | None,
    *,
    only_id: bool = False,
    wait: bool = False,
) -> int:
    """Send a command; pairs override fields of the JSON file (`-`: standard input). Returns the exit code.

    `wait`: until every service has applied what the command recorded, and all that followed from it.
    """
    name, model = known(service, "command", command)
    body = (_object(json_file) if json_file else {}) | parse(model, pairs)
    ensure_form(model, body, f"siko send {service} {name}")
    _check_headers(actor, command_id)

    async def work(client: Client) -> int:
        answer = await client.command(
            *(service, name, body),
            command_id=command_id,
            actor=actor,
            now=now,
            answer=commands_of(service)[name].ANSWER,
        )
        if isinstance(answer, Refusal):
            raise _refused(answer, model)
        if wait:
            await settle(client.acting(OPERATOR))
        if only_id:
            say(answer.id)
            return DONE
        document = answer.model_dump(mode="json", exclude_none=True)
        columns = ["id", "letters"] if name in OPERATIONS else COLUMNS
        shown = row(document) if output == Output.TABLE else document
        show(document, [shown], output, columns=columns)
        if output == Output.TABLE:
            _say_findings(document.get("findings", ()))
        is_clock = name == AdvanceClock.NAME and output == Output.TABLE
        if is_clock and (at := await time_of(client, service)):
            say(clock_stands(at))  # it never goes back, whatever was asked for
        return DONE

    return run(data, work)


def _refused(refusal: Refusal, model: type[Request]) -> Failure:
    """The refusal; one for lack of rights says also who has them, which is no secret."""
    failure = refused(refusal)
    if failure.code != NOT_AUTHORISED:
        return failure
    details = {**failure.details, "may": ", ".join(sorted(model.ACCESS.roles))}
    return Failure(failure.exit_code, failure.code, failure.message, details)


def _say_findings(findings: Sequence[Mapping[str, Any]]) -> None:
    if findings:
        say(f"\n{heading('findings')}:")
    for line in codes.findings(findings):
        say(f"  {line}")


def _object(json_file: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if json_file == "-" else Path(json_file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise wrong_usage(f"{json_file} cannot be read: {error}") from None
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise wrong_usage(f"{json_file} is no JSON: {error}") from None
    if not isinstance(body, dict):
        raise wrong_usage(f"{json_file} holds no JSON object")
    return body


def _check_headers(actor: str | None, command_id: str | None) -> None:
    try:
        if actor is not None:
            Actor.parse(actor)
        if command_id is not None:
            UUID(command_id)
    except ValueError as error:
        raise wrong_usage(str(error)) from None
