"""The scheduler on the bus."""

from siko_contracts.commands import scheduler as commands
from siko_contracts.messages import FOLLOWS
from siko_core.service import WriteService

from siko_scheduler.application import Scheduler
from siko_scheduler.application.queries import free_days, register, what_if
from siko_scheduler.publishing import CONTRACTS

service = WriteService(
    Scheduler,
    CONTRACTS,
    follows=FOLLOWS["scheduler"],
    at_start=Scheduler.adopt_ruleset,
    daily=lambda now: commands.AdvanceClock(as_of=now),
    queries={"register": register, "free_days": free_days, "what_if": what_if},
    commands={
        commands.RegisterAuthority: Scheduler.register_authority,
        commands.DissolveAuthority: Scheduler.dissolve_authority,
        commands.AssignArea: Scheduler.assign_area,
        commands.TransferArea: Scheduler.transfer_area,
        commands.GrantMotorwayDuty: Scheduler.grant_motorway_duty,
        commands.RevokeMotorwayDuty: Scheduler.revoke_motorway_duty,
        commands.AppointHead: Scheduler.appoint_head,
        commands.RegisterBody: Scheduler.register_body,
        commands.ChangeBody: Scheduler.change_body,
        commands.CloseBody: Scheduler.close_body,
        commands.MergeBody: Scheduler.merge_body,
        commands.PlanConference: Scheduler.plan_conference,
        commands.PlanYear: Scheduler.plan_year,
        commands.ScheduleConference: Scheduler.schedule_conference,
        commands.RescheduleConference: Scheduler.reschedule_conference,
        commands.PostponeConference: Scheduler.postpone_conference,
        commands.CancelConference: Scheduler.cancel_conference,
        commands.OpenConference: Scheduler.open_conference,
        commands.RecordHeld: Scheduler.record_held,
        commands.CloseConference: Scheduler.close_conference,
        commands.CorrectConference: Scheduler.correct_conference,
        commands.RecordNilReport: Scheduler.record_nil_report,
        commands.AdvanceClock: Scheduler.advance_clock,
    },
)


def main() -> None:
    service.main()
