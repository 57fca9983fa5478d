"""Which of the scheduler's facts the world sees, and as what; all others go out as bare notices."""

from siko_contracts.events import scheduler as events
from siko_core.publishing import Contracts, as_contract

from siko_scheduler.domain.area import Area
from siko_scheduler.domain.authority import Authority
from siko_scheduler.domain.clock import Clock
from siko_scheduler.domain.conference import Conference
from siko_scheduler.domain.obligation import Obligation
from siko_scheduler.domain.partner_body import Description, PartnerBody
from siko_scheduler.domain.placement import Placement, Plan, Session
from siko_scheduler.domain.ruleset import Ruleset
from siko_scheduler.domain.vocabulary import Words

BODY = {"body_id": "originator_id"} | {
    name: f"description.{name}" for name in Description.model_fields
}
CONFERENCE = {"conference_id": "originator_id"}
PLACED = CONFERENCE | {name: f"placement.{name}" for name in Placement.model_fields}
PLANNED = CONFERENCE | {name: f"plan.{name}" for name in Plan.model_fields}
CORRECTED = PLACED | {name: f"session.{name}" for name in Session.model_fields}

CONTRACTS: Contracts = {
    Authority.Registered: as_contract(events.AuthorityRegistered),
    Authority.Dissolved: as_contract(events.AuthorityDissolved),
    Authority.MotorwayDutyGranted: as_contract(events.MotorwayDutyGranted),
    Authority.MotorwayDutyRevoked: as_contract(events.MotorwayDutyRevoked),
    Authority.HeadAppointed: as_contract(events.HeadAppointed),
    Area.Assigned: as_contract(events.AreaAssigned),
    Area.Released: as_contract(events.AreaReleased),
    PartnerBody.Registered: as_contract(events.BodyRegistered, **BODY),
    PartnerBody.Changed: as_contract(events.BodyChanged, **BODY),
    PartnerBody.Closed: as_contract(events.BodyClosed, body_id="originator_id"),
    Words.Added: as_contract(events.WordAdded),
    Conference.Planned: as_contract(events.ConferencePlanned, **PLANNED),
    Conference.Absorbed: as_contract(events.ConferenceAbsorbed, **CONFERENCE),
    Conference.Dated: as_contract(events.ConferenceScheduled, **PLACED),
    Conference.Scheduled: as_contract(events.ConferenceScheduled, **PLACED),
    Conference.Rescheduled: as_contract(events.ConferenceRescheduled, **PLACED),
    Conference.CompetentBodiesChanged: as_contract(events.CompetentBodiesChanged, **PLACED),
    Conference.Convened: as_contract(events.ConferenceConvened, **CONFERENCE),
    Conference.Postponed: as_contract(events.ConferencePostponed, **CONFERENCE),
    Conference.Cancelled: as_contract(events.ConferenceCancelled, **CONFERENCE),
    Conference.Opened: as_contract(events.ConferenceOpened, **CONFERENCE),
    Conference.Held: as_contract(events.ConferenceHeld, **CONFERENCE),
    Conference.Closed: as_contract(events.ConferenceClosed, **CONFERENCE),
    Conference.Corrected: as_contract(events.ConferenceCorrected, **CORRECTED),
    Obligation.NilReportRecorded: as_contract(events.NilReportRecorded),
    Obligation.Judged: as_contract(events.ObligationJudged),
    Clock.FirstDayBegan: as_contract(events.DayBegan),
    Clock.DayBegan: as_contract(events.DayBegan),
    Ruleset.Adopted: as_contract(events.RulesetAdopted),
}
