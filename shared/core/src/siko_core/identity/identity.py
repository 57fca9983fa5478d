"""The caller's identity, taken from a verified token and kept while the request is handled."""

from contextvars import ContextVar
from functools import cached_property
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from siko_contracts.access import AT_AN_AUTHORITY, Role
from siko_contracts.values import NRW, Actor, Function, Line, Slug

Opaque = Annotated[str, StringConstraints(min_length=1, max_length=200), Line]


class Identity(BaseModel):
    """A role, and the authority or body it is held for. Neutral ids only; `sub` is the provider's opaque person id."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sub: Opaque
    role: Role
    authority_id: Slug | None = None
    body_id: Slug | None = None
    function: Function | None = None
    """The function under which events name the actor; default: the role."""

    @model_validator(mode="after")
    def _holds_it_for_somebody(self) -> Self:
        if self.role in AT_AN_AUTHORITY and self.authority_id is None:
            raise ValueError("the role is held for an authority")
        if self.role == "partner" and self.body_id is None:
            raise ValueError("the role is held for a body")
        return self

    @property
    def held_for(self) -> str:
        """The authority or body that the caller acts for; `nrw` if there is none."""
        return (self.authority_id if self.role in AT_AN_AUTHORITY else self.body_id) or NRW

    @cached_property
    def actor(self) -> Actor:
        return Actor(function=self.function or self.role, body_id=self.held_for)


IDENTITY: ContextVar[Identity | None] = ContextVar("IDENTITY", default=None)
"""None if roles are not checked (`SIKO_AUTH=off`), or the service itself acts."""


def caller() -> str | None:
    """Return the current request's person id: limits count all requests of one person together."""
    identity = IDENTITY.get()
    return identity.sub if identity else None
