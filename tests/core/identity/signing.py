"""Tokens as a provider, or an attacker, makes them."""

import time
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from siko_core.identity.tokens import AUDIENCE, LOCAL_ISSUER

KINDS: dict[str, Any] = {
    "EdDSA": (OKPAlgorithm, Ed25519PrivateKey.generate),
    "ES256": (ECAlgorithm, lambda: ec.generate_private_key(ec.SECP256R1())),
    "RS256": (RSAAlgorithm, lambda: rsa.generate_private_key(65537, 2048)),
}
SECRETARIAT = {"role": "secretariat", "authority_id": "pp-koeln"}
AUDITOR = {"role": "auditor"}


class Key:
    """A key pair under an id."""

    def __init__(self, kid: str, alg: str = "EdDSA") -> None:
        self.kid = kid
        self.alg = alg
        algorithm, generate = KINDS[alg]
        self.private = generate()
        described: dict[str, Any] = algorithm.to_jwk(self.private.public_key(), as_dict=True)
        self.public = described | {"kid": kid, "alg": alg, "use": "sig"}

    def sign(
        self,
        who: dict[str, Any] = SECRETARIAT,
        *,
        header: dict[str, Any] | None = None,
        without: str = "",
        key: Any = None,
        alg: str | None = None,
        **claims: Any,
    ) -> str:
        """A good token, but for what is said otherwise."""
        whole = good(who) | claims
        whole.pop(without, None)
        headers = {"kid": self.kid, "typ": "JWT"} | (header or {})
        signed: str = jwt.encode(whole, key or self.private, alg or self.alg, headers=headers)
        return signed


def good(who: dict[str, Any], now: float | None = None) -> dict[str, Any]:
    at = int(now if now is not None else time.time())
    return {
        "iss": LOCAL_ISSUER,
        "aud": AUDIENCE,
        "sub": "b1f0",
        "iat": at,
        "nbf": at,
        "exp": at + 600,
        "jti": str(uuid4()),
        **who,
    }
