"""Queries of the scheduler: the register at any time, days that suit, verdicts under another ruleset."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from siko_contracts.queries import Query
from siko_contracts.queries.scheduler import (
    FreeDayItem,
    FreeDays,
    Register,
    RegisterItem,
    WhatIf,
    WhatIfItem,
)
from siko_contracts.values import Finding
from siko_core.calendar import ONE_DAY, berlin_day
from siko_core.refusals import InvalidCommand, NotFound
from siko_core.requests.history import EventLog, Folded
from siko_core.words import ensure_named

from siko_scheduler.domain import days
from siko_scheduler.domain.area import Area
from siko_scheduler.domain.authority import Authority
from siko_scheduler.domain.clock import Clock
from siko_scheduler.domain.conference import Conference
from siko_scheduler.domain.judging import judge
from siko_scheduler.domain.obligation import Obligation
from siko_scheduler.domain.partner_body import PartnerBody
from siko_scheduler.domain.period import Period
from siko_scheduler.domain.ruleset import RULESETS, Ruleset, rules_for

LONGEST = timedelta(days=366)


def register(log: EventLog, query: Register, _: datetime) -> list[RegisterItem]:
    """One row a fact, with the time for which it holds: who is competent where, and how bodies are invited."""
    folded = log.folded(Authority, Area, PartnerBody, as_of=query.as_of)
    rows = [*_authorities(folded), *_areas(folded), *_bodies(folded)]
    matching = [row for row in rows if _matches(row, query)]
    if not matching:
        _ensure_named(log, query)
    return matching


def free_days(log: EventLog, query: FreeDays, now: datetime) -> list[FreeDayItem]:
    """Days on which the authority can meet, from tomorrow on, with what speaks against each."""
    _ensure_range(query)
    folded = log.folded(Authority, Conference, Ruleset, as_of=query.as_of)
    authority = folded.aggregates.get(query.authority_id)
    if not isinstance(authority, Authority):
        _ensure_named(log, query)
        raise NotFound(f"there was no {query.authority_id!r}", field="authority_id")
    adopted = [ruleset.rules for ruleset in folded.of(Ruleset)]
    today = berlin_day(query.as_of or now)
    overlaps: dict[date, list[Finding]] = {}
    for conference in folded.of(Conference):
        if conference.is_dated and conference.authority_id == authority.id:
            overlap = Finding(
                code="ConferenceOverlaps", rule="calendar", conference_id=conference.id
            )
            overlaps.setdefault(conference.placement.day, []).append(overlap)
    items = []
    for day in _days(max(query.from_, today + ONE_DAY), query.to):
        if days.is_possible(day) and authority.existence.holds_on(day):
            rules = rules_for(day.year, adopted)
            against = [*days.against(day, today, authority.district, rules), *overlaps.get(day, [])]
            suits = not days.needing_reason(against)
            items.append(FreeDayItem(day=day, suits=suits, against=against))
    return items


def what_if(log: EventLog, query: WhatIf, _: datetime) -> list[WhatIfItem]:
    """The same facts and days, judged by another ruleset; nothing is recorded."""
    rules = RULESETS.get(query.ruleset)
    if rules is None:
        raise InvalidCommand(ruleset=f"known are: {', '.join(sorted(RULESETS))}")
    folded = log.folded(Obligation, Clock, as_of=query.as_of)
    clock = folded.aggregates.get(Clock.ID)
    items = []
    for obligation in folded.of(Obligation):
        facts = obligation.facts.model_copy(
            update={"last_held_before": _held_in_the_year_before(obligation, folded)}
        )
        verdict = judge(facts, clock.days if clock else None, rules)
        recorded = obligation.verdict
        item = WhatIfItem(
            kind=obligation.kind,
            authority_id=obligation.authority_id,
            area=obligation.area,
            year=obligation.year,
            verdict=verdict.verdict,
            ruleset=rules.name,
            gaps=list(verdict.gaps),
            evidence=list(verdict.evidence),
            recorded_verdict=recorded.verdict if recorded else None,
            recorded_ruleset=recorded.ruleset if recorded else None,
            differs=recorded is None or recorded.verdict != verdict.verdict,
        )
        filters = query.model_dump(include={"authority_id", "area", "year", "kind"}).items()
        if all(value in {None, getattr(item, name)} for name, value in filters):
            items.append(item)
    if not items:
        _ensure_named(log, query)
    return sorted(items, key=lambda item: (item.kind, item.area or item.authority_id, item.year))


def _ensure_named(log: EventLog, query: Query) -> None:
    """Raises NotFound for an authority, area or body that never was; what was only later is known too."""
    folded = log.folded(Authority, Area, PartnerBody)
    known = {
        "authority_id": [authority.id for authority in folded.of(Authority)],
        "area": [area.area for area in folded.of(Area)],
        "body_id": [body.id for body in folded.of(PartnerBody)],
    }
    for field, names in known.items():
        if name := getattr(query, field, None):
            ensure_named(field, name, names)


def _authorities(folded: Folded) -> Iterator[RegisterItem]:
    for authority in folded.of(Authority):
        ids = {"id": authority.id, "authority_id": authority.id}
        yield _row(
            folded,
            authority.existence,
            f"{authority.id}@1",
            fact="authority",
            name=authority.name,
            kind=authority.kind,
            district=authority.district,
            **ids,
        )
        for head in authority.heads:
            yield _row(folded, head, head.event_id, fact="head", function=head.function, **ids)
        for duty in authority.duties:
            granted = {"sections": duty.sections, "verified": duty.verified}
            yield _row(folded, duty, duty.event_id, fact="motorway_duty", **granted, **ids)


def _areas(folded: Folded) -> Iterator[RegisterItem]:
    for area in folded.of(Area):
        for assignment in area.assignments:
            yield _row(
                folded,
                assignment,
                assignment.event_id,
                fact="area",
                id=area.area,
                authority_id=assignment.authority_id,
                areas=[area.area],
                verified=assignment.verified,
            )


def _bodies(folded: Folded) -> Iterator[RegisterItem]:
    for body in folded.of(PartnerBody):
        for described in body.timeline:
            description = described.description
            is_last = described.valid_to == body.existence.valid_to
            yield _row(
                folded,
                described,
                described.event_id,
                fact="body",
                id=body.id,
                function=description.leadership_function,
                into_body_id=body.into_body_id if is_last else None,
                **description.model_dump(exclude={"leadership_function", "valid_from"}),
            )


def _row(folded: Folded, period: Period, event_id: str, **fields: object) -> RegisterItem:
    return RegisterItem.model_validate(
        fields
        | {
            "valid_from": period.valid_from,
            "valid_to": period.valid_to,
            "recorded_at": folded.recorded_at[event_id],
            "event_id": event_id,
        }
    )


def _matches(row: RegisterItem, query: Register) -> bool:
    period = Period(valid_from=row.valid_from, valid_to=row.valid_to)
    of_authority = {row.authority_id, *row.motorway_authority_ids}
    return (
        (query.effective_on is None or period.holds_on(query.effective_on))
        and (query.authority_id is None or query.authority_id in of_authority)
        and (query.area is None or query.area in row.areas)
        and (query.body_id is None or (row.fact, row.id) == ("body", query.body_id))
    )


def _ensure_range(query: FreeDays) -> None:
    days.ensure_known(query.from_, "from")
    days.ensure_known(query.to, "to")
    if not query.from_ <= query.to <= query.from_ + LONGEST:
        raise InvalidCommand(to=f"must lie within {LONGEST.days} days after `from`")


def _days(first: date, last: date) -> Iterator[date]:
    return (first + n * ONE_DAY for n in range((last - first).days + 1))


def _held_in_the_year_before(obligation: Obligation, folded: Folded) -> date | None:
    before = folded.aggregates.get(
        Obligation.create_id(
            obligation.kind, obligation.authority_id, obligation.area, obligation.year - 1
        )
    )
    if not isinstance(before, Obligation):
        return None
    conferences = before.conferences.values()
    days_held = (facts.held.on for facts in conferences if facts.counts and facts.held)
    return max(days_held, default=None)
