"""The application of invitations: its commands, and its reactions to the scheduler."""

from siko_invitations.application.answers import AnswerCommands
from siko_invitations.application.attendance import AttendanceCommands
from siko_invitations.application.contacts import ContactCommands
from siko_invitations.application.dispatch import DispatchCommands
from siko_invitations.application.lists import ListCommands
from siko_invitations.application.policy import Policy

__all__ = ["Invitations"]


class Invitations(
    ContactCommands, ListCommands, DispatchCommands, AnswerCommands, AttendanceCommands, Policy
):
    """Invites the bodies that the scheduler found competent, and judges coverage."""

    name = "invitations"
