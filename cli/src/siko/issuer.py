"""Issuer of tokens for a system on one machine; its signing key is in the data folder."""

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import OKPAlgorithm
from siko_contracts.exit_codes import REFUSED
from siko_core.identity.tokens import AUDIENCE, LOCAL_ISSUER

from siko.files import close_to_others, write
from siko.output import Failure, unreachable, wrong_usage
from siko.roles import SignIn

ALGORITHM = "EdDSA"
LIFE_SECONDS = 3600
RENEWED_SECONDS = 60
"""A token is renewed this long before it expires."""
FOLDER = "identity"
KEYS = "keys.json"
_KEY = "signing-key.pem"
_TOKEN = "token"  # noqa: S105 - a file's name
"""Holds the token of the last `siko login`, the default."""
_SIGN_INS = "sign-ins"
"""Holds the token of every sign-in, a file each."""


def keys_file(folder: Path) -> Path:
    """Return the file with the public key, with which services verify tokens."""
    return folder / FOLDER / KEYS


def make(folder: Path) -> Path:
    """Create the signing key and its public key unless they exist; return their folder."""
    own = folder / FOLDER
    own.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in (own, own / _KEY, own / _TOKEN, own / _SIGN_INS, *_files(folder)):
        if path.exists():
            close_to_others(path)
    if not (own / _KEY).exists():
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write(own / _KEY, pem)
    if not keys_file(folder).exists():
        issuer = Issuer(folder)
        write(keys_file(folder), json.dumps({"keys": [issuer.public]}).encode(), 0o644)
    return own


def publish(folder: Path, file: Path) -> None:
    """Copy the public key to a file."""
    write(file, keys_file(folder).read_bytes(), 0o644)


def signs(folder: Path) -> bool:
    """Return whether the folder has a signing key that this user can read."""
    return os.access(folder / FOLDER / _KEY, os.R_OK)


class Issuer:
    """Signs tokens that the services of this data folder accept."""

    def __init__(self, folder: Path) -> None:
        try:
            close_to_others(folder / FOLDER / _KEY)
            pem = (folder / FOLDER / _KEY).read_bytes()
        except OSError as error:
            raise unreachable(
                f"{folder / FOLDER / _KEY} cannot be read ({error.strerror}): `siko up` makes it"
            ) from None
        key = load_pem_private_key(pem, None)
        if not isinstance(key, Ed25519PrivateKey):
            raise unreachable(f"{folder / FOLDER / _KEY} is no key of siko's")
        self._key = key
        public = key.public_key()
        kid = public.public_bytes_raw().hex()[:16]
        jwk = OKPAlgorithm.to_jwk(public, as_dict=True)
        self.public = jwk | {"alg": ALGORITHM, "use": "sig", "kid": kid}
        self._tokens: dict[SignIn, tuple[str, float]] = {}

    def token(self, sign_in: SignIn) -> str:
        """Return a token for the sign-in; it is cached until shortly before it expires."""
        token, expires_at = self._tokens.get(sign_in, ("", 0.0))
        now = time.time()
        if expires_at - RENEWED_SECONDS < now:
            token = self.sign(sign_in, now)
            self._tokens[sign_in] = token, now + LIFE_SECONDS
        return token

    def sign(self, sign_in: SignIn, now: float) -> str:
        claims = {
            "iss": LOCAL_ISSUER,
            "aud": AUDIENCE,
            "sub": str(sign_in),
            "iat": int(now),
            "nbf": int(now),
            "exp": int(now) + LIFE_SECONDS,
            "jti": str(uuid4()),
            **sign_in.claims,
        }
        return jwt.encode(claims, self._key, ALGORITHM, headers={"kid": self.public["kid"]})


def store_token(folder: Path, token: str, sign_in: SignIn) -> None:
    """Keep the token of `siko login` beside those of other sign-ins, readable by its owner only; it is the default."""
    own = folder / FOLDER
    (own / _SIGN_INS).mkdir(mode=0o700, exist_ok=True)
    write(own / _SIGN_INS / quote(str(sign_in), safe="@:"), token.encode())
    write(own / _TOKEN, token.encode())


def stored_token(folder: Path) -> str | None:
    """Return the token in `SIKO_TOKEN_FILE`, else that of the sign-in that `--as` picks, else the default one.

    None if nobody has signed in. Raises Failure if `--as` picks none, or more than one.
    """
    named, picked = os.environ.get("SIKO_TOKEN_FILE"), os.environ.get("SIKO_AS")
    if named and picked:
        raise wrong_usage("SIKO_TOKEN_FILE names a token already: leave --as and SIKO_AS out")
    file = Path(named) if named else folder / FOLDER / _TOKEN
    if picked:
        file = _picked(folder, picked)
    try:
        close_to_others(file)
        return file.read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        if named:
            raise unreachable(f"SIKO_TOKEN_FILE: {named} is not there") from None
    except (OSError, ValueError) as error:
        raise unreachable(f"{file} cannot be read: {error}") from None
    return None


def remove_token(folder: Path, token: str) -> None:
    """Remove the token wherever it is kept."""
    for file in (folder / FOLDER / _TOKEN, *_files(folder)):
        with suppress(FileNotFoundError):
            if file.read_text(encoding="utf-8").strip() == token:
                file.unlink()


def signed_in(folder: Path) -> dict[SignIn, Path]:
    """Return the sign-ins whose tokens have not expired, with the files of these."""
    return {SignIn.parse(unquote(file.name)): file for file in _files(folder) if _lasts(file)}


def _picked(folder: Path, text: str) -> Path:
    """Return the token's file of the one sign-in that is meant: its role, or role and whom it acts for."""
    known = signed_in(folder)
    found = [who for who in known if text in {str(who), who.role, f"{who.role}@{who.held_for}"}]
    names = ", ".join(map(str, known)) or "nobody"
    if not found:
        raise Failure(
            REFUSED,
            "NotAuthorised",
            f"nobody is signed in as {text!r}: `siko login --as {text}`",
            {"signed_in": names},
        )
    if len(found) > 1:
        raise wrong_usage(f"more than one is signed in as {text!r}: say which", signed_in=names)
    return known[found[0]]


def _files(folder: Path) -> list[Path]:
    kept = folder / FOLDER / _SIGN_INS
    return sorted(kept.iterdir()) if kept.is_dir() else []


def _lasts(file: Path) -> bool:
    """Whether the token in the file has time left; services judge the rest."""
    try:
        return float(claims(file.read_text("utf-8")).get("exp", 0)) > time.time()
    except (OSError, ValueError):
        return False


def claims(token: str) -> Mapping[str, Any]:
    """Return what the token says, unverified; empty if it cannot be read."""
    try:
        return jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return {}
