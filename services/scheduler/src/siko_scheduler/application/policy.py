"""Reactions to invitations and agenda. A repeat changes nothing, and an unknown conference is passed over."""

from functools import singledispatch

from siko_contracts.events import Event
from siko_contracts.events.agenda import NeedsAnswered
from siko_contracts.events.invitations import InvitationListFrozen, InvitationsReleased
from siko_core.calendar import berlin_day

from siko_scheduler.application import Scheduler
from siko_scheduler.application.obligations import find_or_open, judge_all, scopes_of
from siko_scheduler.domain.area import Area
from siko_scheduler.domain.conference import Conference
from siko_scheduler.domain.judging import Coverage
from siko_scheduler.domain.obligation import Obligation


@singledispatch
def policy(event: Event, scheduler: Scheduler) -> None:
    """No other event concerns the scheduler."""


@policy.register
def convene(event: InvitationsReleased, scheduler: Scheduler) -> None:
    conference = scheduler.find(Conference, event.conference_id)
    if conference is not None:
        conference.convene()
        scheduler.save(conference)


@policy.register
def note_needs_answered(event: NeedsAnswered, scheduler: Scheduler) -> None:
    conference = scheduler.find(Conference, event.conference_id)
    if conference is not None:
        conference.note_needs_answered()
        scheduler.save(conference)


@policy.register
def note_coverage(event: InvitationListFrozen, scheduler: Scheduler) -> None:
    """R3, R34: invitations judged the coverage of each area (null: the motorway authority).

    It is noted in a sealed year too: the session that froze the list was opened before the seal.
    """
    conference = scheduler.find(Conference, event.conference_id)
    if conference is None:
        return
    coverage_of = {coverage.area: coverage for coverage in event.areas}
    concerned: list[Obligation] = []
    for scope in scopes_of(scheduler, conference):
        covered = coverage_of.get(scope.area if isinstance(scope, Area) else None)
        obligation = find_or_open(scheduler, scope, conference.year) if covered else None
        if covered is None or obligation is None:
            continue
        coverage = Coverage(
            counts=covered.counts,
            gaps=covered.gaps,
            evidence=event.event_id,
            recorded_on=berlin_day(event.recorded_at),
        )
        obligation.note_coverage(conference.id, coverage)
        concerned.append(obligation)
    if concerned:
        scheduler.save(*judge_all(scheduler, concerned))
