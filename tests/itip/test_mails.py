"""Mails as programs send them: sender, words and the calendar part, and nothing that a stranger's mail can break."""

from contextlib import suppress
from email.message import EmailMessage

import pytest
from siko_itip.mails import read_mail
from siko_itip.replies import ReplyRefused, read_reply

from .test_replies import answered_by_ical_js, reply

CALENDAR = "Content-Type: text/calendar; method=REPLY; charset={charset}\r\n\r\n"
HEAD = (
    "From: Leitung <Poststelle@AG-Leverkusen.example>\r\nSubject: Zusage\r\nMIME-Version: 1.0\r\n"
)


def written(*parts: bytes, head: str = HEAD) -> bytes:
    """A multipart mail as a program writes it, byte by byte."""
    body = b"".join(b"--x\r\n" + part + b"\r\n" for part in parts)
    begin = head + 'Content-Type: multipart/alternative; boundary="x"\r\n\r\n'
    return begin.encode() + body + b"--x--\r\n"


def calendar(raw: bytes, charset: str = "utf-8") -> bytes:
    return CALENDAR.format(charset=charset).encode() + raw


TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + "Grüße".encode()


def test_a_reply_that_ical_js_made_comes_through_a_mail_unchanged():
    raw = answered_by_ical_js(partstat="DECLINED", comment="Grüße; bis dann\nSaal 2?" * 20)
    mail = read_mail(written(TEXT, calendar(raw)))
    assert mail.calendar is not None
    assert read_reply(mail.calendar, mail.charset) == read_reply(raw)
    assert mail.sender == "Poststelle@ag-leverkusen.example"
    assert mail.text == "Zusage\n\nGrüße"


@pytest.mark.parametrize("order", [1, -1])
def test_the_calendar_part_goes_before_a_file_that_is_attached(order):
    attached = b"Content-Type: application/ics\r\nContent-Disposition: attachment\r\n\r\nother"
    mail = read_mail(written(*[calendar(reply()), attached][::order]))
    assert mail.calendar is not None
    assert mail.calendar.startswith(b"BEGIN:VCALENDAR")


def test_a_reply_that_is_only_attached_is_found():
    message = EmailMessage()
    message["From"] = "x@mail.example"
    message.set_content("Zusage")
    message.add_attachment(reply(), maintype="application", subtype="ics")
    assert read_mail(message.as_bytes()).calendar == reply()


def test_the_charset_is_that_of_the_part():
    raw = reply("REPLY", "COMMENT:Grüße").decode().encode("windows-1252")
    mail = read_mail(written(calendar(raw, "windows-1252")))
    assert mail.charset == "windows-1252"
    assert read_reply(mail.calendar or b"", mail.charset).comment == "Grüße"


def test_a_bare_calendar_file_has_no_sender():
    mail = read_mail(b"\xef\xbb\xbf" + reply())
    assert (mail.is_mail, mail.sender) == (False, None)


@pytest.mark.parametrize(
    ("value", "automatic"),
    [(None, False), ("no", False), ("auto-replied", True), ("Auto-Generated; x=y", True)],
)
def test_rfc_3834_says_what_a_program_has_answered(value, automatic):
    head = HEAD + (f"Auto-Submitted: {value}\r\n" if value else "")
    assert read_mail(written(TEXT, head=head)).is_automatic is automatic


@pytest.mark.parametrize(
    "sender",
    [
        "",
        "nobody",
        "a@b.example, c@d.example",
        "a@b.example\r\nFrom: c@d.example",
    ],
)
def test_who_cannot_be_told_is_no_sender(sender):
    assert read_mail(f"From: {sender}\r\n\r\nText".encode()).sender is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 100,
        b"Subject: nobody sent it\r\n\r\n",
        b"\xff\xfe" * 100,
        b"From: =?utf-8?q?x=0D=0ABcc:_evil@e.example?=\r\n\r\n",
    ],
    ids=["empty", "zeros", "no sender", "bytes", "a line break in an encoded word"],
)
def test_what_is_no_mail_is_refused_by_name(raw):
    with pytest.raises(ReplyRefused) as refused:
        read_mail(raw)
    assert refused.value.reason == "no_mail"


def test_parts_within_parts_without_end_are_refused_or_read():
    deep = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n)
        for n in range(5_000)
    )
    with suppress(ReplyRefused):
        assert read_mail(b"From: a@b.example\r\n" + deep).calendar is None


@pytest.mark.parametrize("words", ["<" * 400_000, "<p>" * 100_000 + "Ja</p>"])
def test_a_body_of_tags_alone_is_read_at_once(words):
    html = f"From: a@b.example\r\nContent-Type: text/html\r\n\r\n{words}".encode()
    assert read_mail(html).text is not None


def test_a_body_in_a_charset_that_there_is_not_leaves_the_subject():
    head = HEAD + "Content-Type: text/plain; charset=x-nowhere\r\n\r\nText"
    assert (read_mail(head.encode()).text or "").startswith("Zusage")
