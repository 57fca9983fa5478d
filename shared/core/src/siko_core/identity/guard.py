"""Guards every command and query of a service: authenticates the caller, checks the role, keeps the access log."""

import asyncio
import re
from collections.abc import Coroutine, Mapping, Sequence
from functools import partial
from typing import Any

import structlog
from nats.aio.client import Client
from pydantic import BaseModel
from siko_contracts.access import HINTS_AT_PROBING, Access
from siko_contracts.answers import Refusal
from siko_contracts.fields import naming
from siko_contracts.messages import AUTH, AUTHORIZATION, SIGNOUTS
from siko_contracts.queries import QueryAnswer, operations
from siko_contracts.requests import Request
from siko_contracts.sign_out import SignOut

from siko_core.databases import Writable
from siko_core.exposures import exposures
from siko_core.identity.access_log import SETTING, AccessLog
from siko_core.identity.admission import RETRY_AFTER_S, Admission, Turn, too_many
from siko_core.identity.headers import HEADERS
from siko_core.identity.identity import IDENTITY, Identity
from siko_core.identity.keys import keys_of_file, keys_of_provider
from siko_core.identity.rights import ensure_role, without_progress
from siko_core.identity.sign_outs import Signouts
from siko_core.identity.tokens import LOCAL_ISSUER, NOT_ACCEPTED, SIGN_IN, Verifier
from siko_core.identity.unknown_callers import NOBODY, UnknownCallers
from siko_core.refusals import Encoded, NotAuthorised, NotFound, Unavailable
from siko_core.settings import Settings, SettingsError

log = structlog.get_logger()
MOST_CHARACTERS = 500
ALL = "all"
AUTHORIZED = re.compile(rb"\r\nAuthorization:[ \t]*([^\r\n]*)")
BEARER = re.compile(rb"(?i:bearer) ([\w-]+\.[\w-]+\.[\w-]+)[ \t]*")
"""The form of every bearer token: three base64url parts."""
NO_TOKEN = Encoded.of(NotAuthorised(SIGN_IN))
NO_BEARER = Encoded.of(NotAuthorised(NOT_ACCEPTED))
NO_LOOK = Encoded.of(
    Unavailable("too many tokens are new: repeat it later", retry_after_s=RETRY_AFTER_S)
)
BUSY = Encoded.of(too_many())
COMMANDS, COMMANDS_OF_ONE, COMMAND_BYTES = 5000, 1000, 256 << 20
"""Most requests in flight, in total, per caller and in bytes.

The writer decides some thousand commands a second; no caller may fill its queue alone.
"""
QUERIES, QUERIES_OF_ONE, QUERY_BYTES = 64, 16, 64 << 20


class Guard:
    """The access control of one service. With `SIKO_AUTH=off` it admits everybody, and every answer says so."""

    def __init__(self, service: str, settings: Settings) -> None:
        self.service = service
        self.commands = Admission(COMMANDS, COMMANDS_OF_ONE, COMMAND_BYTES)
        self.queries = Admission(QUERIES, QUERIES_OF_ONE, QUERY_BYTES)
        self.unknown = UnknownCallers()
        self.verifier: Verifier | None = None
        self.access_log: AccessLog | None = None
        self.exposures = exposures(settings)
        if settings.auth == "off":
            return
        self.signouts = Signouts()
        if settings.oidc_issuer:
            issuer, self.keys = settings.oidc_issuer, keys_of_provider(settings.oidc_issuer)
        elif settings.identity_keys_file:
            issuer, self.keys = LOCAL_ISSUER, keys_of_file(settings.identity_keys_file)
        else:
            raise SettingsError("SIKO_OIDC_ISSUER or SIKO_IDENTITY_KEYS_FILE is needed")
        self.verifier = Verifier(issuer, self.keys, self.signouts)
        self.access_log = AccessLog(
            service, settings.access_log_url.get_secret_value(), settings.access_log_days
        )

    def command(self, model: type[Request]) -> "Door":
        return Door(self, f"command {self.service}.{model.NAME}", model.ACCESS, reads=False)

    def query(self, model: type[Request]) -> "Door":
        return Door(self, f"query {self.service}.{model.NAME}", model.ACCESS, reads=True)

    def signing_out(self) -> "Door":
        return Door(self, "sign_out", SignOut.ACCESS, reads=False)

    async def sign_out(self) -> None:
        """Sign out the token of the current request: it is refused from now on."""
        if self.verifier is not None:
            verified = await self.verifier.verify(HEADERS.get())
            await self.signouts.sign_out(verified.session)

    def hindrances(self) -> Mapping[str, str]:
        """Return why nobody can be admitted now, by check; empty if callers can be."""
        if self.verifier is None:
            return {}
        try:
            self.signouts.ensure_known()
        except Unavailable as unavailable:
            return {SIGNOUTS: str(unavailable)}
        return {}

    def streams(self) -> Sequence[str]:
        """Return the streams that readiness checks in addition to those of events."""
        return () if self.verifier is None else (SIGNOUTS,)

    def written(self) -> Mapping[str, Writable]:
        """Return what readiness checks for being writable in addition to the stores."""
        log_ = self.access_log
        if log_ is None:
            return {}
        write = partial(asyncio.to_thread, log_.ensure_writable)
        return {"access_log": Writable(write, SETTING)}

    def tasks(self, client: Client) -> Sequence[Coroutine[Any, Any, None]]:
        if self.access_log is None:
            log.warning("auth_is_off")
            return []
        return [
            self.keys.run(),
            self.signouts.run(client),
            self.access_log.run(),
            self.unknown.run(self.access_log),
        ]

    async def read_access_log(self, query: operations.AccessLog) -> QueryAnswer:
        """Answer a query of the access log. Raises NotFound with SIKO_AUTH=off: nobody is known, so none is kept."""
        if self.access_log is None:
            raise NotFound("with SIKO_AUTH=off there is no access log")
        return await self.access_log.find(query)

    def close(self) -> None:
        if self.access_log is not None:
            self.access_log.close()


class Door:
    """The access check of one command or query."""

    def __init__(self, guard: Guard, asked: str, access: Access, *, reads: bool) -> None:
        self._guard = guard
        self._asked = asked
        self._reads = reads
        self.access = access

    @property
    def headers(self) -> dict[str, str] | None:
        """Headers added to every answer."""
        return {AUTH: "off"} if self._guard.verifier is None else None

    @property
    def _admission(self) -> Admission:
        return self._guard.queries if self._reads else self._guard.commands

    def screen(self, headers: bytes | None, *, guest: bool) -> Encoded | None:
        """Return the refusal if the raw headers alone decide it, None if the request must be handled.

        This is cheap: it verifies no signature. `guest`: the request comes from a guest of the broker.
        """
        verifier = self._guard.verifier
        if verifier is None:
            return None
        if (authorized := AUTHORIZED.search(headers or b"")) is None:
            return NO_TOKEN
        if (bearer := BEARER.fullmatch(authorized[1])) is None:
            return NO_BEARER
        if known := verifier.known(bearer[1]):
            return BUSY if self._admission.is_full(known.identity.sub) else None
        return None if self._guard.unknown.limits(guest=guest).looks.take() else NO_LOOK

    def turn(self, headers: Mapping[str, str], size: int, *, guest: bool) -> Turn:
        """Count the request among those in flight. Raises Unavailable if a limit is reached."""
        verifier = self._guard.verifier
        if verifier is None:
            return Turn(self._admission, None, size)
        _, _, token = headers.get(AUTHORIZATION, "").partition(" ")
        if known := verifier.known(token.encode(errors="replace")):
            return Turn(self._admission, known.identity.sub, size)
        return Turn(self._guard.unknown.limits(guest=guest).admission, None, size)

    async def admit(self, headers: Mapping[str, str], turn: Turn) -> None:
        """Authenticate the caller and set IDENTITY. Raises NotAuthorised unless known and in a role for this request."""
        if self._guard.verifier is None:
            return
        identity = await self._guard.verifier.identify(headers)
        IDENTITY.set(identity)
        turn.move(self._admission, identity.sub)
        ensure_role(self.access, identity)

    def visible(self, request: BaseModel | None, answer: BaseModel) -> BaseModel:
        """Return the answer without what the caller may not see."""
        return without_progress(IDENTITY.get(), request, answer)

    def is_known(self) -> bool:
        """Whether the current request's caller is known, or authentication is off."""
        return self._guard.verifier is None or IDENTITY.get() is not None

    def note_unknown(self, code: str) -> bool:
        """Note the refusal of an unknown caller within the rate limit; return whether it should be logged."""
        if self._guard.access_log is None or not self._guard.unknown.is_written():
            return False
        if code in HINTS_AT_PROBING:
            self._guard.access_log.add(NOBODY | {"asked": self._asked, "outcome": code})
        return True

    async def note(self, request: BaseModel | None, answer: BaseModel) -> None:
        """Note every read, and every refusal of a known caller that hints at probing.

        Raises Unavailable if a sensitive answer cannot be noted now, NotStorable if it never can be.
        """
        identity = IDENTITY.get()
        if self._guard.access_log is None or identity is None:
            return
        code = answer.error.code if isinstance(answer, Refusal) else None
        if code not in HINTS_AT_PROBING and (code or not self._reads):
            return
        before_the_answer = self.access.sensitive and code is None
        await self._guard.access_log.note(
            {
                "subject": identity.sub,
                "role": identity.role,
                "held_for": identity.held_for,
                "asked": self._asked,
                "about": self._about(request, whole=before_the_answer),
                "basis": self._basis(identity),
                "outcome": code or "given",
            },
            before_the_answer=before_the_answer,
        )

    def _about(self, request: BaseModel | None, *, whole: bool) -> str:
        """Return all fields of a query, or only the ids that a command names and no text, as JSON, cut unless `whole`."""
        if request is None:
            return ""
        names = None if self._reads else set(naming(type(request)))
        about = request.model_dump_json(include=names, exclude_defaults=True)
        return about if whole else about[:MOST_CHARACTERS]

    def _basis(self, identity: Identity) -> str:
        """Return on what basis the role may ask: ALL, or what the role is held for; empty if it may not."""
        if identity.role not in self.access.roles:
            return ""
        return ALL if identity.role in self.access.free else identity.held_for
