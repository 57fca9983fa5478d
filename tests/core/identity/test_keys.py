"""Keys are rotated, withdrawn and away: what is known goes on for an hour, and no longer."""

import json
import time
from typing import Any

import pytest
from siko_core.identity.keys import BOUND_SECONDS, Keys, SourceAway, keys_of_provider
from siko_core.identity.tokens import Verifier
from siko_core.refusals import NotAuthorised, Unavailable

from tests.core.identity.signing import AUDITOR, Key


class Nobody:
    """Has signed out."""

    def ensure_known(self) -> None: ...
    def __contains__(self, session: str) -> bool:
        return False


class Source:
    """Keys that can be away, and a clock that is moved by hand."""

    def __init__(self, *keys: Key) -> None:
        self.listed = [key.public for key in keys]
        self.away = False
        self.now = 1000.0
        self.asked = 0
        self.keys = Keys(self.fetch, every=300, pause=10, clock=lambda: self.now)
        self.verifier = Verifier("siko:local", self.keys, Nobody())

    def fetch(self) -> dict[str, Any]:
        self.asked += 1
        if self.away:
            raise SourceAway
        return {"keys": list(self.listed)}

    async def accepts(self, token: str) -> bool:
        try:
            await self.verifier.identify({"Authorization": f"Bearer {token}"})
        except NotAuthorised:
            return False
        return True


async def test_a_new_key_is_found_by_the_first_token_of_it(key):
    source = Source(key)
    assert await source.accepts(key.sign())
    second = Key("second", "ES256")
    source.listed.append(second.public)
    source.now += 11
    assert await source.accepts(second.sign())
    assert await source.accepts(key.sign())


async def test_tokens_of_unknown_keys_do_not_make_the_provider_be_asked_each_time(key):
    source = Source(key)
    assert await source.accepts(key.sign())
    asked = source.asked
    for number in range(50):
        assert not await source.accepts(Key(f"stranger {number}").sign())
    assert source.asked == asked


async def test_a_key_that_was_withdrawn_opens_nothing_also_with_a_token_that_was_known(key):
    source = Source(key)
    token = key.sign()
    assert await source.accepts(token)
    source.listed = [Key("second").public]
    await source.keys.refresh()
    assert not await source.accepts(token)


async def test_another_key_under_the_same_id_ends_the_tokens_of_the_first(key):
    source = Source(key)
    token = key.sign()
    assert await source.accepts(token)
    source.listed = [Key(key.kid).public]
    await source.keys.refresh()
    assert not await source.accepts(token)


async def test_known_keys_go_on_while_the_provider_is_away_for_ten_minutes_and_not_for_ever(key):
    source = Source(key)
    known = key.sign()
    assert await source.accepts(known)
    source.away = True
    source.now += 600
    await source.keys.refresh()
    assert await source.accepts(known)
    assert await source.accepts(key.sign())
    assert not await source.accepts(Key("stranger").sign())
    source.now += BOUND_SECONDS
    for token in (known, key.sign()):
        with pytest.raises(Unavailable):
            await source.accepts(token)
    source.away = False
    await source.keys.refresh()
    assert await source.accepts(known)


async def test_before_the_provider_was_reached_once_nobody_is_known_and_that_is_said(key):
    source = Source(key)
    source.away = True
    with pytest.raises(Unavailable):
        await source.accepts(key.sign())


async def test_a_shared_secret_among_the_keys_is_no_key(key):
    source = Source(key)
    secret = {
        "kty": "oct",
        "kid": "shared",
        "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0",
        "alg": "HS256",
    }
    source.listed = [secret, key.public, {"kty": "EC", "kid": "broken"}, {"kid": 7}, "nonsense"]
    assert await source.accepts(key.sign())
    forged = key.sign(
        AUDITOR, header={"kid": "shared"}, key=b"secretsecretsecretsecret" * 2, alg="HS256"
    )
    assert not await source.accepts(forged)


@pytest.mark.parametrize("alg", ["EdDSA", "ES256", "RS256"])
async def test_keys_are_found_by_discovery(provider, alg):
    key = Key("k", alg)
    provider.keys = [key.public]
    verifier = Verifier(provider.issuer, keys_of_provider(provider.issuer), Nobody())
    token = key.sign(AUDITOR, iss=provider.issuer)
    identity = await verifier.identify({"Authorization": f"Bearer {token}"})
    assert identity.role == "auditor"
    asked = provider.asked
    provider.away = True
    for _ in range(100):
        await verifier.identify({"Authorization": f"Bearer {token}"})
    assert provider.asked == asked


async def test_a_provider_that_names_another_issuer_is_not_believed(provider, key):
    provider.keys = [key.public]
    provider.says_issuer = "https://evil.example"
    verifier = Verifier(provider.issuer, keys_of_provider(provider.issuer), Nobody())
    token = key.sign(AUDITOR, iss=provider.issuer)
    with pytest.raises(Unavailable):
        await verifier.identify({"Authorization": f"Bearer {token}"})


async def test_a_running_service_takes_the_keys_of_a_file_that_was_changed(ask, key, keys_file):
    second = Key("second")
    token = key.sign()
    assert (await ask("write_note", {}, token))["ok"]
    keys_file.write_text(json.dumps({"keys": [second.public]}))
    deadline = time.monotonic() + 10
    while (await ask("write_note", {}, token))["ok"]:
        assert time.monotonic() < deadline
    assert (await ask("write_note", {}, second.sign()))["ok"]
    keys_file.unlink()
    assert (await ask("write_note", {}, second.sign()))["ok"]


async def test_a_token_that_was_verified_costs_a_look(key):
    source = Source(key)
    token = key.sign()
    assert await source.accepts(token)
    began = time.perf_counter()
    for _ in range(1000):
        await source.accepts(token)
    assert (time.perf_counter() - began) / 1000 < 0.0001
