"""Verifies tokens: signature, issuer, audience and time; verified tokens are cached."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

import jwt
from pydantic import Field, Strict
from siko_contracts.messages import AUTHORIZATION, session_of
from siko_contracts.values import Stored

from siko_core.broker.topology import LONGEST_LIFE_SECONDS
from siko_core.identity.identity import Identity
from siko_core.identity.keys import Keys
from siko_core.refusals import NotAuthorised

AUDIENCE = "siko"
LOCAL_ISSUER = "siko:local"
"""The issuer of tokens in a system on one machine."""
ALGORITHMS = frozenset({"EdDSA", "ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256"})
"""Asymmetric algorithms only. A token is verified with its key's algorithm, never with the one it claims itself."""
TYPES = frozenset({"JWT", "AT+JWT"})
REQUIRED = ["iss", "aud", "sub", "iat", "exp", "jti"]
MOST_CHARACTERS = 8192
SKEW_SECONDS = 5
REMEMBERED = 10_000
UNREADABLE = (jwt.PyJWTError, ValueError, TypeError, ArithmeticError, RecursionError)
"""Errors raised by reading a token that is malformed, which is its sender's doing and no fault of ours."""
SIGN_IN = "sign in first: `siko login`, or a token of the identity provider"
NOT_ACCEPTED = "the token is not accepted"


Seconds = Annotated[float, Strict(), Field(ge=0, le=1e11, allow_inf_nan=False)]
"""RFC 7519's NumericDate: strictly a number, no text that looks like one; no later than the year 5138."""


class Claims(Identity):
    """A token's claims: the identity, and the registered claims of RFC 7519 that are checked."""

    iss: str
    jti: Stored
    iat: Seconds
    exp: Seconds
    nbf: Seconds = 0


class SignedOut(Protocol):
    def ensure_known(self) -> None: ...
    def __contains__(self, session: str) -> bool: ...


@dataclass(frozen=True)
class Verified:
    identity: Identity
    session: str
    expires_at: float


class Verifier:
    """Verifies tokens of one issuer."""

    def __init__(
        self,
        issuer: str,
        keys: Keys,
        signed_out: SignedOut,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._issuer = issuer
        self._keys = keys
        self._signed_out = signed_out
        self._clock = clock
        self._generation = 0
        self._remembered: OrderedDict[bytes, Verified] = OrderedDict()

    async def identify(self, headers: Mapping[str, str]) -> Identity:
        """Return the caller's identity. Raises as `verify` does."""
        return (await self.verify(headers)).identity

    async def verify(self, headers: Mapping[str, str]) -> Verified:
        """Verify the request's token. Raises NotAuthorised if it is not valid, Unavailable if that cannot be known now."""
        given = headers.get(AUTHORIZATION)
        if given is None:
            raise NotAuthorised(SIGN_IN)
        scheme, _, token = given.partition(" ")
        if scheme.lower() != "bearer" or len(token) > MOST_CHARACTERS:
            raise NotAuthorised(NOT_ACCEPTED)
        verified = await self._verified(token)
        self._keys.ensure_current()
        if verified.expires_at <= self._clock():
            raise NotAuthorised("the token has expired: sign in again")
        self._signed_out.ensure_known()
        if verified.session in self._signed_out:
            raise NotAuthorised("the token was signed out: sign in again")
        return verified

    def known(self, token: bytes) -> Verified | None:
        """Return the cached result for a token if it is still valid, None otherwise; verifies no signature."""
        if self._generation != self._keys.generation:
            return None
        verified = self._remembered.get(hashlib.sha256(token).digest())
        counts = (
            verified
            and verified.expires_at > self._clock()
            and verified.session not in self._signed_out
        )
        return verified if counts else None

    async def _verified(self, token: str) -> Verified:
        if self._generation != self._keys.generation:  # a key may have been withdrawn
            self._remembered.clear()
            self._generation = self._keys.generation
        digest = hashlib.sha256(token.encode(errors="replace")).digest()
        if verified := self._remembered.get(digest):
            self._remembered.move_to_end(digest)
            return verified
        generation = self._generation
        verified = await self._read(token)
        if generation == self._keys.generation:
            self._remembered[digest] = verified
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return verified

    async def _read(self, token: str) -> Verified:
        try:
            header = jwt.get_unverified_header(token)
            key = await self._keys.key(_key_id(header))
            if key is None or key.algorithm_name != header["alg"]:
                raise NotAuthorised(NOT_ACCEPTED)
            claims = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=AUDIENCE,
                issuer=self._issuer,
                leeway=SKEW_SECONDS,
                options={"require": REQUIRED},
            )
            parsed = Claims.model_validate(claims)
        except jwt.ExpiredSignatureError:
            raise NotAuthorised("the token has expired: sign in again") from None
        except UNREADABLE:
            raise NotAuthorised(NOT_ACCEPTED) from None
        # sign-outs are kept no longer than this
        if parsed.exp - parsed.iat > LONGEST_LIFE_SECONDS:
            raise NotAuthorised("the token lives too long: 12 hours at most")
        identity = Identity.model_validate(claims)
        return Verified(identity, session_of(parsed.iss, parsed.jti), parsed.exp)


def _key_id(header: Mapping[str, Any]) -> str:
    """Return the key id of an acceptable header. Raises NotAuthorised for any other. Keys in the token are ignored."""
    kid = header.get("kid")
    if (
        header.get("alg") not in ALGORITHMS
        or str(header.get("typ")).upper() not in TYPES
        or "crit" in header
        or not isinstance(kid, str)
    ):
        raise NotAuthorised(NOT_ACCEPTED)
    return kid
