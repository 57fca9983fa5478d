"""Ids that only a service itself can make, so that no command can take one beforehand.

Commands can bring only UUIDs of other versions than 8 (`siko_contracts.values.NewId`), and codes (`NewCode`).
"""

from hashlib import blake2b

from uuid_utils import uuid8

SUCCESSOR = ".2"
"""Suffix with a dot, which no id of a command can contain."""


def derived_id(*of: str) -> str:
    """A UUID of version 8, derived by hash: for a thing that must get the same id whenever it is created."""
    digest = int.from_bytes(blake2b("\0".join(of).encode(), digest_size=16).digest())
    return str(uuid8(digest >> 80, digest >> 64 & 0xFFF, digest & (1 << 62) - 1))


def is_composed(id: str) -> bool:  # noqa: A002 - what it is
    """Whether the id is composed by a service, as `agenda:…`."""
    return ":" in id


def successor(composed: str) -> str:
    """The id to use if a composed id is taken, as in a store from the time when commands could bring any id."""
    return composed + SUCCESSOR
