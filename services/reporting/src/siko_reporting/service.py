"""Reporting on the bus."""

from siko_contracts.queries import QUERIES
from siko_core.reading import ReadService

from siko_reporting.store import ReportingStore

service = ReadService(
    "reporting",
    ReportingStore,
    follows=("scheduler", "invitations", "agenda"),
    queries=QUERIES["reporting"],
)


def main() -> None:
    service.main()
