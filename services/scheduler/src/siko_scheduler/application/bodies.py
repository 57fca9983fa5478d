"""Commands on bodies: a change is one save with the areas and conferences that it concerns."""

from collections.abc import Iterable

from siko_contracts.commands.scheduler import ChangeBody, CloseBody, MergeBody, RegisterBody
from siko_core.calendar import ONE_DAY, berlin_day
from siko_core.eventsourced import Saved
from siko_core.refusals import InvalidCommand

from siko_scheduler.application.competence import Competence
from siko_scheduler.application.obligations import Scope
from siko_scheduler.domain.area import Area
from siko_scheduler.domain.authority import Authority
from siko_scheduler.domain.partner_body import Description, PartnerBody, ensure_route


class BodyCommands(Competence):
    """Who is invited in which area, and how."""

    def register_body(self, command: RegisterBody) -> Saved:
        """The body, and each area (or motorway authority) notes it with its validity."""
        self.ensure_free(command.body_id, "body_id")
        description = _described(command)
        scopes = self._scopes(description)
        self._ensure_route(description, scopes)
        body = PartnerBody(id=command.body_id, description=description)
        for scope in scopes:
            scope.note_body(description.note(body.id))
        return self.save(body, *scopes, *self.conferences_anew(scopes, description.valid_from))

    def change_body(self, command: ChangeBody) -> Saved:
        body = self.get(PartnerBody, command.body_id, "body_id")
        description = _described(command)
        scopes = self._scopes(description)
        self._ensure_route(description, scopes)
        before = self._scopes(body.description)
        body.change(description)
        kept = {scope.id for scope in scopes}
        left = [scope for scope in before if scope.id not in kept]
        for scope in left:
            scope.end_body(body.id, description.valid_from - ONE_DAY)
        for scope in scopes:
            scope.note_body(description.note(body.id))
        concerned = [*scopes, *left]
        conferences = self.conferences_anew(concerned, description.valid_from)
        return self.save(body, *concerned, *conferences)

    def close_body(self, command: CloseBody) -> Saved:
        body = self.get(PartnerBody, command.body_id, "body_id")
        body.close(command.valid_to)
        scopes = self._scopes(body.description)
        for scope in scopes:
            scope.end_body(body.id, command.valid_to)
        return self.save(body, *scopes, *self.conferences_anew(scopes, command.valid_to + ONE_DAY))

    def merge_body(self, command: MergeBody) -> Saved:
        """One save: the body ends, and the other one is competent for its areas from the next day on."""
        body = self.get(PartnerBody, command.body_id, "body_id")
        into = self.get(PartnerBody, command.into_body_id, "into_body_id")
        if into.id == body.id or into.description.category != body.description.category:
            raise InvalidCommand(into_body_id="must be another body of the same category")
        last_day = command.valid_to or berlin_day(self.now)
        body.close(last_day, into.id)
        description = into.description.together_with(body.description, last_day + ONE_DAY)
        before, scopes = self._scopes(body.description), self._scopes(description)
        self._ensure_route(description, scopes)
        into.change(description)
        for scope in before:
            scope.end_body(body.id, last_day)
        for scope in scopes:
            scope.note_body(description.note(into.id))
        return self.save(body, into, *scopes, *self.conferences_anew(scopes, last_day + ONE_DAY))

    def _scopes(self, description: Description) -> list[Scope]:
        areas = [self.get(Area, Area.create_id(area), "areas") for area in description.areas]
        authorities = [
            self.get(Authority, authority_id, "motorway_authority_ids")
            for authority_id in description.motorway_authority_ids
        ]
        return [*areas, *authorities]

    def _ensure_route(self, description: Description, scopes: Iterable[Scope]) -> None:
        via = self.get(PartnerBody, description.via, "via") if description.via else None
        authorities = ((each, self._competent_authority(each, description)) for each in scopes)
        districts = {each.id: found.district for each, found in authorities if found}
        ensure_route(description, via, districts)

    def _competent_authority(self, scope: Scope, description: Description) -> Authority | None:
        """The one competent when the description begins to hold, or the next one after that."""
        if isinstance(scope, Authority):
            return scope
        assignment = scope.next_assignment(description.valid_from)
        return self.get(Authority, assignment.authority_id) if assignment else None


def _described(command: RegisterBody) -> Description:
    """The command's description; an area or authority named twice counts once."""
    fields = {name: getattr(command, name) for name in Description.model_fields}
    for name in ("areas", "motorway_authority_ids"):
        fields[name] = tuple(dict.fromkeys(fields[name]))
    return Description.model_validate(fields)
