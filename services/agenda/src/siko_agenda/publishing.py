"""What the world hears of the agenda; everything else goes out as a bare notice."""

from siko_contracts.events import agenda as events
from siko_core.publishing import Contracts, as_contract

from siko_agenda.domain.action import Action
from siko_agenda.domain.agenda import Agenda
from siko_agenda.domain.topic_submission import TopicSubmission

CONTRACTS: Contracts = {
    TopicSubmission.Submitted: as_contract(events.TopicSubmitted, topic_id="originator_id"),
    TopicSubmission.Accepted: as_contract(events.TopicAccepted, topic_id="originator_id"),
    TopicSubmission.Returned: as_contract(events.TopicReturned, topic_id="originator_id"),
    TopicSubmission.Rejected: as_contract(events.TopicRejected, topic_id="originator_id"),
    TopicSubmission.Deferred: as_contract(events.TopicDeferred, topic_id="originator_id"),
    TopicSubmission.Withdrawn: as_contract(events.TopicWithdrawn, topic_id="originator_id"),
    TopicSubmission.Discussed: as_contract(events.TopicDiscussed, topic_id="originator_id"),
    TopicSubmission.PresenceRefuted: as_contract(events.PresenceRefuted, topic_id="originator_id"),
    Agenda.ItemPlaced: as_contract(events.ItemPlaced),
    Agenda.ItemMoved: as_contract(events.ItemMoved),
    Agenda.ItemRemoved: as_contract(events.ItemRemoved),
    Agenda.Released: as_contract(events.AgendaReleased),
    Agenda.Supplemented: as_contract(events.AgendaSupplemented),
    Agenda.Frozen: as_contract(events.AgendaFrozen),
    Agenda.NeedDismissed: as_contract(events.NeedDismissed),
    Agenda.NeedsAnswered: as_contract(events.NeedsAnswered),
    Action.Proposed: as_contract(events.ActionProposed, action_id="originator_id"),
    Action.Consented: as_contract(events.ActionConsented, action_id="originator_id"),
    Action.Agreed: as_contract(events.ActionAgreed, action_id="originator_id"),
    Action.ConsentVoided: as_contract(events.ActionConsentVoided, action_id="originator_id"),
}
