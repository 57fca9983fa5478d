"""What hinders a command of the scheduler; the class name is the stable code."""

from siko_core.refusals import Refused


class NotCompetent(Refused):
    """Another authority is competent for the area on that date: let it convene, or correct the register."""


class NoMotorwayDuty(Refused):
    """The authority has no motorway duty on that date: grant it first, or schedule kind siko."""


class MixedKinds(Refused):
    """Areas belong to kind siko and sections to kind siko_ap: schedule two conferences."""


class NoArea(Refused):
    """A conference of kind siko needs at least one area."""


class NoSections(Refused):
    """A motorway conference needs sections, and the authority's duty names none: give them."""


class DateInPast(Refused):
    """The start lies before the decision: choose a later one, or give effective_at to enter history."""


class Sunday(Refused):
    """No conference is on a Sunday: choose another day (`siko query scheduler free_days`)."""


class PublicHoliday(Refused):
    """The day is a public holiday in North Rhine-Westphalia: choose another one (`siko query scheduler free_days`)."""


class ConferenceAlreadyCancelled(Refused):
    """The conference was cancelled: schedule a new one."""


class ConferenceAlreadyHeld(Refused):
    """The conference was held; nothing is reopened."""


class HeldBeforeScheduled(Refused):
    """The conference's day has not come: reschedule it first if it meets earlier."""


class CompetenceOverlaps(Refused):
    """Competence is given in that time already: one debtor a day. Transfer it, or choose other days."""


class NoCompetence(Refused):
    """A body needs an area or a motorway authority that it is competent for."""


class DirectToSchoolOffice(Refused):
    """A school office is invited only via its district government (R12)."""


class NotADistrictGovernment(Refused):
    """`via` names a body that is no district government then."""


class WrongDistrict(Refused):
    """`via` is not the district government of the competent authority's district (R12)."""


class YearSealed(Refused):
    """The year is judged and sealed: its facts change only by a correction with a reason."""


class StillOpen(Refused):
    """The conference cannot be closed while something of it is open; details: what."""
