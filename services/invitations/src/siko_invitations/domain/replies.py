"""Which reply of a calendar counts as an answer: it is the body's own, of the present edition, and newer than the last.

Source: RFC 5546, 2.1.4 (SEQUENCE and DTSTAMP) and 6.1 (who may reply).
"""

from typing import Literal

from siko_core.refusals import Refused

from siko_invitations.domain.participation import ReplyMark

NotCounted = Literal[
    "unknown_conference",
    "no_contact",
    "foreign",
    "forged",
    "foreign_deputy",
    "stale",
    "duplicate",
]


class ReplyRefused(Refused):
    """The reply does not count; it is held for the secretariat. Details: reason."""

    def __init__(self, reason: NotCounted) -> None:
        super().__init__(reason=reason)
        self.reason = reason


def ensure_own(attendee: str, sender: str | None, contact: str, *, is_mail: bool) -> None:
    """Attendee and sender have the contact's address or another of its domain.

    A bare calendar file has no sender: who imports it vouches for it.
    """
    if not is_of(attendee, contact):
        raise ReplyRefused("foreign")
    if is_mail and (sender is None or not is_of(sender, contact)):
        raise ReplyRefused("forged")


def is_of(address: str, contact: str) -> bool:
    """Whether they are one address, or two of one domain; mailboxes are compared without regard to case."""
    domain = domain_of(contact)
    return domain != "" and domain_of(address) == domain


def domain_of(address: str) -> str:
    return address.strip().rpartition("@")[2].casefold() if "@" in address else ""


def ensure_present(mark: ReplyMark, last: ReplyMark | None, sequence: int) -> None:
    """`sequence`: that of the present edition. A calendar may say more, for some raise it with their answer."""
    if last is not None and mark.stamp == last.stamp:
        raise ReplyRefused("duplicate")
    if mark.sequence < sequence or (last is not None and mark.stamp < last.stamp):
        raise ReplyRefused("stale")
