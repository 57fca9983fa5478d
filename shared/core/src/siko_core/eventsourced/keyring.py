"""The keyring: keys in a database of their own, ciphertext everywhere else. Without its key a field reads "gelöscht".

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; associated data bind a ciphertext to its aggregate,
field and seal id, so that it cannot be moved elsewhere. Each owner (an aggregate, a contact record) has one key.
"""

import base64
import json
import os
from collections.abc import Iterable
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from uuid_utils import uuid7

from siko_core.databases import Database
from siko_core.faults import writing_what_harms_nobody
from siko_core.refusals import SealBroken
from siko_core.sealed import ERASED, Sealed

NONCE_BYTES = 12

CREATE = (
    (
        "CREATE TABLE IF NOT EXISTS sealing_keys"
        " (key_id varchar(64) PRIMARY KEY, owner text NOT NULL, key bytea NOT NULL)"
    ),
    "CREATE INDEX IF NOT EXISTS ix_sealing_keys_owner ON sealing_keys (owner)",
)
ALTER = (
    """DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = 'sealing_keys'::regclass
     AND attname = 'owner' AND atttypid = 'varchar'::regtype)
    THEN ALTER TABLE sealing_keys ALTER COLUMN owner TYPE text; END IF; END $$""",
)
"""Widens `owner` in databases of earlier versions, whose limit of 300 characters an invitation's id may exceed."""
PROBE = "(probe)"


class Keyring:
    """Seals and opens values. New keys are stored by `flush`, which the writer calls before it commits events.

    A successful decision ends with `keep`; a failed one ends with `drop`, and its new keys are not stored.
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url, CREATE, ALTER)
        mark = self._database.mark
        self._store = (
            f"INSERT INTO sealing_keys (key_id, owner, key) VALUES ({mark}, {mark}, {mark})"  # noqa: S608 - marks
            " ON CONFLICT (key_id) DO NOTHING"
        )
        self._of = (
            f"SELECT key_id, key FROM sealing_keys WHERE owner = {mark} ORDER BY key_id LIMIT 1"  # noqa: S608
        )
        self._by_id = f"SELECT key FROM sealing_keys WHERE key_id = {mark}"  # noqa: S608
        self._delete = f"DELETE FROM sealing_keys WHERE owner = {mark}"  # noqa: S608
        self._keys: dict[str, bytes] = {}
        self._current: dict[str, str] = {}
        self._unsaved: dict[str, tuple[str, str, bytes]] = {}
        self._undecided: list[str] = []
        """Ids of the keys that the present decision has made."""

    def seal(self, owner: str, field: str, value: Any) -> Sealed[Any]:
        """Encrypt a value.

        `owner`: id of the aggregate whose event holds the field; `field`: dotted path within that event.
        """
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
        """The value, or "gelöscht" if the key is gone. Raises SealBroken if the ciphertext was moved or changed."""
        key = self._keys.get(sealed.key_id) or self._load(sealed.key_id)
        if key is None:
            return ERASED
        try:
            raw = base64.b64decode(sealed.ciphertext)
            plain = AESGCM(key).decrypt(
                raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound(owner, field, sealed.seal_id)
            )
        except (InvalidTag, ValueError):  # a ValueError: too short, or no base64
            raise SealBroken(id=owner, field=field) from None
        return json.loads(plain)

    def flush(self) -> None:
        """Store the keys made since the last call: a ciphertext must never be stored before its key.

        If that fails, the keys are forgotten: what they sealed is not stored either, and is re-decided with new keys.
        After a commit without an answer the keys may be stored already, hence the ON CONFLICT.
        """
        if self._unsaved:
            try:
                with self._database.transaction() as cursor:
                    cursor.executemany(self._store, list(self._unsaved.values()))
            except BaseException:
                self._forget(list(self._unsaved))
                raise
            self._unsaved.clear()

    def keep(self) -> None:
        """Keep the new keys of the present decision for the next `flush`."""
        self._undecided.clear()

    def drop(self) -> None:
        """Forget the new keys of the present decision."""
        self._forget(self._undecided)
        self._undecided.clear()

    def ensure_writable(self) -> None:
        """Store a probe key and delete it. Raises Unavailable if the keys' database cannot be written."""
        with writing_what_harms_nobody(), self._database.transaction() as cursor:
            cursor.execute(self._store, (PROBE, PROBE, b""))
            cursor.execute(self._delete, (PROBE,))

    def erase(self, owners: Iterable[str]) -> None:
        """Destroy every key of these owners; what they sealed can never be read again (R39)."""
        gone = set(owners)
        self._unsaved = {id_: row for id_, row in self._unsaved.items() if row[1] not in gone}
        with self._database.transaction() as cursor:
            cursor.executemany(self._delete, [(owner,) for owner in gone])
        self._keys.clear()
        self._current.clear()

    def close(self) -> None:
        self._database.close()

    def _make(self, owner: str) -> str:
        with self._database.transaction() as cursor:
            row = cursor.execute(self._of, (owner,)).fetchone()
        key_id, key = (
            (row["key_id"], row["key"]) if row else (str(uuid7()), AESGCM.generate_key(256))
        )
        if row is None:
            self._unsaved[key_id] = (key_id, owner, key)
            self._undecided.append(key_id)
        self._keys[key_id] = bytes(key)
        self._current[owner] = key_id
        return key_id

    def _forget(self, key_ids: Iterable[str]) -> None:
        for key_id in key_ids:
            _, owner, _ = self._unsaved.pop(key_id, ("", "", b""))
            self._keys.pop(key_id, None)
            self._current.pop(owner, None)

    def _load(self, key_id: str) -> bytes | None:
        with self._database.transaction() as cursor:
            row = cursor.execute(self._by_id, (key_id,)).fetchone()
        if row is None:
            return None
        self._keys[key_id] = bytes(row["key"])
        return self._keys[key_id]


def _bound(owner: str, field: str, seal_id: str) -> bytes:
    return json.dumps([owner, field, seal_id]).encode()
