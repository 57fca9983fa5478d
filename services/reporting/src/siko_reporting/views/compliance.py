"""Who fulfils which obligation: the judge's latest verdict of each, copied, with a row a debtor (R6)."""

from collections.abc import Iterable, Iterator
from datetime import date

from siko_contracts.events.scheduler import NilReportRecorded, ObligationJudged
from siko_contracts.queries.reporting import Compliance, ComplianceItem

from siko_reporting.views.base import Document, Visibility, asked_for

NAME = "compliance"
EVENTS = (ObligationJudged, NilReportRecorded)
VISIBLE = Visibility("asks for its own")
KEYED_BY = None
ORDER = ("authority_id", "area", "year", "kind")
INITIAL: Document = {}
KEPT = {"last_held_on", *ComplianceItem.model_fields} & ObligationJudged.model_fields.keys()


def key(event: ObligationJudged | NilReportRecorded) -> str:
    """The obligation's id: kind, area or authority, year."""
    return event.aggregate_id


def evolve(document: Document, event: ObligationJudged | NilReportRecorded) -> Document:
    """R7: a nil report stands beside the verdict and changes nothing of it."""
    if isinstance(event, NilReportRecorded):
        return {**document, "nil_reported": True}
    nil_reported = document.get("nil_reported", False)
    return {**event.model_dump(mode="json", include=KEPT), "nil_reported": nil_reported}


def items(
    documents: Iterable[Document], query: Compliance, today: date | None
) -> Iterator[ComplianceItem]:
    for document in documents:
        for item in _rows(document, today):
            if asked_for(item, query, "authority_id", "area", "year", "kind"):
                yield item


def _rows(document: Document, today: date | None) -> Iterator[ComplianceItem]:
    if "verdict" not in document:
        return
    owed_by = [debtor["authority_id"] for debtor in document["debtors"]]
    days = _days_since(document["last_held_on"], today)
    for authority_id in dict.fromkeys(owed_by or [document["authority_id"]]):
        row = {**document, "authority_id": authority_id, "days_since_last": days}
        yield ComplianceItem.model_validate(row)


def _days_since(last_held_on: str | None, today: date | None) -> int | None:
    """None where there is no conference yet; a conference of a day not yet begun is 0 days old."""
    if last_held_on is None or today is None:
        return None
    return max((today - date.fromisoformat(last_held_on)).days, 0)
