"""Whose a conference is and when it begins, for views that hold something else of it, a document a conference."""

from datetime import datetime

from siko_contracts.events.scheduler import (
    CompetentBodiesChanged,
    ConferenceCorrected,
    ConferenceRescheduled,
    ConferenceScheduled,
)
from siko_core.calendar import berlin_day

from siko_reporting.views.base import Document

DATED = (ConferenceScheduled, ConferenceRescheduled, CompetentBodiesChanged, ConferenceCorrected)
DatedFact = (
    ConferenceScheduled | ConferenceRescheduled | CompetentBodiesChanged | ConferenceCorrected
)


def date_of(event: DatedFact) -> Document:
    return event.model_dump(mode="json", include={"authority_id", "starts_at"})


def is_in_year(starts_at: datetime | None, year: int | None) -> bool:
    """Whether a conference begins in that Berlin year; one whose date has not arrived begins in none."""
    return year is None or (starts_at is not None and berlin_day(starts_at).year == year)
