"""Client of a running system: request/reply with retries until the service answers or the deadline passes."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from nats.aio.client import Client as Connection
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from siko_contracts import messages
from siko_contracts.answers import Answer, Refusal
from siko_contracts.exit_codes import REFUSED
from siko_contracts.queries import QueryAnswer
from siko_contracts.sign_out import SignedOut
from siko_core.broker.client import CarefulClient
from siko_core.loops import retry

from siko import broker_users
from siko.addresses import data_folder, nats_url
from siko.issuer import Issuer, claims, signs, stored_token
from siko.output import Failure, unreachable
from siko.roles import SignIn

if TYPE_CHECKING:
    from siko_core.broker.published import StreamReader

A = TypeVar("A", bound=Answer)
DEADLINE_S = 15.0
LONG_DEADLINE_S = 60.0
"""Deadline for sequences of commands (import and demo) and for long-running ones."""

CONNECT_S = 3.0
COMMAND_ATTEMPT_S = 1.5
"""A service that ended between commit and answer is asked again after this, and gives its first answer."""
SIGN_OUT_ATTEMPT_S = 3.0
"""Longer than a service waits for the stream."""
QUERY_ATTEMPT_S = 5.0
"""Longer than the 2 s that a query may wait for `at_least`."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 0.5
RETRIED = ("Unavailable", "NotYetKnown")
"""Refusals that may end by themselves; they say when (`retry_after_s`)."""
UNKNOWN = "NotFound"
"""The same where it says when: the thing may be on its way from another service, or another's for ever."""
UNKNOWN_S = 2.0


class Client:
    """Commands and queries on one connection; safe for many requests at once."""

    def __init__(
        self,
        connection: Connection,
        url: str,
        deadline_s: float,
        folder: Path | None = None,
        sign_in: SignIn | None = None,
    ) -> None:
        """`folder`: of the system's data, where its sign-ins are; without it no token is sent."""
        self._connection = connection
        self.url = url
        self.deadline_s = deadline_s
        self._folder = folder
        self._sign_in = sign_in
        self._issuer: Issuer | None = None

    def acting(self, sign_in: SignIn) -> "Client":
        """The same, in this role where the data folder can sign for it; else as whoever is signed in."""
        if self._issuer is None and self._folder is not None and signs(self._folder):
            self._issuer = Issuer(self._folder)
        client = Client(self._connection, self.url, self.deadline_s, self._folder, sign_in)
        client._issuer = self._issuer
        return client

    def _token(self) -> str | None:
        if self._issuer is not None and self._sign_in is not None:
            return self._issuer.token(self._sign_in)
        return stored_token(self._folder) if self._folder is not None else None

    @property
    def role(self) -> str | None:
        """The role that the token claims; None without a token. Services judge it, not the client."""
        token = self._token()
        return claims(token).get("role") if token else None

    @property
    def authority_id(self) -> str | None:
        """The authority that the token claims; None without one."""
        token = self._token()
        return claims(token).get("authority_id") if token else None

    def stream_of(self, producer: str) -> "StreamReader":
        """Its messages; the broker must let this login read them."""
        from siko_core.broker.published import StreamReader  # noqa: PLC0415 - for few commands

        return StreamReader(self._connection, producer)

    @property
    def is_refused_a_subject(self) -> bool:
        """By the broker, for which this login may not ask there: nobody will answer."""
        return "permissions violation" in str(self._connection.last_error).lower()

    async def sign_out(self) -> SignedOut | Refusal:
        """The token is refused from now on. Failure (exit code 3) where nobody answers in time."""
        answer = await self._ask(messages.SIGN_OUT, {}, {}, SIGN_OUT_ATTEMPT_S)
        return SignedOut.model_validate(answer) if answer["ok"] else Refusal.model_validate(answer)

    async def command(
        self,
        service: str,
        name: str,
        body: Mapping[str, Any],
        *,
        command_id: str | None = None,
        actor: str | None = None,
        now: str | None = None,
        correlation_id: str | None = None,
        answer: type[A] = Answer,  # type: ignore[assignment]  # a default for a type variable
    ) -> A | Refusal:
        """The service's answer; every attempt carries the same command id, so it is carried out once.

        `now`: RFC 3339, for the manual clock. Failure (exit code 3) where nobody answers in time.
        """
        actor = actor or (self._sign_in.actor if self._sign_in else None)
        headers = {
            messages.COMMAND_ID: command_id or str(uuid4()),
            messages.ACTOR: messages.to_header(actor or ""),
            messages.NOW: now,
            messages.CORRELATION_ID: messages.to_header(correlation_id or ""),
        }
        reply = await self._ask(
            messages.command_subject(service, name),
            body,
            {name: value for name, value in headers.items() if value},
            COMMAND_ATTEMPT_S,
        )
        return answer.model_validate(reply) if reply["ok"] else Refusal.model_validate(reply)

    async def query(
        self, service: str, name: str, parameters: Mapping[str, Any]
    ) -> QueryAnswer | Refusal:
        """Failure (exit code 3) where nobody answers in time."""
        answer = await self._ask(
            messages.query_subject(service, name), parameters, {}, QUERY_ATTEMPT_S
        )
        return (
            QueryAnswer.model_validate(answer) if answer["ok"] else Refusal.model_validate(answer)
        )

    async def view(self, service: str, name: str, **parameters: Any) -> QueryAnswer:
        """Answer of a query. Raises Failure (exit code 1) if it is refused, exit code 3 if nobody answers in time."""
        answer = await self.query(service, name, parameters)
        if isinstance(answer, Refusal):
            raise refused(answer)
        return answer

    async def _ask(
        self, subject: str, body: Mapping[str, Any], headers: dict[str, str], attempt_s: float
    ) -> dict[str, Any]:
        payload = json.dumps(body).encode()
        if token := self._token():
            headers = {**headers, messages.AUTHORIZATION: f"Bearer {token}"}
        deadline = time.monotonic() + self.deadline_s
        patient_until = time.monotonic() + UNKNOWN_S
        pauses = _pauses()

        async def ask() -> dict[str, Any]:
            patience = max(0.01, min(attempt_s, deadline - time.monotonic()))
            reply = await self._connection.request(
                subject, payload, timeout=patience, headers=headers or None
            )
            answer = _read(subject, reply.data)
            again = _retry_after(answer)
            if again is None or time.monotonic() + again >= deadline:
                return answer
            if _is_unknown(answer) and time.monotonic() > patient_until:
                return answer
            raise _NotYet(again)

        def failed(error: Exception) -> float:
            if isinstance(error, _NotYet):
                return error.retry_after_s
            trouble = _trouble(error)
            pause = 0.0 if isinstance(error, TimeoutError) else next(pauses)
            if time.monotonic() + pause >= deadline:
                raise unreachable(
                    f"{subject} at {self.url}: {trouble}, tried for {self.deadline_s:g} s;"
                    " look whether the service runs (`siko up` shows each), and repeat the command"
                )
            return pause

        return await retry(ask, failed)


def run(
    data: Path | None,
    work: Callable[[Client], Awaitable[int]],
    *,
    deadline_s: float = DEADLINE_S,
    user: str = "door",
) -> int:
    """Run the work of one command with a client of the system that `data` or the environment names.

    `user`: the broker user whose credentials in the data folder are used.
    """

    async def connected() -> int:
        credentials = broker_users.credentials(user, data)
        async with connect(nats_url(data), deadline_s, data_folder(data), credentials) as client:
            return await work(client)

    return asyncio.run(connected())


@asynccontextmanager
async def connect(
    url: str,
    deadline_s: float = DEADLINE_S,
    folder: Path | None = None,
    credentials: Path | None = None,
) -> AsyncIterator[Client]:
    """Connect a client that reconnects after restarts of the broker. Raises Failure (exit code 3) if there is none."""
    troubles: list[str] = []

    async def note(error: Exception) -> None:
        troubles[:] = [str(error) or type(error).__name__]

    connection = CarefulClient()
    given = {
        "name": "siko",
        "error_cb": note,
        "connect_timeout": 1,
        "max_reconnect_attempts": -1,
        "reconnect_time_wait": 0.25,
        **broker_users.options(credentials),
        **broker_users.tls(url),
    }
    try:
        async with asyncio.timeout(CONNECT_S):
            await connection.connect(url, **given)
    except (TimeoutError, NatsError, OSError, ValueError) as error:
        reason = troubles[0] if troubles else str(error) or "no answer"
        raise broker_users.not_connected(url, reason) from None
    try:
        yield Client(connection, url, deadline_s, folder)
    finally:
        await connection.close()


def refused(refusal: Refusal) -> Failure:
    """Return a Failure (exit code 1) with the code of the refusal."""
    error = refusal.error
    return Failure(REFUSED, error.code, error.message, error.details)


def _read(subject: str, data: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(data)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
        raise unreachable(f"{subject}: what answered is no service of siko: {data[:80]!r}")
    return answer


class _NotYet(Exception):
    """The refusal may end by itself."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s


def _trouble(error: Exception) -> str:
    """Say why there is no answer. Raises the error itself if a retry cannot help."""
    match error:
        case NoRespondersError():
            return "no service listens there"
        case TimeoutError():
            return "no answer in time"
        case NatsError():
            return str(error)
    raise error


def _pauses() -> Iterator[float]:
    """Yield the pauses between attempts, each twice as long as the one before, up to a limit."""
    pause = FIRST_PAUSE_S
    while True:
        yield pause
        pause = min(2 * pause, LONGEST_PAUSE_S)


def _retry_after(answer: Mapping[str, Any]) -> float | None:
    """Return the seconds until a retry may get another answer; None if the answer is final."""
    error = answer.get("error") or {}
    details = error.get("details") or {}
    if answer["ok"] or (error.get("code") not in RETRIED and not _is_unknown(answer)):
        return None
    return float(details.get("retry_after_s") or 1)


def _is_unknown(answer: Mapping[str, Any]) -> bool:
    error = answer.get("error") or {}
    return error.get("code") == UNKNOWN and "retry_after_s" in (error.get("details") or {})
