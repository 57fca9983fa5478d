"""Commands on authorities and areas: who is competent where, from when to when."""

from siko_contracts.commands.scheduler import (
    AppointHead,
    AssignArea,
    DissolveAuthority,
    GrantMotorwayDuty,
    RegisterAuthority,
    RevokeMotorwayDuty,
    TransferArea,
)
from siko_core.eventsourced import Saved

from siko_scheduler.application.obligations import Obligations
from siko_scheduler.domain.area import Area
from siko_scheduler.domain.authority import Authority


class RegisterCommands(Obligations):
    """The competence register without its bodies. Obligations follow it in the same save (R6)."""

    def register_authority(self, command: RegisterAuthority) -> Saved:
        self.ensure_free(command.authority_id, "authority_id")
        authority = Authority(
            id=command.authority_id,
            authority_id=command.authority_id,
            name=command.name,
            kind=command.kind,
            district=command.district,
            valid_from=command.valid_from,
        )
        return self.save(authority)

    def dissolve_authority(self, command: DissolveAuthority) -> Saved:
        """Its areas are released and its motorway duty ends with it."""
        authority = self.get(Authority, command.authority_id, "authority_id")
        authority.dissolve(command.valid_to)
        areas = [self.get(Area, area_id) for area_id in self.ids_of(Area)]
        for area in areas:
            area.release(authority.id, command.valid_to)
        released = [area for area in areas if area.pending_events]
        return self.save(authority, *released, *self.owed_anew(authority, *released))

    def assign_area(self, command: AssignArea) -> Saved:
        authority = self.get(Authority, command.authority_id, "authority_id")
        authority.ensure_exists_on(command.valid_from, "valid_from")
        known = self.find(Area, Area.create_id(command.area))
        area = known or Area(authority_id=authority.id, area=command.area)
        area.assign(authority.id, command.valid_from, command.valid_to, verified=command.verified)
        return self.save(area, *self.owed_anew(area))

    def transfer_area(self, command: TransferArea) -> Saved:
        """The same bodies stay competent, and a conference stays with the authority that scheduled it."""
        area = self.get(Area, Area.create_id(command.area), "area")
        to_authority = self.get(Authority, command.to_authority_id, "to_authority_id")
        to_authority.ensure_exists_on(command.valid_from, "valid_from")
        area.transfer(to_authority.id, command.valid_from)
        return self.save(area, *self.owed_anew(area))

    def grant_motorway_duty(self, command: GrantMotorwayDuty) -> Saved:
        authority = self.get(Authority, command.authority_id, "authority_id")
        authority.grant_motorway_duty(
            command.sections, command.valid_from, verified=command.verified
        )
        return self.save(authority, *self.owed_anew(authority))

    def revoke_motorway_duty(self, command: RevokeMotorwayDuty) -> Saved:
        authority = self.get(Authority, command.authority_id, "authority_id")
        authority.revoke_motorway_duty(command.valid_to)
        return self.save(authority, *self.owed_anew(authority))

    def appoint_head(self, command: AppointHead) -> Saved:
        authority = self.get(Authority, command.authority_id, "authority_id")
        name = self.seal(authority.id, "name", command.name)
        authority.appoint_head(command.function, name, command.valid_from)
        return self.save(authority)
