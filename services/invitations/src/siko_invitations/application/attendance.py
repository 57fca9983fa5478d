"""Commands on attendance: who came. Only once the conference has been opened, so that its list is frozen."""

from siko_contracts.commands.invitations import (
    CorrectAttendance,
    RecordAttendance,
    RecordAttendances,
)
from siko_core.eventsourced.application import Saved
from siko_core.refusals import InvalidCommand, Refused

from siko_invitations.application import Invitations


def record_attendance(invitations: Invitations, command: RecordAttendance) -> Saved:
    invitation_list = invitations.list_of(command.conference_id)
    invitation_list.ensure_frozen()
    invitation = invitations.invitation_of(invitation_list, command.body_id)
    invitation.record_attendance(command.level, attended=command.attended)
    return invitations.save(invitation)


def record_attendances(invitations: Invitations, command: RecordAttendances) -> Saved:
    """All or nothing: the refusal is that of the first entry that cannot be recorded, and `entry` is its place."""
    invitation_list = invitations.list_of(command.conference_id)
    invitation_list.ensure_frozen()
    recorded = {}
    for place, entry in enumerate(command.attendances):
        try:
            if entry.body_id in recorded:
                raise InvalidCommand(body_id="the body is named twice")
            invitation = invitations.invitation_of(invitation_list, entry.body_id)
            invitation.record_attendance(entry.level, attended=entry.attended)
        except Refused as refused:
            refused.details["entry"] = place
            raise
        recorded[entry.body_id] = invitation
    return invitations.save(*recorded.values())


def correct_attendance(invitations: Invitations, command: CorrectAttendance) -> Saved:
    invitation_list = invitations.list_of(command.conference_id)
    invitation_list.ensure_frozen()
    invitation = invitations.invitation_of(invitation_list, command.body_id)
    error = invitations.keyring.seal(invitation.id, "error", command.error)
    invitation.correct_attendance(command.level, error, attended=command.attended)
    return invitations.save(invitation)
