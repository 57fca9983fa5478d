"""What hinders a followed event: something that passes by itself, or a fault that stays until somebody repairs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

from siko_core.positions import OutOfStep
from siko_core.refusals import Unavailable

PASSING = (OSError, TimeoutError, MemoryError, Unavailable)
PASSING_NAMES = {"OperationalError", "InterfaceError", "InternalError", "TimeoutError"}
"""As PEP 249 has them: drivers, SQLAlchemy and eventsourcing use the same names, and none need be imported."""
OF_THE_ROW = {"ProgramLimitExceeded"}
"""Of psycopg's operational errors: a value is larger than PostgreSQL's indexes take."""
HOUSE = "siko_"
MECHANISM = ("siko_core", "siko_contracts")


@dataclass(frozen=True)
class Fault:
    """Which error, and where in our own code. Never its text, nor values: they may be personal."""

    error: str
    found_in: str | None
    attempts: int


def is_permanent(error: BaseException) -> bool:
    """Whether trying again would end the same. OutOfStep is no fault at all: another replica was faster."""
    if isinstance(error, (*PASSING, OutOfStep)):
        return False
    if not OF_THE_ROW.isdisjoint(_names(_cause(error))):
        return True
    if type(error).__name__ == "PersistenceError":
        error = _cause(error)  # our recorders give what the library has no name for
    return not isinstance(error, PASSING) and _names(error).isdisjoint(PASSING_NAMES)


@contextmanager
def writing_what_harms_nobody() -> Iterator[None]:
    """Unavailable where even that cannot be written: then the database is at fault, and no single row is."""
    try:
        yield
    except Exception as error:
        raise Unavailable("the database cannot be written", retry_after_s=1) from error


def cause_of(error: BaseException) -> str:
    """The name of what is at the bottom of an error, as the database's driver has it."""
    cause = _cause(error)
    return str(getattr(cause, "sqlite_errorname", type(cause).__name__))


def _cause(error: BaseException) -> BaseException:
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    return error


def _names(error: BaseException) -> set[str]:
    return {each.__name__ for each in type(error).__mro__}


def fault_of(error: Exception, attempts: int) -> Fault:
    return Fault(type(error).__name__, found_in(error), attempts)


def found_in(error: BaseException) -> str | None:
    """`module:line` of the innermost frame of a service; of core or the contracts where no service is in it."""
    frames = list(_frames(error.__traceback__))
    of_services = [frame for frame in frames if not frame.startswith(MECHANISM)]
    return next(reversed(of_services or frames), None)


def _frames(traceback: TracebackType | None) -> Iterator[str]:
    while traceback is not None:
        module = str(traceback.tb_frame.f_globals.get("__name__", ""))
        if module.startswith(HOUSE):
            yield f"{module}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
