"""Keeps the current request's headers, and derives a decision's metadata from them."""

import re
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime

from siko_contracts.commands import Command, Effective
from siko_contracts.messages import (
    ACTOR,
    COMMAND_ID,
    CORRELATION_ID,
    NOW,
    TRACEPARENT,
    from_header,
)
from siko_contracts.values import Actor, one_line
from uuid_utils import UUID, uuid7

from siko_core.clock import Clock
from siko_core.identity.identity import IDENTITY
from siko_core.metadata import Metadata
from siko_core.refusals import InTheFuture, InvalidCommand, NotAuthorised

HEADERS: ContextVar[Mapping[str, str]] = ContextVar("HEADERS")
MOST_CHARACTERS = 300
ID_FORM = re.compile(r"[0-9A-Fa-f-]{1,64}")
TRACEPARENT_FORM = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def metadata_of(command: Command, clock: Clock) -> Metadata:
    """Build a decision's metadata: who acts, when, and under which id.

    Raises InvalidCommand, naming the header that is wrong; InTheFuture if `effective_at` lies after now;
    NotAuthorised if the role may not backdate.
    """
    headers = HEADERS.get({})
    asked = (
        clock.parse(headers[NOW])
        if NOW in headers
        else command.brings_now
        if clock.manual
        else None
    )
    now = clock.now(asked)
    effective_at = _told_by(command) or now
    if effective_at > now:
        raise InTheFuture(field="effective_at", now=now.isoformat())
    return Metadata(
        effective_at=effective_at,
        recorded_at=now,
        actor=_actor(headers),
        command_id=_command_id(headers),
        correlation_id=_correlation_id(headers),
        traceparent=_traceparent(headers),
    )


def _told_by(command: Command) -> datetime | None:
    """Return the command's `effective_at`, None if it has none. Raises NotAuthorised if the role may not backdate."""
    if not isinstance(command, Effective) or command.effective_at is None:
        return None
    identity = IDENTITY.get()
    backdated_by = command.ACCESS.backdated_by
    if identity is not None and identity.role not in backdated_by:
        roles = " or ".join(backdated_by)
        raise NotAuthorised(f"only {roles} may enter this afterwards", field="effective_at")
    return command.effective_at


def asked_by() -> tuple[Actor | None, str]:
    """Return the actor and the command's id, for decisions that need no other metadata."""
    headers = HEADERS.get({})
    return _actor(headers), _command_id(headers)


def asker() -> str:
    """Return the scope of a command id: the token's subject and what it acts for; without a token the header's actor."""
    if identity := IDENTITY.get():
        return f"{identity.held_for} {identity.sub}"
    return HEADERS.get({}).get(ACTOR, "")


def _command_id(headers: Mapping[str, str]) -> str:
    if COMMAND_ID not in headers:
        return str(uuid7())
    try:
        return str(UUID(headers[COMMAND_ID]))
    except ValueError:
        raise InvalidCommand(**{COMMAND_ID: "not a UUID"}) from None


def _actor(headers: Mapping[str, str]) -> Actor | None:
    """Return the token's actor; the header's only if there is no identity (SIKO_AUTH=off)."""
    if identity := IDENTITY.get():
        return identity.actor
    text = _text(headers, ACTOR)
    try:
        return Actor.parse(text) if text is not None else None
    except ValueError:
        raise InvalidCommand(**{ACTOR: "an actor is <function>@<body_id>"}) from None


def _text(headers: Mapping[str, str], name: str) -> str | None:
    """Return a header percent-decoded, None if it is missing.

    Raises InvalidCommand if it is malformed, or too long: it would enlarge every event of the decision.
    """
    if name not in headers:
        return None
    if len(headers[name]) > MOST_CHARACTERS:
        raise InvalidCommand(**{name: f"at most {MOST_CHARACTERS} characters"})
    try:
        return str(one_line(from_header(headers[name])))
    except UnicodeError:
        raise InvalidCommand(**{name: "not percent-encoded UTF-8"}) from None
    except ValueError as unseen:
        raise InvalidCommand(**{name: str(unseen)}) from None


def _correlation_id(headers: Mapping[str, str]) -> str | None:
    """Return the correlation id, a UUID or a trace's id. Raises InvalidCommand if it is no such id.

    It is published with every event of the decision, so it must not be able to hold words.
    """
    given = headers.get(CORRELATION_ID)
    if given is not None and not ID_FORM.fullmatch(given):
        raise InvalidCommand(**{CORRELATION_ID: "an id: at most 64 hexadecimal digits and hyphens"})
    return given


def _traceparent(headers: Mapping[str, str]) -> str | None:
    """Return the `traceparent`; one that is malformed is ignored (W3C Trace Context §3.2)."""
    given = headers.get(TRACEPARENT)
    return given if given and TRACEPARENT_FORM.fullmatch(given) else None
