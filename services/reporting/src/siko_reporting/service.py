"""Reporting on the bus."""

from siko_contracts import queries
from siko_core.reading import ReadService

from siko_reporting.store import ReportingStore

service = ReadService(
    "reporting",
    ReportingStore,
    follows=("scheduler", "invitations", "agenda"),
    queries={
        "actions": queries.Actions,
        "compliance": queries.Compliance,
        "conference": queries.Conference,
        "conferences": queries.Conferences,
        "invitations": queries.Invitations,
        "situation_topics": queries.SituationTopics,
    },
)


def main() -> None:
    service.main()
