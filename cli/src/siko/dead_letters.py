"""`siko dead-letters`: list, show, replay and discard events that services have parked."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from siko_contracts.answers import Refusal, Settled
from siko_contracts.commands.operations import LettersCommand
from siko_contracts.exit_codes import DONE, REFUSED
from siko_contracts.queries.operations import DeadLetters
from siko_contracts.values import Actor

from siko.client import LONG_DEADLINE_S, Client, refused, run
from siko.key_values import did_you_mean
from siko.layouts import show_table
from siko.output import Failure, Output, say, show, wrong_usage
from siko.services import SERVICES, ensure_service

STATES = ("parked", "replayed", "discarded")


def list_(
    service: str | None,
    state: str | None,
    aggregate: str | None,
    output: Output,
    data: Path | None,
    *,
    wide: bool = False,
) -> int:
    """List the dead letters of one service or of all, in any state if `state` is None. Returns the exit code."""
    if state is not None and state not in STATES:
        raise wrong_usage(
            f"no state {state!r}{did_you_mean(state, STATES)}", known=", ".join(STATES)
        )
    services = _services(service)
    parameters = _given(state=state, aggregate_id=aggregate)

    async def work(client: Client) -> int:
        items, failure = await _ask(client, services, parameters)
        if output == Output.TABLE and not items and failure is None:
            say("Nothing is parked." if state == "parked" else "There is nothing.")
        elif output == Output.TABLE and items:
            show_table("dead_letters", items, wide=wide)
        elif items or failure is None:
            show({"items": items}, items, output)
        if failure is not None:
            raise failure
        return DONE

    return run(data, work)


def show_(letter: str, service: str | None, output: Output, data: Path | None) -> int:
    """Show a dead letter with its body, for each service that has parked the event. Returns the exit code."""
    services = _services(service)

    async def work(client: Client) -> int:
        items, failure = await _ask(client, services, {"id": letter})
        if not items:
            raise failure or _not_found(letter, service)
        for item in items:
            rows = [{"field": name, "value": value} for name, value in item.items()]
            show(item, rows if output == Output.TABLE else [item], output)
        return DONE

    return run(data, work)


def settle(  # noqa: PLR0917 - as they come from the command line
    what: type[LettersCommand],
    fields: Mapping[str, str | None],
    service: str | None,
    actor: str | None,
    output: Output,
    data: Path | None,
) -> int:
    """Replay or discard, by the command class `what`. Returns the exit code."""
    body = _given(**fields)
    selection: dict[str, str] = {
        name: body[name] for name in ("id", "aggregate_id") if name in body
    }
    if len(selection) != 1:
        raise wrong_usage("say which: the ID of one, or --aggregate")
    services = _services(service)
    try:
        if actor is not None:
            Actor.parse(actor)
    except ValueError as error:
        raise wrong_usage(str(error)) from None

    async def work(client: Client) -> int:
        where = service or await _where(client, services, selection)
        answer = await client.command(where, what.NAME, body, actor=actor, answer=Settled)
        if isinstance(answer, Refusal):
            raise refused(answer)
        document = {"service": where, "aggregate_id": answer.id, "letters": answer.letters}
        show(document, [document], output)
        return DONE

    return run(data, work, deadline_s=LONG_DEADLINE_S)


async def _where(client: Client, services: tuple[str, ...], selection: Mapping[str, str]) -> str:
    """Return the service that has parked it. Raises Failure unless exactly one has and all answer."""
    items, failure = await _ask(client, services, {**selection, "limit": 1})
    holders = sorted({item["service"] for item in items})
    if len(holders) > 1:
        raise wrong_usage(f"{' and '.join(holders)} have it: say which by --service")
    if failure is not None:
        raise failure
    if not holders:
        raise _not_found("".join(selection.values()), None)
    return str(holders[0])


async def _ask(
    client: Client, services: tuple[str, ...], parameters: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], Failure | None]:
    """Return the dead letters in the order of the services, and the failure of one that did not answer."""
    answers = await asyncio.gather(
        *(_all(client, service, parameters) for service in services), return_exceptions=True
    )
    items: list[dict[str, Any]] = []
    failure: Failure | None = None
    for answer in answers:
        if isinstance(answer, Failure):
            failure = answer
        elif isinstance(answer, BaseException):
            raise answer
        else:
            items += answer
    return items, failure


async def _all(client: Client, service: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        answer = await client.view(service, DeadLetters.NAME, **parameters, **_given(cursor=cursor))
        items += [{"service": service} | item for item in answer.items]
        cursor = answer.cursor
        if cursor is None or "limit" in parameters:
            return items


def _services(service: str | None) -> tuple[str, ...]:
    if service is None:
        return SERVICES
    ensure_service(service)
    return (service,)


def _given(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}


def _not_found(name: str, service: str | None) -> Failure:
    return Failure(
        REFUSED, "NotFound", f"nothing of {name} was parked at {service or 'any service'}"
    )
