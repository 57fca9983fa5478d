"""What hinders a followed event: something that passes by itself, or a fault that stays until somebody repairs it."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType

from siko_core.refusals import Unavailable
from siko_core.steps import OutOfStep

PASSING = (OSError, TimeoutError, MemoryError, Unavailable)
PASSING_NAMES = {"OperationalError", "InterfaceError", "InternalError", "TimeoutError"}
"""As PEP 249 has them: drivers, SQLAlchemy and eventsourcing use the same names, and none need be imported."""
HOUSE = "siko_"
MECHANISM = ("siko_core", "siko_contracts")


@dataclass(frozen=True)
class Fault:
    """Which error, and where in our own code. Never its text, nor values: they may be personal."""

    error: str
    found_in: str | None
    attempts: int


def is_permanent(error: Exception) -> bool:
    """Whether trying again would end the same. OutOfStep is no fault at all: another replica was faster."""
    while type(error).__name__ == "PersistenceError" and isinstance(error.__cause__, Exception):
        error = error.__cause__  # our recorders give what the library has no name for
    names = {each.__name__ for each in type(error).__mro__}
    return not isinstance(error, (*PASSING, OutOfStep)) and names.isdisjoint(PASSING_NAMES)


def fault_of(error: Exception, attempts: int) -> Fault:
    return Fault(type(error).__name__, _found_in(error.__traceback__), attempts)


def _found_in(traceback: TracebackType | None) -> str | None:
    """`module:line` of the innermost frame of a service; of core or the contracts where no service is in it."""
    frames = list(_frames(traceback))
    of_services = [frame for frame in frames if not frame.startswith(MECHANISM)]
    return next(reversed(of_services or frames), None)


def _frames(traceback: TracebackType | None) -> Iterator[str]:
    while traceback is not None:
        module = str(traceback.tb_frame.f_globals.get("__name__", ""))
        if module.startswith(HOUSE):
            yield f"{module}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
