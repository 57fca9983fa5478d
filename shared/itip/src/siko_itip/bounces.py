"""What mail servers report of a mail that came back (RFC 3464), read into plain data, or refused by name."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from typing import Any, Literal

from siko_contracts.values import Value
from siko_core.refusals import Refused

from siko_itip.message_ids import event_id_in

MOST_BYTES = 5 * 1024 * 1024
"""A report may hold the whole mail with its PDF."""
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
Reason = Literal["too_large", "no_report", "not_failed", "no_letter"]


class BounceRefused(Refused):
    """The file is no report that a mail of ours could not be delivered; details: reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"no report about a mail of ours: {reason}", reason=reason)
        self.reason: Reason = reason


class Bounce(Value):
    """`letter`: id of the event with which the letter was written. `code`: a status of RFC 3463, and none of the text."""

    letter: str
    code: str


def read_bounce(raw: bytes) -> Bounce:
    """Read a report. Raises BounceRefused, and nothing else."""
    if len(raw) > MOST_BYTES:
        raise BounceRefused("too_large")
    try:
        return _read(message_from_bytes(raw, policy=default))
    except BounceRefused:
        raise
    except Exception as error:  # a stranger's file: the parser fails in every way
        raise BounceRefused("no_report") from error


def _read(report: "Message[Any, Any]") -> Bounce:
    if report.get_content_type() != "multipart/report" or not isinstance(report, EmailMessage):
        raise BounceRefused("no_report")
    failed = [
        status[0]
        for fields in _recipients(report)
        if str(fields.get("Action", "")).strip().lower() == "failed"
        and (status := STATUS.match(str(fields.get("Status", "")).strip()))
    ]
    if not failed:
        raise BounceRefused("not_failed")
    letter = next((id_ for id_ in map(event_id_in, _returned_ids(report)) if id_), None)
    if letter is None:
        raise BounceRefused("no_letter")
    return Bounce(letter=letter, code=failed[0])


def _recipients(report: EmailMessage) -> "Iterator[Message[Any, Any]]":
    """The groups of fields of `message/delivery-status`; the first is about the message, each other about a recipient."""
    for part in report.walk():
        if part.get_content_type() == "message/delivery-status":
            groups: Any = part.get_payload()
            yield from groups if isinstance(groups, list) else ()


def _returned_ids(report: EmailMessage) -> Iterator[str]:
    """Message-IDs of the mail that came back: whole, or its headers alone."""
    for part in report.walk():
        if part.get_content_type() == "message/rfc822":
            returned: Any = part.get_payload(0)
            yield str(returned.get("Message-ID", ""))
        elif part.get_content_type() == "text/rfc822-headers":
            raw: Any = part.get_payload(decode=True)
            yield str(message_from_bytes(raw or b"", policy=default).get("Message-ID", ""))
