"""Whose a command's id is: its asker's, for one command with one body. Nobody uses it up for anybody else."""

from hashlib import blake2b
from typing import Any, NamedTuple, Self

from pydantic_core import from_json, to_json
from siko_contracts.answers import Answer, Refusal
from siko_contracts.commands import Command

from siko_core.metadata import Metadata
from siko_core.refusals import CommandIdTaken, refusal_of

DIGEST_BYTES = 16


class Kept(NamedTuple):
    """An answer as it is kept; an earlier version noted neither asker nor request."""

    answer: Answer
    asker: str | None
    request: str | None
    recorded: bool = True
    """Whether the command recorded anything; an earlier version did not note it."""

    @classmethod
    def read(cls, text: str, position: int | None) -> Self:
        found = from_json(text)
        asker, request = found.pop("asker", None), found.pop("request", None)
        recorded = found.pop("recorded", True)
        return cls(Answer.model_validate(found | {"position": position}), asker, request, recorded)


class Claim:
    """A command's id as its asker uses it. Its answer is kept under the id; where another asker was first, under both."""

    __slots__ = ("_metadata", "asker", "command_id", "key", "request")

    def __init__(self, command: Command, metadata: Metadata, asker: str) -> None:
        body = command.__pydantic_serializer__.to_json(command, exclude_defaults=True)
        self.command_id = self.key = str(metadata.command_id)
        self.asker = of_asker(self.command_id, asker)
        self.request = _digest(command.NAME.encode(), body)
        self._metadata = metadata

    @property
    def keys(self) -> tuple[str, str]:
        """Under which its answer may be."""
        return self.command_id, f"{self.command_id} {self.asker}"

    def keep(self, saved: Any, *, recorded: bool) -> str:
        """The answer's text, with whose it is, to what, and whether anything was recorded."""
        kept = {
            **saved._asdict(),
            "asker": self.asker,
            "request": self.request,
            "recorded": recorded,
        }
        return to_json(kept).decode()

    def acted(self, metadata: Metadata, authority_id: str) -> bool:
        """Whether an event with this metadata is one that the asker made under this id."""
        actor = self._metadata.acting_for(authority_id).actor
        return (metadata.command_id, metadata.actor) == (self.command_id, actor)

    def told(self, kept: Kept) -> Answer | Refusal:
        """Its asker once more: the first answer, where it is the same request."""
        if kept.request in {None, self.request}:
            return kept.answer
        return refusal_of(CommandIdTaken())


def of_asker(command_id: str, asker: str) -> str:
    """A hash that the id is part of: it does not tell which commands are of one person."""
    return _digest(command_id.encode(), asker.encode())


def _digest(*parts: bytes) -> str:
    return blake2b(b"\0".join(parts), digest_size=DIGEST_BYTES).hexdigest()
