"""Why invitations refuse a command (contracts §4); the class name is the code."""

from siko_core.refusals import Refused


class DirectToSchoolOffice(Refused):
    """A school office is invited through its district government only: correct its route in the register."""


class WrongDistrict(Refused):
    """Only the district government that is competent for this body forwards to it; details: via."""


class DuplicateBody(Refused):
    """The body is on this conference's list already."""


class UnknownBody(Refused):
    """The register has closed this body before the conference: name the one that took over."""


class NotChecked(Refused):
    """The list has changed since its last check: run check_coverage, then release."""


class GapNotAccepted(Refused):
    """Bodies are missing from the list: add them, or accept each gap with a reason; details: gaps."""


class ListFrozen(Refused):
    """The conference has been opened, its list can no longer change: correct the attendance instead."""


class AnswerAfterStart(Refused):
    """The conference has begun: who came is recorded by record_attendance and correct_attendance."""


class DeputyOfDeputy(Refused):
    """A deputy names no deputy: the body's leadership does."""


class ForeignDeputy(Refused):
    """A deputy belongs to the body it stands for: name someone of the same body."""


class InvitationWithdrawn(Refused):
    """The invitation has been withdrawn: add the body again and release the list."""


class NotInvited(Refused):
    """The body has no invitation to this conference: add it and release the list."""


class UnknownAnswerLink(Refused):
    """There is no such answer link: take it whole from the invitation."""


class AnswerLinkRevoked(Refused):
    """The answer link was revoked: ask the secretariat for a new one, or answer by mail or phone."""


class NotAffected(Refused):
    """The motorway does not affect this body: register its motorway authority first."""


class NobodyInvited(Refused):
    """A list without a body cannot be released: add at least one."""


class SubjectNotNeutral(Refused):
    """A subject is read by many on its way: say it in neutral words, areas and dates; details: field, word (its place)."""
