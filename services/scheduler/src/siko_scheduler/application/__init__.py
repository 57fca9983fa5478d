"""The scheduler's application: what every command looks up, and whose the things are that it names.

The commands are functions in this package's modules, one module a topic; `policy` holds the reactions to other
services' events. They load, call and save; `service.py` says which command lives where.
"""

from collections.abc import Mapping
from typing import ClassVar

from siko_contracts.words import VOCABULARIES, Vocabulary
from siko_core.calendar import berlin_day
from siko_core.eventsourced.application import EventSourcedApplication

from siko_scheduler.domain.area import Area
from siko_scheduler.domain.clock import Clock, Days
from siko_scheduler.domain.conference import Conference
from siko_scheduler.domain.partner_body import DISTRICT_GOVERNMENT, PartnerBody
from siko_scheduler.domain.ruleset import Rules, Ruleset
from siko_scheduler.domain.vocabulary import Words


class Scheduler(EventSourcedApplication):
    """Competence register, conferences, obligations and the clock."""

    name = "scheduler"
    NAMED: ClassVar = {
        "conference_id": (Conference, str),
        "like": (Conference, str),
        "area": (Area, Area.create_id),
        "areas": (Area, Area.create_id),
        "body_id": (PartnerBody, str),
        "into_body_id": (PartnerBody, str),
    }

    @property
    def days(self) -> Days | None:
        """The days begun; None before the first one."""
        clock = self.find(Clock, Clock.ID)
        return clock.days if clock else None

    @property
    def adopted(self) -> list[Rules]:
        """The rulesets adopted so far; `rules_for` picks a year's."""
        return [self.get(Ruleset, ruleset_id).rules for ruleset_id in self.ids_of(Ruleset)]

    def words(self, vocabulary: Vocabulary) -> Mapping[str, str]:
        """Code -> label: those of the ruleset, and those that the ministry has added."""
        words = self.find(Words, Words.create_id(vocabulary))
        return words.known if words else VOCABULARIES[vocabulary]

    def authority_of(self, field: str, named: str) -> str | None:
        """R6: an area belongs to the authority that is competent for it today; a body to the one that it is for alone."""
        named_class, _ = self.NAMED[field]
        if named_class is PartnerBody:
            return self._keeper_of(named)
        if named_class is not Area:
            return super().authority_of(field, named)
        area = self.find(Area, Area.create_id(named))
        assignment = area.assignment_on(berlin_day(self.now)) if area else None
        return assignment.authority_id if assignment else None

    def _keeper_of(self, body_id: str) -> str | None:
        """None where there is no such body, or it is one of several authorities, as a district government always is."""
        body = self.find(PartnerBody, body_id)
        if body is None or body.description.category == DISTRICT_GOVERNMENT:
            return None
        keepers = {
            *(self.authority_of("areas", area) for area in body.description.areas),
            *body.description.motorway_authority_ids,
        }
        return keepers.pop() if len(keepers) == 1 else None
