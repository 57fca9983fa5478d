"""The keyring: keys in a store of their own, ciphertext everywhere else. Without its key a field reads "gelöscht".

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; associated data bind a ciphertext to its aggregate,
field and seal id, so that it cannot be moved to another place. One key an owner (an aggregate, a contact record).
"""

import base64
import json
import os
from collections.abc import Iterable
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column, Engine, LargeBinary, MetaData, String, Table, delete, select, text
from uuid_utils import uuid7

from siko_core.databases import create_tables, engine
from siko_core.sealed import ERASED, Sealed

NONCE_BYTES = 12

metadata = MetaData()
keys = Table(
    "sealing_keys",
    metadata,
    Column("key_id", String(64), primary_key=True),
    Column("owner", String(300), nullable=False, index=True),
    Column("key", LargeBinary, nullable=False),
)
STORE = text(
    "INSERT INTO sealing_keys (key_id, owner, key) VALUES (:key_id, :owner, :key)"
    " ON CONFLICT (key_id) DO NOTHING"
)


class Keyring:
    """Seals and opens. New keys are stored by `flush`, which the writer calls before it commits events."""

    def __init__(self, url: str) -> None:
        self._engine: Engine = engine(url)
        create_tables(self._engine, metadata)
        self._keys: dict[str, bytes] = {}
        self._current: dict[str, str] = {}
        self._unsaved: dict[str, dict[str, Any]] = {}

    def seal(self, owner: str, field: str, value: Any) -> Sealed[Any]:
        """`owner`: id of the aggregate whose event holds the field; `field`: dotted path within that event."""
        key_id = self._current.get(owner) or self._make(owner)
        seal_id, nonce = str(uuid7()), os.urandom(NONCE_BYTES)
        plain = json.dumps(value, ensure_ascii=False).encode()
        ciphertext = AESGCM(self._keys[key_id]).encrypt(nonce, plain, _bound(owner, field, seal_id))
        return Sealed(
            key_id=key_id,
            seal_id=seal_id,
            ciphertext=base64.b64encode(nonce + ciphertext).decode(),
        )

    def open(self, owner: str, field: str, sealed: Sealed[Any]) -> Any:
        """The value, or "gelöscht" where the key is gone. ValueError where the ciphertext was moved or changed."""
        key = self._keys.get(sealed.key_id) or self._load(sealed.key_id)
        if key is None:
            return ERASED
        raw = base64.b64decode(sealed.ciphertext)
        try:
            plain = AESGCM(key).decrypt(
                raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound(owner, field, sealed.seal_id)
            )
        except InvalidTag:
            raise ValueError(
                f"{owner} {field}: the sealed text is not the one that was sealed here"
            ) from None
        return json.loads(plain)

    def flush(self) -> None:
        """Store the keys made since the last call: a ciphertext must never be older than its key.

        Keys whose commit was not answered are stored once more, hence the ON CONFLICT.
        """
        if self._unsaved:
            with self._engine.begin() as connection:
                connection.execute(STORE, list(self._unsaved.values()))
            self._unsaved.clear()

    def erase(self, owners: Iterable[str]) -> None:
        """Destroy every key of these owners; what they sealed can never be read again (R39)."""
        gone = set(owners)
        self._unsaved = {id_: row for id_, row in self._unsaved.items() if row["owner"] not in gone}
        with self._engine.begin() as connection:
            connection.execute(delete(keys).where(keys.c.owner.in_(gone)))
        self._keys.clear()
        self._current.clear()

    def close(self) -> None:
        self._engine.dispose()

    def _make(self, owner: str) -> str:
        with self._engine.connect() as connection:
            row = connection.execute(
                select(keys).where(keys.c.owner == owner).order_by(keys.c.key_id).limit(1)
            ).first()
        key_id, key = (row.key_id, row.key) if row else (str(uuid7()), AESGCM.generate_key(256))
        if row is None:
            self._unsaved[key_id] = {"key_id": key_id, "owner": owner, "key": key}
        self._keys[key_id] = bytes(key)
        self._current[owner] = key_id
        return key_id

    def _load(self, key_id: str) -> bytes | None:
        with self._engine.connect() as connection:
            key = connection.execute(select(keys.c.key).where(keys.c.key_id == key_id)).scalar()
        if key is not None:
            self._keys[key_id] = bytes(key)
        return key


def _bound(owner: str, field: str, seal_id: str) -> bytes:
    return json.dumps([owner, field, seal_id]).encode()
