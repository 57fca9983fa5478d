"""Nil reports: why a missed year was missed (R7). They annotate, also in sealed years."""

from siko_contracts.commands.scheduler import RecordNilReport
from siko_core.eventsourced.application import Saved
from siko_core.refusals import InvalidCommand, NotFound

from siko_scheduler.application import Scheduler
from siko_scheduler.application.obligations import Scope, find_obligation
from siko_scheduler.domain.area import Area
from siko_scheduler.domain.authority import Authority


def record_nil_report(scheduler: Scheduler, command: RecordNilReport) -> Saved:
    scope = _scope_in(scheduler, command)
    obligation = find_obligation(scheduler, scope, command.year)
    if obligation is None:
        raise NotFound(f"{scope.id} owes nothing in {command.year}", field="year")
    reason = scheduler.keyring.seal(obligation.id, "reason", command.reason)
    obligation.report_nil(reason)
    return scheduler.save(obligation)


def _scope_in(scheduler: Scheduler, command: RecordNilReport) -> Scope:
    if command.kind == "siko":
        if command.area is None or command.authority_id is not None:
            raise InvalidCommand(area="kind siko is owed for an area, and names no authority")
        return scheduler.get(Area, Area.create_id(command.area), "area")
    if command.authority_id is None or command.area is not None:
        raise InvalidCommand(authority_id="kind siko_ap is owed by an authority, for no area")
    return scheduler.get(Authority, command.authority_id, "authority_id")
