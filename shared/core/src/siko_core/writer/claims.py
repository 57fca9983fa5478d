"""Whose a command's id is: its asker's, for one command with one body. Nobody uses it up for anybody else."""

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pydantic_core import from_json, to_json
from siko_contracts.answers import Answer, Refusal
from siko_contracts.commands import Command

from siko_core.metadata import Metadata
from siko_core.refusals import CommandIdTaken, refusal_of

if TYPE_CHECKING:  # reporting scopes ids too, and imports no eventsourcing
    from siko_core.eventsourced.application import DomainEvent, Saved

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
        self.command_id = self.key = str(metadata.command_id)
        digest = _of_asker(self.command_id, asker)
        self.asker: str = digest.hexdigest()
        digest.update(command.NAME.encode())
        digest.update(command.__pydantic_serializer__.to_json(command, exclude_defaults=True))
        self.request: str = digest.hexdigest()
        self._metadata = metadata

    @property
    def keys(self) -> tuple[str, str]:
        """Under which its answer may be."""
        return self.command_id, f"{self.command_id} {self.asker}"

    def keep(self, saved: "Saved", *, recorded: bool) -> str:
        """The answer's text, with whose it is, to what, and whether anything was recorded."""
        kept = {
            "id": saved.id,
            "version": saved.version,
            "findings": saved.findings,
            "asker": self.asker,
            "request": self.request,
            "recorded": recorded,
        }
        return to_json(kept).decode()

    def has_made(self, event: "DomainEvent") -> bool:
        """Whether the asker has made the event, under this id: as an actor, for that is all that events know."""
        actor = self._metadata.acting_for(event.authority_id).actor
        return (event.metadata.command_id, event.metadata.actor) == (self.command_id, actor)

    def told(self, kept: Kept) -> Answer | Refusal:
        """Its asker once more: the first answer, where it is the same request."""
        if kept.request in {None, self.request}:
            return kept.answer
        return refusal_of(CommandIdTaken())


def scoped(command_id: str, asker: str) -> str:
    """A command's id that is this asker's alone."""
    return f"{command_id} {_of_asker(command_id, asker).hexdigest()}"


def _of_asker(command_id: str, asker: str) -> Any:
    """The id is part of the hash: it does not tell which commands are of one person."""
    return blake2b(f"{command_id} {asker}\n".encode(), digest_size=DIGEST_BYTES)
