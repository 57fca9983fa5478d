"""Classifies errors: transient ones are retried, permanent faults stay until somebody repairs their cause."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

from siko_core.positions import OutOfStep
from siko_core.refusals import Unavailable

PASSING = (OSError, TimeoutError, MemoryError, Unavailable)
PASSING_NAMES = {"OperationalError", "InterfaceError", "InternalError", "TimeoutError"}
"""Transient errors by their PEP 249 names: drivers, SQLAlchemy and eventsourcing share them; no import is needed."""
OF_THE_ROW = {"ProgramLimitExceeded"}
"""The one of psycopg's operational errors that is permanent: a value too large for PostgreSQL's indexes."""


@dataclass(frozen=True)
class Cure:
    """What keeps a database from being used, and what an operator does about it."""

    what: str
    step: str


FULL = Cure(
    "the disk of its database is full",
    "free space where the database lies; the service goes on by itself",
)
NO_RIGHTS = Cure(
    "it lacks the rights that it needs on its database",
    "give its user, or its role, the rights on the database; the service goes on by itself",
)
READ_ONLY = Cure(
    "the server takes no writing now",
    "is it a standby, or set to read only? Name the primary; the service goes on by itself",
)
CURES = {
    "DiskFull": FULL,
    "SQLITE_FULL": FULL,
    "InsufficientPrivilege": NO_RIGHTS,
    "SQLITE_READONLY": NO_RIGHTS,
    "SQLITE_CANTOPEN": NO_RIGHTS,
    "SQLITE_PERM": NO_RIGHTS,
    "ReadOnlySqlTransaction": READ_ONLY,
}
"""What an error's name begins with, as the database's driver has it -> what it is."""
HOUSE = "siko_"
MECHANISM = ("siko_core", "siko_contracts")


@dataclass(frozen=True)
class Fault:
    """An error's type, and the place in our own code. Never its text or values: they may be personal."""

    error: str
    found_in: str | None
    attempts: int


def is_permanent(error: BaseException) -> bool:
    """Whether a retry would fail in the same way. OutOfStep is no fault at all: another replica was faster."""
    if isinstance(error, (*PASSING, OutOfStep)):
        return False
    if not OF_THE_ROW.isdisjoint(_names(_cause(error))):
        return True
    if type(error).__name__ == "PersistenceError":
        error = _cause(error)  # our recorders raise it for errors that the library has no name for
    return not isinstance(error, PASSING) and _names(error).isdisjoint(PASSING_NAMES)


@contextmanager
def writing_what_harms_nobody() -> Iterator[None]:
    """Wrap the writing of a harmless probe. Raises Unavailable if it fails: the database is at fault, not a row."""
    try:
        yield
    except Exception as error:
        raise Unavailable("the database cannot be written", retry_after_s=1) from error


def cause_of(error: BaseException) -> str:
    """Return the name of an error's root cause, as the database's driver has it."""
    cause = _cause(error)
    return str(getattr(cause, "sqlite_errorname", type(cause).__name__))


def cure_of(cause: str) -> Cure | None:
    """Return what an error of a database says, by its name from `cause_of`; None if the name alone does not tell."""
    return next((cure for name, cure in CURES.items() if cause.startswith(name)), None)


def _cause(error: BaseException) -> BaseException:
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    return error


def _names(error: BaseException) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__}


def fault_of(error: Exception, attempts: int) -> Fault:
    return Fault(type(error).__name__, found_in(error), attempts)


def found_in(error: BaseException) -> str | None:
    """Return `module:line` of the innermost frame in a service; in core or the contracts if no service is involved."""
    frames = list(_frames(error.__traceback__))
    of_services = [frame for frame in frames if not frame.startswith(MECHANISM)]
    return next(reversed(of_services or frames), None)


def _frames(traceback: TracebackType | None) -> Iterator[str]:
    while traceback is not None:
        module = str(traceback.tb_frame.f_globals.get("__name__", ""))
        if module.startswith(HOUSE):
            yield f"{module}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
