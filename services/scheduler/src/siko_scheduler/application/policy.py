"""Reactions to invitations and agenda. A repeat changes nothing, and an unknown conference is passed over."""

from collections.abc import Iterator
from functools import singledispatch

from siko_contracts.events import Event
from siko_contracts.events.agenda import NeedsAnswered
from siko_contracts.events.invitations import InvitationListFrozen, InvitationsReleased
from siko_contracts.values import AreaCoverage
from siko_core.calendar import berlin_day

from siko_scheduler.application import Scheduler
from siko_scheduler.application.obligations import find_or_open, judge_all, scopes_of
from siko_scheduler.domain.area import Area
from siko_scheduler.domain.conference import Conference
from siko_scheduler.domain.judging import Coverage, is_sealed
from siko_scheduler.domain.obligation import Obligation
from siko_scheduler.domain.ruleset import rules_for


@singledispatch
def policy(event: Event, scheduler: Scheduler) -> None:
    """No other event concerns the scheduler."""


@policy.register
def convene(event: InvitationsReleased, scheduler: Scheduler) -> None:
    """The forecast of each area (null: the motorway authority) is noted for its obligation, unless the year is sealed."""
    conference = scheduler.find(Conference, event.conference_id)
    if conference is None:
        return
    conference.convene()
    concerned: list[Obligation] = []
    for coverage, obligation in _covered(scheduler, conference, event):
        if not is_sealed(
            obligation.year, scheduler.days, rules_for(obligation.year, scheduler.adopted)
        ):
            obligation.note_forecast(conference.id, event.event_id, will_count=coverage.counts)
            concerned.append(obligation)
    scheduler.save(conference, *judge_all(scheduler, concerned))


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
    concerned: list[Obligation] = []
    for covered, obligation in _covered(scheduler, conference, event):
        coverage = Coverage(
            counts=covered.counts,
            gaps=covered.gaps,
            evidence=event.event_id,
            recorded_on=berlin_day(event.recorded_at),
            recorded_late=event.recorded_late,
        )
        obligation.note_coverage(conference.id, coverage)
        concerned.append(obligation)
    if concerned:
        scheduler.save(*judge_all(scheduler, concerned))


def _covered(
    scheduler: Scheduler,
    conference: Conference,
    event: InvitationsReleased | InvitationListFrozen,
) -> Iterator[tuple[AreaCoverage, Obligation]]:
    """Each coverage that the list tells, with the obligation of its area in the year of the conference."""
    coverage_of = {coverage.area: coverage for coverage in event.areas}
    for scope in scopes_of(scheduler, conference):
        coverage = coverage_of.get(scope.area if isinstance(scope, Area) else None)
        if coverage and (obligation := find_or_open(scheduler, scope, conference.year)):
            yield coverage, obligation
