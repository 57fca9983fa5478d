"""Refusals that any service may answer with; a service's own are defined in its domain."""

from dataclasses import dataclass
from typing import Any

from siko_contracts.answers import Error, Refusal
from siko_contracts.messages import COMMAND_ID


class Refused(Exception):
    """A rule hinders the command. The class name is the stable code, the docstring the default message."""

    def __init__(self, message: str = "", /, **details: Any) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])
        self.details = details

    @property
    def code(self) -> str:
        return type(self).__name__


class InvalidCommand(Refused):
    """A field is missing, unknown or of the wrong form; details: field -> reason."""


class NotAuthorised(Refused):
    """The actor may not do this."""


class NotFound(Refused):
    """There is nothing with this id."""


class UnknownWord(Refused):
    """The word stands in no vocabulary: take one of `nearest`, or let the ministry add it; details: field, nearest, code."""


class WrongState(Refused):
    """What the command names is not in a state that allows it; details: state, needed."""


def ensure_state(state: str, *needed: str) -> None:
    """Raises WrongState unless the state is one of those needed."""
    if state not in needed:
        raise WrongState(state=state, needed=list(needed))


class AlreadyDone(Refused):
    """What the command asks for is so already, or its id is taken."""


class VersionConflict(Refused):
    """The aggregate is not at the expected version; details: expected, actual."""


class CommandIdTaken(Refused):
    """You have used this command id for something else: send the command with an id of its own."""

    def __init__(self) -> None:
        super().__init__(**{COMMAND_ID: "used for something else"})


class ReasonRequired(Refused):
    """Findings speak against it: repeat with override_reason, or change the command; details: findings."""


class NotYetKnown(Refused):
    """A fact of another service has not arrived yet; details: retry_after_s."""

    def __init__(self, message: str = "", /, **details: Any) -> None:
        super().__init__(message, **({"retry_after_s": 1} | details))


class InTheFuture(Refused):
    """effective_at lies after now: record what has happened, when it has happened."""


class BeforeHistory(Refused):
    """effective_at lies before the last event of what the command names: enter the past in its order; details: not_before."""


class Unavailable(Refused):
    """The service cannot decide now and nothing was recorded; details: retry_after_s."""


class NotStorable(Refused):
    """The database does not take a value that this would store; nothing was recorded. Ids and names may be too long."""


class Failed(Refused):
    """The service has failed at this and has logged it; nothing was recorded, and trying again would end the same."""


class SealBroken(Refused):
    """A sealed text is not the one that was sealed there: its ciphertext was changed or moved; details: id, field."""


class StillFailing(Refused):
    """A parked event was applied once more and failed again; it stays parked. Details: letter, error, found_in."""


@dataclass(frozen=True)
class Encoded:
    """An encoded refusal, for refusals so frequent that encoding each one would cost too much."""

    code: str
    body: bytes

    @classmethod
    def of(cls, refused: Refused) -> "Encoded":
        return cls(refused.code, refusal_of(refused).model_dump_json(by_alias=True).encode())


def refusal_of(refused: Refused) -> Refusal:
    """Convert a refusal to the answer that the client receives."""
    return Refusal(error=Error(code=refused.code, message=str(refused), details=refused.details))
