"""The request's headers while it is handled, and the metadata of a decision from them."""

from collections.abc import Mapping
from contextvars import ContextVar
from uuid import UUID

from siko_contracts.commands import Command, Effective
from siko_contracts.messages import (
    ACTOR,
    COMMAND_ID,
    CORRELATION_ID,
    NOW,
    TRACEPARENT,
    from_header,
)
from siko_contracts.values import Actor
from uuid_utils import uuid7

from siko_core.clock import Clock
from siko_core.metadata import Metadata
from siko_core.refusals import InTheFuture, InvalidCommand

HEADERS: ContextVar[Mapping[str, str]] = ContextVar("HEADERS")


def metadata_of(command: Command, clock: Clock) -> Metadata:
    """Who, when and under which id; InvalidCommand names the header or field that is wrong."""
    headers = HEADERS.get({})
    asked = (
        clock.parse(headers[NOW])
        if NOW in headers
        else command.brings_now
        if clock.manual
        else None
    )
    now = clock.now(asked)
    effective_at = (command.effective_at if isinstance(command, Effective) else None) or now
    if effective_at > now:
        raise InTheFuture(field="effective_at", now=now.isoformat())
    return Metadata(
        effective_at=effective_at,
        recorded_at=now,
        actor=_actor(headers),
        command_id=_command_id(headers),
        correlation_id=from_header(headers[CORRELATION_ID]) if CORRELATION_ID in headers else None,
        traceparent=headers.get(TRACEPARENT),
    )


def _command_id(headers: Mapping[str, str]) -> str:
    if COMMAND_ID not in headers:
        return str(uuid7())
    try:
        return str(UUID(headers[COMMAND_ID]))
    except ValueError:
        raise InvalidCommand(**{COMMAND_ID: "not a UUID"}) from None


def _actor(headers: Mapping[str, str]) -> Actor | None:
    if ACTOR not in headers:
        return None
    try:
        return Actor.parse(from_header(headers[ACTOR]))
    except ValueError as error:
        raise InvalidCommand(**{ACTOR: str(error)}) from None
