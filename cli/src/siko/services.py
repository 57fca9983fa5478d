"""The services of a system, as the command line takes their names."""

from siko_contracts.messages import PRODUCERS

from siko.key_values import did_you_mean
from siko.output import wrong_usage

SERVICES = (*PRODUCERS, "reporting")


def ensure_service(name: str) -> None:
    """Raises Failure (exit code 2) if there is no such service; it names the nearest."""
    if name not in SERVICES:
        raise wrong_usage(
            f"there is no service {name!r}{did_you_mean(name, SERVICES)}",
            known=", ".join(SERVICES),
        )


def ensure_write_service(name: str) -> None:
    """Raises Failure (exit code 2) unless there is such a service and it has an event store."""
    ensure_service(name)
    if name not in PRODUCERS:
        raise wrong_usage(f"{name!r} has no history of its own", known=", ".join(PRODUCERS))
