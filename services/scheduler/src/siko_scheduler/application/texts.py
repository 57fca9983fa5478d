"""Who reads which texts of conferences, heads and nil reports; sealed texts are opened for nobody else but the auditor."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from siko_contracts.access import AT_AN_AUTHORITY
from siko_contracts.queries.scheduler import Texts
from siko_core.identity.identity import Identity
from siko_core.requests.history import EventLog
from siko_core.requests.texts import Page, Past, Subject, Table, own_authority, read_texts

from siko_scheduler.domain.authority import Authority
from siko_scheduler.domain.conference import Conference
from siko_scheduler.domain.obligation import Obligation


def owed_it(reader: Identity, _: Obligation.NilReportRecorded, obligation: Obligation) -> bool:
    """A role of an authority that owed it in some part of the year (R6)."""
    debtors = {owed.authority_id for owed in obligation.owed}
    return reader.role in AT_AN_AUTHORITY and reader.authority_id in debtors


def is_ministry(reader: Identity, *_: Any) -> bool:
    """R7: a nil report is made to the ministry."""
    return reader.role == "ministry"


TABLE: Table = {
    Conference.Scheduled: (own_authority,),
    Conference.Dated: (own_authority,),
    Conference.Rescheduled: (own_authority,),
    Conference.Postponed: (own_authority,),
    Conference.Cancelled: (own_authority,),
    Conference.Corrected: (own_authority,),
    Authority.HeadAppointed: (own_authority,),
    Obligation.NilReportRecorded: (owed_it, is_ministry),
}


def texts(log: EventLog, query: Texts, _: datetime) -> Page:
    """Reasons, errors and names of heads that the reader may read."""
    return read_texts(log, query, TABLE, _find)


def _find(past: Past, named: str) -> Iterator[Subject]:
    """The conference; or the authority, with the obligations that it owed and of which it has made a nil report."""
    if found := past.find(Conference, named):
        yield Subject(named, found[1], None)
    elif authority := past.find(Authority, named):
        yield Subject(named, authority[1], None)
        for obligation_id in past.ids_with(Obligation.NilReportRecorded):
            if reported := past.find(Obligation, obligation_id):
                obligation, events = reported
                if named in {owed.authority_id for owed in obligation.owed}:
                    yield Subject(named, events, obligation)
