"""Mails that answer: sender, words and the calendar part of what a mailbox got, read with the standard library alone."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr

from pydantic import TypeAdapter, ValidationError
from siko_contracts.values import Value

from siko_itip.mailboxes import MailAddress
from siko_itip.replies import ReplyRefused, tidied_lines

CALENDARS = ("text/calendar", "application/ics")
BARE_CALENDAR = re.compile(rb"(\xef\xbb\xbf)?\s*BEGIN:VCALENDAR", re.IGNORECASE)
TAG = re.compile(r"<[^<>]*>")
ADDRESS: TypeAdapter[str] = TypeAdapter(MailAddress)


class Mail(Value):
    """What a message says; a bare calendar file has neither sender nor text."""

    is_mail: bool
    sender: str | None = None
    """Address of `From`; None where it is none or several."""
    text: str | None = None
    """Subject and words, for a person to read."""
    calendar: bytes | None = None
    charset: str = "utf-8"
    """Of the calendar."""
    is_automatic: bool = False
    """A program answered, such as an out-of-office notice (RFC 3834)."""


def read_mail(raw: bytes) -> Mail:
    """Read a mail (RFC 5322) or a bare calendar file. Raises ReplyRefused if it is neither."""
    if BARE_CALENDAR.match(raw):
        return Mail(is_mail=False, calendar=raw)
    try:
        return _read(message_from_bytes(raw, policy=policy.default))
    except Exception as error:  # a stranger's mail: the parser fails in every way
        raise ReplyRefused("no_mail") from error


def _read(message: EmailMessage) -> Mail:
    if "from" not in message:
        raise ReplyRefused("no_mail")
    parts = [part for part in message.walk() if part.get_content_type() in CALENDARS]
    parts.sort(key=lambda part: CALENDARS.index(part.get_content_type()))
    content = parts[0].get_payload(decode=True) if parts else None
    return Mail(
        is_mail=True,
        sender=_sender(message),
        text=_text(message),
        calendar=content if isinstance(content, bytes) else None,
        charset=parts[0].get_content_charset("utf-8") if parts else "utf-8",
        is_automatic=str(message.get("auto-submitted", "no")).strip().lower() != "no",
    )


def _sender(message: EmailMessage) -> str | None:
    senders = message.get_all("from", [])
    if len(senders) != 1 or len(senders[0].addresses) != 1:
        return None
    try:
        return ADDRESS.validate_python(parseaddr(str(senders[0]))[1])
    except ValidationError:
        return None


def _text(message: EmailMessage) -> str | None:
    """Subject and body. A body in an unknown or wrong encoding is left out: the mail itself is where it came from."""
    words = [str(message.get("subject", ""))]
    body = message.get_body(("plain", "html"))
    if body is not None:
        try:
            content = body.get_content()
        except (LookupError, UnicodeError, KeyError):
            content = ""
        is_html = body.get_content_type() == "text/html"
        words.append(TAG.sub(" ", content) if is_html else content)
    return tidied_lines("\n\n".join(words)) or None
