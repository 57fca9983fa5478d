"""How a service answers: `Answer` after the commit, or `Refusal` with a stable code."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from siko_contracts.values import Finding


class Answer(BaseModel):
    """Accepted and committed. `id`, `version`: first aggregate saved.

    `position`: good for `at_least`; where the command changed nothing, that of what it is about.
    """

    model_config = ConfigDict(extra="ignore")

    ok: Literal[True] = True
    id: str
    version: int
    position: int | None = None
    findings: list[Finding] = []


class Settled(Answer):
    """Dead letters were replayed or discarded. `id`: what their events are about; `version`: how many they are."""

    letters: list[str] = []
    """Their ids, in order."""


class LinkIssued(Answer):
    """An answer link was made. `id`: of the invitation that it is for."""

    token: str | None = None
    """What the link carries. It stands here alone, for only a hash is stored: a repeat of the command does not get it."""


class Error(BaseModel):
    code: str
    message: str = ""
    details: dict[str, Any] = Field(default_factory=dict)


class Refusal(BaseModel):
    """Nothing was recorded. `details` names the field, the state, or when to try again (`retry_after_s`)."""

    ok: Literal[False] = False
    error: Error
