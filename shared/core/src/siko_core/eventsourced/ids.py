"""Ids that a service makes itself: nobody else can bring one, so nobody can take one beforehand.

A command brings only UUIDs, none of version 8 (`siko_contracts.values.NewId`), and codes (`NewCode`).
"""

from hashlib import blake2b

from uuid_utils import uuid8

SUCCESSOR = ".2"
"""No id that a command could ever bring holds a dot."""


def derived_id(*of: str) -> str:
    """Of a created thing that must have the same id whenever it is made: a UUID of version 8."""
    digest = int.from_bytes(blake2b("\0".join(of).encode(), digest_size=16).digest())
    return str(uuid8(digest >> 80, digest >> 64 & 0xFFF, digest & (1 << 62) - 1))


def is_composed(id: str) -> bool:  # noqa: A002 - what it is
    """`agenda:…`."""
    return ":" in id


def successor(composed: str) -> str:
    """Stands for a composed id that something else has in a store of the time when commands could bring any id."""
    return composed + SUCCESSOR
