"""Sealed fields: personal data and narrative as ciphertext, readable only while their key exists."""

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


def sealed_fields(value: Any, path: str = "") -> list[tuple[str, "Sealed[Any]"]]:
    """All sealed fields below a value, each with its dotted path (without list indices)."""
    if isinstance(value, Sealed):
        return [(path, value)]
    if isinstance(value, BaseModel):
        children = [(name, getattr(value, name)) for name in type(value).model_fields]
        return [
            field
            for name, child in children
            for field in sealed_fields(child, f"{path}.{name}" if path else name)
        ]
    if isinstance(value, (list, tuple)):
        return [field for child in value for field in sealed_fields(child, path)]
    return []
