"""A body of the register: what it is competent for, and how it is invited (R12)."""

from datetime import date

from siko_contracts.values import Route, Value
from siko_core.calendar import ONE_DAY
from siko_core.eventsourced.aggregates import Aggregate, Created, event
from siko_core.refusals import AlreadyDone, InvalidCommand, WrongState

from siko_scheduler.domain.competence import NotedBody
from siko_scheduler.domain.period import Period
from siko_scheduler.domain.refusals import (
    DirectToSchoolOffice,
    NoCompetence,
    NotADistrictGovernment,
    WrongDistrict,
)

DISTRICT_GOVERNMENT = "district_government"
SCHOOL_OFFICE = "school_office"


class Description(Value):
    """A body as the register has it from a day on."""

    name: str
    category: str
    areas: tuple[str, ...]
    motorway_authority_ids: tuple[str, ...]
    route: Route
    via: str | None
    leadership_function: str
    verified: bool
    valid_from: date

    def note(self, body_id: str) -> NotedBody:
        """What an area or a motorway authority keeps of it."""
        return NotedBody(
            body_id=body_id,
            category=self.category,
            route=self.route,
            via=self.via,
            verified=self.verified,
            valid_from=self.valid_from,
        )

    def together_with(self, other: "Description", valid_from: date) -> "Description":
        """Competent for the areas and motorways of both, from that day on."""
        both = {
            name: tuple(dict.fromkeys((*getattr(self, name), *getattr(other, name))))
            for name in ("areas", "motorway_authority_ids")
        }
        return self.model_copy(update=both | {"valid_from": valid_from})


class Described(Period):
    """A description, and for how long it holds."""

    description: Description
    event_id: str


class PartnerBody(Aggregate):
    """A body that is invited; its contact data are sealed in invitations."""

    TOPIC = "partner_body"

    class Registered(Created):
        TOPIC = "partner_body.registered"
        description: Description

    class Changed(Aggregate.Event):
        TOPIC = "partner_body.changed"
        description: Description

    class Closed(Aggregate.Event):
        TOPIC = "partner_body.closed"
        valid_to: date
        into_body_id: str | None = None

    @event(Registered)
    def __init__(self, id: str, description: Description) -> None:  # noqa: A002
        self.timeline: tuple[Described, ...] = ()
        self.into_body_id: str | None = None
        self._describe(description, self.event_id)

    @property
    def description(self) -> Description:
        """The latest one."""
        return self.timeline[-1].description

    @property
    def existence(self) -> Period:
        return Period(valid_from=self.timeline[0].valid_from, valid_to=self.timeline[-1].valid_to)

    def _describe(self, description: Description, event_id: str) -> None:
        before = (earlier.ended(description.valid_from - ONE_DAY) for earlier in self.timeline)
        described = Described(
            description=description, valid_from=description.valid_from, event_id=event_id
        )
        self.timeline = (*(ended for ended in before if ended), described)

    def change(self, description: Description) -> None:
        self._ensure_open_on(description.valid_from)
        if description == self.description:
            raise AlreadyDone("The register has the body so already", field="body_id")
        if description.valid_from < self.description.valid_from:
            since = self.description.valid_from.isoformat()
            raise InvalidCommand(valid_from=f"must not lie before the last change, {since}")
        self._changed(description)

    @event(Changed)
    def _changed(self, description: Description) -> None:
        self._describe(description, self.next_event_id)

    def close(self, valid_to: date, into_body_id: str | None = None) -> None:
        """`into_body_id`: another body goes on with what this one was competent for."""
        if self.existence.valid_to is not None:
            raise AlreadyDone("The body is closed already", field="body_id")
        if valid_to < self.description.valid_from:
            since = self.description.valid_from.isoformat()
            raise InvalidCommand(valid_to=f"must not lie before the last change, {since}")
        self._closed(valid_to, into_body_id)

    @event(Closed)
    def _closed(self, valid_to: date, into_body_id: str | None) -> None:
        last = self.timeline[-1].model_copy(update={"valid_to": valid_to})
        self.timeline = (*self.timeline[:-1], last)
        self.into_body_id = into_body_id

    def is_district_government_on(self, day: date) -> bool:
        return self.description.category == DISTRICT_GOVERNMENT and self.existence.holds_on(day)

    def _ensure_open_on(self, day: date) -> None:
        if not self.existence.holds_on(day) and self.existence.valid_to is not None:
            raise WrongState(field="valid_from", state="CLOSED", needed=["REGISTERED"])


def ensure_route(
    description: Description, via: PartnerBody | None, districts: dict[str, str]
) -> None:
    """R12: a school office only via the district government of the competent authority's own district.

    `via`: the body that the description names; `districts`: area or motorway authority -> its district.
    """
    if not description.areas and not description.motorway_authority_ids:
        raise NoCompetence(field="areas")
    if description.route == "direct":
        if description.category == SCHOOL_OFFICE:
            raise DirectToSchoolOffice(field="route")
        if description.via is not None:
            raise InvalidCommand(via="only with route via")
        return
    if via is None:
        raise InvalidCommand(via="route via needs the district government's body id")
    if not via.is_district_government_on(description.valid_from):
        raise NotADistrictGovernment(field="via", via=via.id)
    for scope, district in districts.items():
        if district != via.id:
            raise WrongDistrict(field="via", via=via.id, scope=scope, district=district)
