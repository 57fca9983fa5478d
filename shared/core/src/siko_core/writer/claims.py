"""Idempotency keys: a command id belongs to one asker and one request, so that nobody can use up another's id."""

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pydantic_core import from_json, to_json
from siko_contracts.answers import Answer, Refusal
from siko_contracts.commands import Command

from siko_core.metadata import Metadata
from siko_core.refusals import CommandIdTaken, refusal_of

if TYPE_CHECKING:  # reporting scopes ids too, and imports no eventsourcing
    from siko_core.eventsourced.aggregates import DomainEvent
    from siko_core.eventsourced.application import Saved

DIGEST_BYTES = 16


class StoredAnswer(NamedTuple):
    """A stored answer. `asker` and `request` are None if an earlier version stored it without them."""

    answer: Answer
    asker: str | None
    request: str | None
    recorded: bool = True
    """Whether the command recorded events; True if an earlier version stored the answer without it."""

    @classmethod
    def read(cls, text: str, position: int | None) -> Self:
        """Parse the JSON that `Claim.to_json` has written."""
        fields = from_json(text)
        asker, request = fields.pop("asker", None), fields.pop("request", None)
        recorded = fields.pop("recorded", True)
        return cls(Answer.model_validate(fields | {"position": position}), asker, request, recorded)


class Claim:
    """One asker's use of a command id.

    The answer is stored under the id alone, or under id and asker if another asker was the first to use the id.
    """

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
        """The keys under which its answer may be stored, in the order of the search."""
        return self.command_id, f"{self.command_id} {self.asker}"

    def to_json(self, saved: "Saved", *, recorded: bool) -> str:
        """Serialize the answer as JSON, together with the digests of asker and request and whether anything was recorded."""
        fields = {
            "id": saved.id,
            "version": saved.version,
            "findings": saved.findings,
            "asker": self.asker,
            "request": self.request,
            "recorded": recorded,
        }
        return to_json(fields).decode()

    def has_recorded(self, event: "DomainEvent") -> bool:
        """Whether the event carries this command id and the asker's actor. Events store the actor, not the asker."""
        actor = self._metadata.acting_for(event.authority_id).actor
        return (event.metadata.command_id, event.metadata.actor) == (self.command_id, actor)

    def answer(self, stored: StoredAnswer) -> Answer | Refusal:
        """Answer a repeat: the first answer, or the refusal `CommandIdTaken` if the request is another one."""
        if stored.request in {None, self.request}:
            return stored.answer
        return refusal_of(CommandIdTaken())


def scoped(command_id: str, asker: str) -> str:
    """A command id that is scoped to this asker."""
    return f"{command_id} {_of_asker(command_id, asker).hexdigest()}"


def _of_asker(command_id: str, asker: str) -> Any:
    """Hash asker and id together, so that the digests of one person's commands cannot be linked."""
    return blake2b(f"{command_id} {asker}\n".encode(), digest_size=DIGEST_BYTES)
