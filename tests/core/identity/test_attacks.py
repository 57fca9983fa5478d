"""Tokens that are none, or no longer, or not for us: each is refused, and says no more than that."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.core.identity.signing import AUDITOR, SECRETARIAT, Key, good

NOW = int(time.time())


async def refused(ask: Any, token: str | None, **headers: str) -> dict[str, Any]:
    answer = await ask("write_note", {}, token, **headers)
    assert answer["ok"] is False, answer
    assert answer["error"]["code"] == "NotAuthorised"
    assert token is None or not token or token not in json.dumps(answer)
    found: dict[str, Any] = answer["error"]
    return found


async def test_a_good_token_opens_what_its_role_may_do_and_nothing_else(ask, key):
    assert (await ask("write_note", {"id": "a"}, key.sign()))["ok"]
    assert (await ask("log", {}, key.sign(AUDITOR)))["ok"]
    assert (await ask("log", {}, key.sign()))["error"]["code"] == "NotAuthorised"
    assert (await ask("write_note", {}, key.sign(AUDITOR)))["error"]["code"] == "NotAuthorised"


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": NOW - 1},
        {"exp": NOW - 3600},
        {"exp": 0},
        {"nbf": NOW + 3600},
        {"iat": NOW + 3600},
        {"aud": "another"},
        {"aud": ["another"]},
        {"iss": "https://evil.example"},
        {"exp": NOW + 13 * 3600},
        {"exp": "never"},
        {"sub": ""},
        {"sub": "x" * 300},
        {"role": "king"},
        {"role": ["secretariat", "auditor"]},
        {"authority_id": None},
        {"authority_id": "pp-koeln.>"},
        {"role": "partner"},
        {"function": "convenor@pp-koeln"},
    ],
    ids=lambda claims: next(iter(claims)),
)
async def test_a_claim_that_is_wrong_is_refused(ask, key, claims):
    await refused(ask, key.sign(**claims))


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "iat", "exp", "jti", "role"])
async def test_a_claim_that_is_missing_is_refused(ask, key, claim):
    await refused(ask, key.sign(without=claim))


async def test_a_token_of_another_key_is_refused_also_under_the_id_of_ours(ask, key):
    stranger = Key("stranger")
    await refused(ask, stranger.sign())
    await refused(ask, stranger.sign(header={"kid": key.kid}))


def _unsigned(header: dict[str, Any]) -> str:
    parts = (json.dumps(header).encode(), json.dumps(good(SECRETARIAT)).encode())
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", None])
async def test_a_token_without_a_signature_is_refused(ask, key, alg):
    unsigned = _unsigned({"alg": alg, "typ": "JWT", "kid": key.kid})
    await refused(ask, f"{unsigned}.")
    await refused(ask, f"{unsigned}.AAAA")


async def test_a_token_that_is_signed_with_the_public_key_as_a_secret_is_refused(ask, key):
    """HS256 with what everybody may know, in each form that a library might take it for."""
    public = key.private.public_key()
    secrets = [
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes_raw(),
        json.dumps(key.public).encode(),
        key.public["x"].encode(),
    ]
    for secret in secrets:
        signed = _unsigned({"alg": "HS256", "typ": "JWT", "kid": key.kid})
        mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
        await refused(ask, f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}")


async def test_a_token_that_names_another_algorithm_than_its_key_is_refused(ask, key, keys_file):
    rsa = Key("rsa", "RS256")
    keys_file.write_text(json.dumps({"keys": [key.public, rsa.public]}))
    await _accepted(ask, rsa)
    await refused(ask, rsa.sign(alg="RS512"))
    await refused(ask, rsa.sign(header={"kid": key.kid}))


async def _accepted(ask, key: Key) -> None:
    deadline = time.monotonic() + 10
    while not (await ask("write_note", {}, key.sign()))["ok"]:
        assert time.monotonic() < deadline


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "dpop+jwt"},
        {"typ": None},
        {"crit": ["exp"]},
        {"kid": None},
        {"kid": "../../etc/passwd"},
        {"kid": 7},
    ],
    ids=str,
)
async def test_a_header_that_is_not_as_we_accept_it_is_refused(ask, key, header):
    signed = key.sign()
    _, payload, _ = signed.split(".")
    whole = {"alg": key.alg, "kid": key.kid, "typ": "JWT"} | header
    encoded = base64.urlsafe_b64encode(json.dumps(whole).encode()).rstrip(b"=").decode()
    signature = key.private.sign(f"{encoded}.{payload}".encode())
    told = base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
    await refused(ask, f"{encoded}.{payload}.{told}")


async def test_a_key_that_a_token_brings_along_is_not_looked_at(ask, key):
    stranger = Key("stranger")
    await refused(ask, stranger.sign(header={"jwk": stranger.public, "kid": key.kid}))
    await refused(ask, stranger.sign(header={"jku": "https://evil.example/jwks", "kid": key.kid}))


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b.c", "x" * 9000, "\x7f" * 20, "e30.e30.e30", "Bearer", "{..}", "🦊.🦊.🦊"],
    ids=lambda token: repr(token[:12]),
)
async def test_what_is_no_token_is_refused(ask, token):
    await refused(ask, token.encode("ascii", "replace").decode())


async def test_a_token_of_almost_a_megabyte_is_refused_before_it_is_read(ask, key):
    began = time.monotonic()
    await refused(ask, key.sign(padding="x" * 700_000))
    assert time.monotonic() - began < 2
    assert (await ask("write_note", {"id": "b"}, key.sign()))["ok"]


async def test_without_a_token_the_header_that_names_an_actor_opens_nothing(ask, key):
    error = await refused(ask, None, **{"Siko-Actor": "secretariat@pp-koeln"})
    assert "sign in" in error["message"]
    await ask("write_note", {"id": "c"}, key.sign(), **{"Siko-Actor": "auditor@nrw"})
    (item,) = (await ask("history", {"aggregate_id": "c"}, key.sign(AUDITOR)))["items"]
    assert item["actor"] == {"function": "secretariat", "body_id": "pp-koeln"}


@pytest.mark.parametrize("given", ["Basic abc", "bearer", "Token x", ""])
async def test_another_scheme_is_refused(ask, given):
    await refused(ask, None, Authorization=given or " ")


async def test_a_token_that_was_accepted_is_refused_once_it_has_expired(ask, key):
    token = key.sign(exp=int(time.time()) + 2)
    assert (await ask("write_note", {}, token))["ok"]
    deadline = time.monotonic() + 8
    while (answer := await ask("write_note", {}, token))["ok"]:
        assert time.monotonic() < deadline
    assert "expired" in answer["error"]["message"]


async def test_a_signature_that_was_changed_is_refused(ask, key):
    head, payload, signature = key.sign().split(".")
    changed = signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]
    await refused(ask, f"{head}.{payload}.{changed}")
    other = key.sign({"role": "auditor"}).split(".")[1]
    await refused(ask, f"{head}.{other}.{signature}")


async def test_what_is_anothers_is_refused_as_what_is_not_there_also_by_a_command_id_that_was_used(
    ask, key
):
    bonn = key.sign({"role": "secretariat", "authority_id": "pp-bonn"})
    used = {"Siko-Command-Id": "0192f0c4-0000-7000-8000-000000000001"}
    await ask("write_note", {"id": "a"}, key.sign())
    assert (await ask("amend_note", {"note_id": "a"}, key.sign(), **used))["ok"]
    foreign = await ask("amend_note", {"note_id": "a"}, bonn, **used)
    missing = await ask("amend_note", {"note_id": "b"}, bonn)
    assert foreign == missing
    assert foreign["error"]["code"] == "NotFound"
    assert (await ask("amend_note", {"note_id": "a"}, key.sign(), **used))["version"] == 2
