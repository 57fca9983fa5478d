"""What the scheduler makes of other services' facts."""

from functools import singledispatchmethod
from typing import Any

from siko_contracts.events import InvitationListFrozen, InvitationsReleased, NeedsAnswered
from siko_core.calendar import berlin_day

from siko_scheduler.application.obligations import Obligations
from siko_scheduler.domain.area import Area
from siko_scheduler.domain.conference import Conference
from siko_scheduler.domain.judging import Coverage
from siko_scheduler.domain.obligation import Obligation


class Policy(Obligations):
    """No-ops where it is so already; an unknown conference passes by."""

    @singledispatchmethod
    def policy(self, event: Any) -> None:
        """Nothing else concerns the scheduler."""

    @policy.register
    def _(self, event: InvitationsReleased) -> None:
        conference = self.find(Conference, event.conference_id)
        if conference is not None:
            conference.convene()
            self.save(conference)

    @policy.register
    def _(self, event: NeedsAnswered) -> None:
        conference = self.find(Conference, event.conference_id)
        if conference is not None:
            conference.note_needs_answered()
            self.save(conference)

    @policy.register
    def _(self, event: InvitationListFrozen) -> None:
        """R3, R34: invitations judged the coverage of each area (null: the motorway authority).

        It is noted in a sealed year too: the session that froze the list was opened before the seal.
        """
        conference = self.find(Conference, event.conference_id)
        if conference is None:
            return
        coverage_of = {each.area: each for each in event.areas}
        concerned: list[Obligation] = []
        for scope in self.scopes_of(conference):
            covered = coverage_of.get(scope.area if isinstance(scope, Area) else None)
            obligation = self.obligation(scope, conference.year) if covered else None
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
            self.save(*self.judged(concerned))
