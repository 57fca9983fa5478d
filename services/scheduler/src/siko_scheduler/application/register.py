"""Commands on authorities and areas: who is competent where, from when to when.

Obligations follow the register in the same save (R6).
"""

from siko_contracts.commands.scheduler import (
    AppointHead,
    AssignArea,
    DissolveAuthority,
    GrantMotorwayDuty,
    RegisterAuthority,
    RevokeMotorwayDuty,
    TransferArea,
)
from siko_core.eventsourced.application import Saved

from siko_scheduler.application import Scheduler
from siko_scheduler.application.obligations import with_new_debtors
from siko_scheduler.domain.area import Area
from siko_scheduler.domain.authority import Authority


def register_authority(scheduler: Scheduler, command: RegisterAuthority) -> Saved:
    scheduler.ensure_free(command.authority_id, "authority_id")
    authority = Authority(
        id=command.authority_id,
        authority_id=command.authority_id,
        name=command.name,
        kind=command.kind,
        district=command.district,
        valid_from=command.valid_from,
    )
    return scheduler.save(authority)


def dissolve_authority(scheduler: Scheduler, command: DissolveAuthority) -> Saved:
    """Its areas are released and its motorway duty ends with it."""
    authority = scheduler.get(Authority, command.authority_id, "authority_id")
    authority.dissolve(command.valid_to)
    areas = [scheduler.get(Area, area_id) for area_id in scheduler.ids_of(Area)]
    for area in areas:
        area.release(authority.id, command.valid_to)
    released = [area for area in areas if area.pending_events]
    obligations = with_new_debtors(scheduler, authority, *released)
    return scheduler.save(authority, *released, *obligations)


def assign_area(scheduler: Scheduler, command: AssignArea) -> Saved:
    authority = scheduler.get(Authority, command.authority_id, "authority_id")
    authority.ensure_exists_on(command.valid_from, "valid_from")
    known = scheduler.find(Area, Area.create_id(command.area))
    area = known or Area(authority_id=authority.id, area=command.area)
    area.assign(authority.id, command.valid_from, command.valid_to, verified=command.verified)
    return scheduler.save(area, *with_new_debtors(scheduler, area))


def transfer_area(scheduler: Scheduler, command: TransferArea) -> Saved:
    """The same bodies stay competent, and a conference stays with the authority that scheduled it."""
    area = scheduler.get(Area, Area.create_id(command.area), "area")
    to_authority = scheduler.get(Authority, command.to_authority_id, "to_authority_id")
    to_authority.ensure_exists_on(command.valid_from, "valid_from")
    area.transfer(to_authority.id, command.valid_from)
    return scheduler.save(area, *with_new_debtors(scheduler, area))


def grant_motorway_duty(scheduler: Scheduler, command: GrantMotorwayDuty) -> Saved:
    authority = scheduler.get(Authority, command.authority_id, "authority_id")
    authority.grant_motorway_duty(command.sections, command.valid_from, verified=command.verified)
    return scheduler.save(authority, *with_new_debtors(scheduler, authority))


def revoke_motorway_duty(scheduler: Scheduler, command: RevokeMotorwayDuty) -> Saved:
    authority = scheduler.get(Authority, command.authority_id, "authority_id")
    authority.revoke_motorway_duty(command.valid_to)
    return scheduler.save(authority, *with_new_debtors(scheduler, authority))


def appoint_head(scheduler: Scheduler, command: AppointHead) -> Saved:
    authority = scheduler.get(Authority, command.authority_id, "authority_id")
    name = scheduler.seal(authority.id, "name", command.name)
    authority.appoint_head(command.function, name, command.valid_from)
    return scheduler.save(authority)
