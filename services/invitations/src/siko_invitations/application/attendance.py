"""Commands on attendance: who came. Only once the conference has been opened, so that its list is frozen."""

from siko_contracts.commands.invitations import CorrectAttendance, RecordAttendance
from siko_core.eventsourced.application import Saved

from siko_invitations.application import Invitations


def record_attendance(invitations: Invitations, command: RecordAttendance) -> Saved:
    invitation_list = invitations.list_of(command.conference_id)
    invitation_list.ensure_frozen()
    invitation = invitations.invitation_of(invitation_list, command.body_id)
    invitation.record_attendance(command.level, attended=command.attended)
    return invitations.save(invitation)


def correct_attendance(invitations: Invitations, command: CorrectAttendance) -> Saved:
    invitation_list = invitations.list_of(command.conference_id)
    invitation_list.ensure_frozen()
    invitation = invitations.invitation_of(invitation_list, command.body_id)
    error = invitations.keyring.seal(invitation.id, "error", command.error)
    invitation.correct_attendance(command.level, error, attended=command.attended)
    return invitations.save(invitation)
