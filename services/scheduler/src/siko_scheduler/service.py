"""The scheduler on the bus: where each command, query and reaction lives."""

from siko_contracts.commands import scheduler as commands
from siko_contracts.messages import FOLLOWS
from siko_contracts.queries import scheduler as asked
from siko_core.write_service import WriteService

from siko_scheduler.application import (
    Scheduler,
    bodies,
    clock,
    conferences,
    nil_reports,
    planning,
    queries,
    register,
    texts,
    words,
)
from siko_scheduler.application.policy import policy
from siko_scheduler.publishing import CONTRACTS

service = WriteService(
    Scheduler,
    CONTRACTS,
    follows=FOLLOWS["scheduler"],
    policy=policy,
    at_start=clock.adopt_ruleset,
    daily=lambda now: commands.AdvanceClock(as_of=now),
    commands={
        commands.RegisterAuthority: register.register_authority,
        commands.DissolveAuthority: register.dissolve_authority,
        commands.AssignArea: register.assign_area,
        commands.TransferArea: register.transfer_area,
        commands.GrantMotorwayDuty: register.grant_motorway_duty,
        commands.RevokeMotorwayDuty: register.revoke_motorway_duty,
        commands.AppointHead: register.appoint_head,
        commands.RegisterBody: bodies.register_body,
        commands.ChangeBody: bodies.change_body,
        commands.CloseBody: bodies.close_body,
        commands.MergeBody: bodies.merge_body,
        commands.AddWord: words.add_word,
        commands.PlanConference: planning.plan_conference,
        commands.PlanYear: planning.plan_year,
        commands.ScheduleConference: conferences.schedule_conference,
        commands.RescheduleConference: conferences.reschedule_conference,
        commands.PostponeConference: conferences.postpone_conference,
        commands.CancelConference: conferences.cancel_conference,
        commands.OpenConference: conferences.open_conference,
        commands.RecordHeld: conferences.record_held,
        commands.CloseConference: conferences.close_conference,
        commands.CorrectConference: conferences.correct_conference,
        commands.RecordNilReport: nil_reports.record_nil_report,
        commands.AdvanceClock: clock.advance_clock,
    },
    queries={
        asked.Register: queries.register,
        asked.FreeDays: queries.free_days,
        asked.WhatIf: queries.what_if,
        asked.Texts: texts.texts,
    },
)


def main() -> None:
    service.main()
