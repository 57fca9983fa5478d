"""Signing out: a request on `messages.SIGN_OUT` that carries the token; any service answers it for all."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class SignOut(BaseModel):
    """Every service refuses the token that this request carries from now on."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SignedOut(BaseModel):
    """The sign-out is on the stream: services that are down learn of it when they start."""

    model_config = ConfigDict(extra="ignore")

    ok: Literal[True] = True
