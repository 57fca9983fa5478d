"""A cache of the public keys that verify tokens: from a file, or from an OpenID provider that may be down for a while."""

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any, Never

import structlog
from jwt import PyJWK, PyJWKSet, PyJWTError

from siko_core.loops import repeat
from siko_core.refusals import Unavailable
from siko_core.settings import is_private_address

log = structlog.get_logger()
BOUND_SECONDS = 3600.0
"""How long cached keys stay valid while their source cannot be read."""
MOST_BYTES = 1 << 20
ANSWER_SECONDS = 5.0
RETRY_AFTER_S = 5


class SourceAway(Exception):
    """The keys cannot be read now; the cached ones stay in use."""


class Keys:
    """Public keys by key id. An unknown id triggers a refresh, at most once every `pause` seconds."""

    def __init__(
        self,
        fetch: Callable[[], dict[str, Any]],
        *,
        every: float,
        pause: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.generation = 0
        """Incremented when a key was added, changed or withdrawn."""
        self._fetch = fetch
        self._every = every
        self._pause = pause
        self._clock = clock
        self._known: dict[str, PyJWK] = {}
        self._read: dict[str, Any] = {}
        self._fetched = self._tried = float("-inf")
        self._one = asyncio.Lock()

    async def run(self) -> None:
        """Refresh periodically, so that a withdrawn key stops being accepted within `every` seconds."""

        async def refresh() -> float:
            await self.refresh()
            return self._every

        await repeat(refresh)

    async def key(self, kid: str) -> PyJWK | None:
        """Return the key with this id, None if there is none. Raises Unavailable if the cache is too old."""
        if kid not in self._known:
            async with self._one:
                if kid not in self._known and self._clock() - self._tried >= self._pause:
                    await self._refresh()
        self.ensure_current()
        return self._known.get(kid)

    def ensure_current(self) -> None:
        if self._clock() - self._fetched > BOUND_SECONDS:
            raise Unavailable("the keys of the tokens cannot be read", retry_after_s=RETRY_AFTER_S)

    async def refresh(self) -> None:
        async with self._one:
            await self._refresh()

    async def _refresh(self) -> None:
        self._tried = self._clock()
        try:
            jwks = await asyncio.to_thread(self._fetch)
            if jwks != self._read:
                self._known = _usable(jwks)
                self._read = jwks
                self.generation += 1
        except (SourceAway, PyJWTError) as error:
            log.warning("keys_waits", reason=type(error).__name__)
        else:
            self._fetched = self._clock()


def _usable(jwks: dict[str, Any]) -> dict[str, PyJWK]:
    """Return the public signature keys of a JWKS; other entries are skipped, shared secrets among them."""
    listed = [
        key
        for key in jwks.get("keys", ())
        if isinstance(key, dict)
        and isinstance(key.get("kid"), str)
        and key.get("kty") in {"OKP", "EC", "RSA"}
        and key.get("use", "sig") == "sig"
    ]
    if not listed:
        return {}
    return {str(key.key_id): key for key in PyJWKSet.from_dict({"keys": listed}).keys}


def keys_of_file(path: Path) -> Keys:
    """Keys from a JWKS file, as `siko up` writes it."""
    return Keys(lambda: _file(path), every=1.0, pause=0.2)


def keys_of_provider(issuer: str) -> Keys:
    """Keys from an OpenID provider, located by OpenID Connect discovery."""
    return Keys(lambda: _provided(issuer), every=300.0, pause=10.0)


def _file(path: Path) -> dict[str, Any]:
    try:
        return _document(path.read_bytes())
    except OSError as error:
        raise SourceAway from error


def _provided(issuer: str) -> dict[str, Any]:
    configuration = _get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if configuration.get("issuer") != issuer:
        raise SourceAway
    return _get(str(configuration.get("jwks_uri")))


def _get(url: str) -> dict[str, Any]:
    if not is_private_address(url):
        raise SourceAway
    try:
        with _OPENER.open(url, timeout=ANSWER_SECONDS) as answer:
            return _document(answer.read(MOST_BYTES))
    except (OSError, HTTPException, ValueError) as error:
        raise SourceAway from error


def _document(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except ValueError as error:
        raise SourceAway from error
    if not isinstance(document, dict):
        raise SourceAway
    return document


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Refuses redirects: the setting alone decides where keys come from."""

    def redirect_request(self, *_: Any) -> Never:
        raise SourceAway


_OPENER = urllib.request.build_opener(_NoRedirects)
