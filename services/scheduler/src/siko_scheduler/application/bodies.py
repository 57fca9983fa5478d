"""Commands on bodies: who is invited in which area, and how.

A change is one save with the areas and conferences that it concerns.
"""

from collections.abc import Iterable

from siko_contracts.commands.scheduler import ChangeBody, CloseBody, MergeBody, RegisterBody
from siko_core.calendar import ONE_DAY, berlin_day
from siko_core.eventsourced.application import Saved
from siko_core.refusals import InvalidCommand
from siko_core.words import ensure_known

from siko_scheduler.application import Scheduler
from siko_scheduler.application.competence import with_new_bodies
from siko_scheduler.application.obligations import Scope
from siko_scheduler.domain.area import Area
from siko_scheduler.domain.authority import Authority
from siko_scheduler.domain.partner_body import Description, PartnerBody, ensure_route


def register_body(scheduler: Scheduler, command: RegisterBody) -> Saved:
    """Each area (or motorway authority) notes the body with its validity."""
    scheduler.ensure_free(command.body_id, "body_id")
    description = _description_in(scheduler, command)
    scopes = _scopes_of(scheduler, description)
    _ensure_route(scheduler, description, scopes)
    body = PartnerBody(id=command.body_id, description=description)
    for scope in scopes:
        scope.note_body(description.note(body.id))
    conferences = with_new_bodies(scheduler, scopes, description.valid_from)
    return scheduler.save(body, *scopes, *conferences)


def change_body(scheduler: Scheduler, command: ChangeBody) -> Saved:
    body = scheduler.get(PartnerBody, command.body_id, "body_id")
    description = _description_in(scheduler, command)
    scopes = _scopes_of(scheduler, description)
    _ensure_route(scheduler, description, scopes)
    before = _scopes_of(scheduler, body.description)
    body.change(description)
    scope_ids = {scope.id for scope in scopes}
    former_scopes = [scope for scope in before if scope.id not in scope_ids]
    for scope in former_scopes:
        scope.end_body(body.id, description.valid_from - ONE_DAY)
    for scope in scopes:
        scope.note_body(description.note(body.id))
    concerned = [*scopes, *former_scopes]
    conferences = with_new_bodies(scheduler, concerned, description.valid_from)
    return scheduler.save(body, *concerned, *conferences)


def close_body(scheduler: Scheduler, command: CloseBody) -> Saved:
    body = scheduler.get(PartnerBody, command.body_id, "body_id")
    body.close(command.valid_to)
    scopes = _scopes_of(scheduler, body.description)
    for scope in scopes:
        scope.end_body(body.id, command.valid_to)
    conferences = with_new_bodies(scheduler, scopes, command.valid_to + ONE_DAY)
    return scheduler.save(body, *scopes, *conferences)


def merge_body(scheduler: Scheduler, command: MergeBody) -> Saved:
    """The body ends, and the other one is competent for its areas from the next day on."""
    body = scheduler.get(PartnerBody, command.body_id, "body_id")
    into = scheduler.get(PartnerBody, command.into_body_id, "into_body_id")
    if into.id == body.id or into.description.category != body.description.category:
        raise InvalidCommand(into_body_id="must be another body of the same category")
    last_day = command.valid_to or berlin_day(scheduler.now)
    body.close(last_day, into.id)
    description = into.description.together_with(body.description, last_day + ONE_DAY)
    before, scopes = _scopes_of(scheduler, body.description), _scopes_of(scheduler, description)
    _ensure_route(scheduler, description, scopes)
    into.change(description)
    for scope in before:
        scope.end_body(body.id, last_day)
    for scope in scopes:
        scope.note_body(description.note(into.id))
    conferences = with_new_bodies(scheduler, scopes, last_day + ONE_DAY)
    return scheduler.save(body, into, *scopes, *conferences)


def _description_in(scheduler: Scheduler, command: RegisterBody) -> Description:
    """The command's description; an area or authority named twice counts once. Raises UnknownWord for its category."""
    ensure_known("category", command.category, scheduler.words("category"))
    fields = {name: getattr(command, name) for name in Description.model_fields}
    for name in ("areas", "motorway_authority_ids"):
        fields[name] = tuple(dict.fromkeys(fields[name]))
    return Description.model_validate(fields)


def _scopes_of(scheduler: Scheduler, description: Description) -> list[Scope]:
    areas = [scheduler.get(Area, Area.create_id(area), "areas") for area in description.areas]
    authorities = [
        scheduler.get(Authority, authority_id, "motorway_authority_ids")
        for authority_id in description.motorway_authority_ids
    ]
    return [*areas, *authorities]


def _ensure_route(scheduler: Scheduler, description: Description, scopes: Iterable[Scope]) -> None:
    via = scheduler.get(PartnerBody, description.via, "via") if description.via else None
    districts: dict[str, str] = {}
    for scope in scopes:
        authority = _competent_authority(scheduler, scope, description)
        if authority:
            districts[scope.id] = authority.district
    ensure_route(description, via, districts)


def _competent_authority(
    scheduler: Scheduler, scope: Scope, description: Description
) -> Authority | None:
    """The authority competent when the description begins to hold, or the next one after that."""
    if isinstance(scope, Authority):
        return scope
    assignment = scope.next_assignment(description.valid_from)
    return scheduler.get(Authority, assignment.authority_id) if assignment else None
