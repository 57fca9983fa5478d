"""Signing out: a request on `messages.SIGN_OUT` that carries the token; any service answers it for all."""

from typing import ClassVar, Literal, get_args

from pydantic import BaseModel, ConfigDict

from siko_contracts.access import Access, Role


class SignOut(BaseModel):
    """Every service refuses the token that this request carries from now on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ACCESS: ClassVar = Access(free=get_args(Role))
    """Whoever holds a token may sign it out."""


class SignedOut(BaseModel):
    """The sign-out is on the stream: services that are down learn of it when they start."""

    model_config = ConfigDict(extra="ignore")

    ok: Literal[True] = True
