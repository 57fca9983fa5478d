"""Reports about mails that came back, as Postfix, Exchange and others write them; and what is none."""

from email.message import EmailMessage

import pytest
from siko_itip.bounces import MOST_BYTES, BounceRefused, read_bounce
from siko_itip.message_ids import event_id_in, message_id

LETTER = "correspondence:0193a1c2-7d3e-7f00-8000-000000000001:ag-leverkusen@2"
ID = message_id("pp-koeln", LETTER)


def report(
    action: str = "failed",
    status: str = "5.1.1",
    message_id: str = ID,
    returned: str = "message/rfc822",
) -> bytes:
    """As RFC 3464 has it: words for people, fields for programs, and the mail or its headers."""
    original = (
        f"From: siko@pp-koeln.example\nMessage-ID: {message_id}\nSubject: Einladung\n\nText\n"
    )
    if returned == "text/rfc822-headers":
        original = original.partition("\n\n")[0] + "\n"
    return (
        "From: MAILER-DAEMON@mail.example\nTo: siko@pp-koeln.example\nSubject: Undelivered\n"
        "MIME-Version: 1.0\nAuto-Submitted: auto-replied\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain; charset=utf-8\n\nFrau Muster kennt hier niemand.\n\n"
        "--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mail.example\n\n"
        f"Final-Recipient: rfc822; poststelle@ag-leverkusen.example\nAction: {action}\n"
        f"Status: {status} (unknown)\nDiagnostic-Code: smtp; 550 Frau Muster\n\n"
        f"--b\nContent-Type: {returned}\n\n{original}\n--b--\n"
    ).encode()


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers"])
def test_a_report_names_the_letter_and_the_code_and_nothing_else(returned: str):
    bounce = read_bounce(report(returned=returned))
    assert bounce.model_dump() == {"letter": LETTER, "code": "5.1.1"}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "no_report"),
        (b"\x00\xff" * 50, "no_report"),
        (EmailMessage().as_bytes(), "no_report"),
        (report(action="delayed", status="4.4.1"), "not_failed"),
        (report(action="delivered", status="2.0.0"), "not_failed"),
        (report(status="kaputt"), "not_failed"),
        (report(message_id="<x@mail.example>"), "no_letter"),
        (b"x" * (MOST_BYTES + 1), "too_large"),
    ],
)
def test_what_is_no_report_about_a_mail_of_ours_is_refused_by_name(raw: bytes, reason: str):
    with pytest.raises(BounceRefused) as refused:
        read_bounce(raw)
    assert refused.value.reason == reason


def test_i15_an_out_of_office_answer_is_no_report():
    answer = EmailMessage()
    answer["Subject"] = "Abwesend: Re: Einladung"
    answer["Auto-Submitted"] = "auto-replied"
    answer["In-Reply-To"] = ID
    answer.set_content("Ich bin nicht da.")
    with pytest.raises(BounceRefused):
        read_bounce(answer.as_bytes())


@pytest.mark.parametrize("event_id", [LETTER, "correspondence:Köln 1%:stadt-köln@17", "a:b.2@3"])
def test_a_message_id_is_read_back_to_the_id_of_its_event(event_id: str):
    made = message_id("pp-koeln", event_id)
    assert made.isascii()
    assert " " not in made
    assert event_id_in(made) == event_id


def test_a_message_id_of_others_is_none_of_ours():
    for foreign in ("", "<a@b>", "<correspondence.a.b.x@pp-koeln.siko.internal>", ID[1:]):
        assert event_id_in(foreign) is None
