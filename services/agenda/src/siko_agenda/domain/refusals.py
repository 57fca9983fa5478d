"""Why the agenda says no: the class name is the code that clients see."""

from siko_core.refusals import Refused


class NotInvited(Refused):
    """Only bodies that are invited to the conference take part in it: invite them first."""


class AfterDeadline(Refused):
    """Topics are submitted until the deadline: submit it to the next conference; details: deadline."""


class CaseDataDeclared(Refused):
    """A topic carries no case data: describe the matter without persons and file numbers."""


class ClassificationTooHigh(Refused):
    """Topics are open or vs_nfd: what is classified higher does not belong into this system."""


class NeedToKnowNotInvited(Refused):
    """Need-to-know lies within the invited bodies: invite the others or return the topic; details: bodies."""


class NotInSession(Refused):
    """Topics are discussed while the conference is in session: open it first."""


class NoOutcome(Refused):
    """A discussion closes with at least one outcome: `noted` is one."""


class AgendaFrozen(Refused):
    """The agenda is frozen since the conference began: discuss the topic ad hoc, or defer it."""


class YouthOfficeMissing(Refused):
    """Protection of minors needs the youth welfare offices: invite them or accept the gap; details: areas."""


class DueNotAfterAgreement(Refused):
    """An action is due after the day on which it is agreed: name a later day; details: not_before."""


class FollowUpAfterDue(Refused):
    """The follow-up date is not after the due date: name an earlier day."""


class CourtLeadsAdjudication(Refused):
    """Courts lead administrative actions only: declare it administrative or name another lead."""


class ConsentMissing(Refused):
    """Only bodies of the action consent, and at the table only those present: let the others consent later."""


class RecordedAbsent(Refused):
    """A body that was recorded absent is not present: leave it out, or correct its attendance; details: bodies."""


class NoOpenNeed(Refused):
    """No need for action of this topic is open: name one that is; details: open, the ids of such topics."""
