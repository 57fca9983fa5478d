"""Reporting on the bus."""

from siko_contracts.messages import FOLLOWS
from siko_contracts.queries import QUERIES
from siko_core.read_service import ReadService

from siko_reporting.store import ReportingStore

service = ReadService(
    "reporting",
    ReportingStore,
    follows=FOLLOWS["reporting"],
    queries=QUERIES["reporting"],
)


def main() -> None:
    service.main()
