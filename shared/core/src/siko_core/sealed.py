"""Sealed fields: personal data and narrative as ciphertext, readable only while their key exists."""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

T = TypeVar("T")

ERASED = "gelöscht"
"""Shown in place of a text whose key was erased (R39)."""


class Sealed(BaseModel, Generic[T]):
    """AES-256-GCM ciphertext of the JSON of a T; domain code passes it on and never reads it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key_id: str
    seal_id: str
    ciphertext: str
    """Base64 of nonce (12 bytes), ciphertext and tag."""


def sealed_fields(value: Any) -> list[tuple[str, "Sealed[Any]"]]:
    """All sealed fields below a value, each with its dotted path (without list indices)."""
    return [(path, sealed) for path, sealed, _ in sealed_parts(value)]


def sealed_parts(
    value: Any, path: str = "", part: BaseModel | None = None
) -> Iterator[tuple[str, "Sealed[Any]", BaseModel | None]]:
    """The same, each with the model that it is a field of."""
    if isinstance(value, Sealed):
        yield path, value, part
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            child_path = f"{path}.{name}" if path else name
            yield from sealed_parts(getattr(value, name), child_path, value)
    elif isinstance(value, (list, tuple)):
        for child in value:
            yield from sealed_parts(child, path, part)
