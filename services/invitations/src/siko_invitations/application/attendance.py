"""Who came."""

from siko_contracts.commands.invitations import CorrectAttendance, RecordAttendance
from siko_core.eventsourced import Saved

from siko_invitations.application.lookup import Lookup


class AttendanceCommands(Lookup):
    """Once the conference has been opened, and so its list is frozen."""

    def record_attendance(self, command: RecordAttendance) -> Saved:
        invitations = self.list_of(command.conference_id)
        invitations.ensure_frozen()
        invitation = self.invitation_of(invitations, command.body_id)
        invitation.record_attendance(command.level, attended=command.attended)
        return self.save(invitation)

    def correct_attendance(self, command: CorrectAttendance) -> Saved:
        invitations = self.list_of(command.conference_id)
        invitations.ensure_frozen()
        invitation = self.invitation_of(invitations, command.body_id)
        error = self.keyring.seal(invitation.id, "error", command.error)
        invitation.correct_attendance(command.level, error, attended=command.attended)
        return self.save(invitation)
