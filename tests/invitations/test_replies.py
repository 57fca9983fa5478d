"""What comes back by mail: a calendar's reply is the body's answer, all else is held and never lost. Cases I1 to I21."""

import json
from base64 import b64encode
from email.message import EmailMessage

import pytest
from siko_contracts.commands.invitations import (
    ImportReply,
    RecordAttendance,
    RemoveBody,
    Respond,
    SetContact,
    SettleReply,
    WithdrawInvitation,
)
from siko_contracts.events.invitations import (
    AttendanceRecorded,
    DeputyNamed,
    InvitationAccepted,
    InvitationDeclined,
    InvitationTentativelyAccepted,
    ReplyHeld,
    ReplySettled,
    ResponseInvalidated,
)
from siko_contracts.events.scheduler import (
    ConferenceCancelled,
    ConferenceOpened,
    ConferenceRescheduled,
)
from siko_itip.objects import uid_of

COURT = {"conference_id": "c1", "body_id": "ag-leverkusen"}
CONTACT = "poststelle@ag-leverkusen.example"
ALIAS = "direktion@ag-leverkusen.example"
STRANGER = "x@mail.example"
REPLIED, LATER, LAST = "20250201T080000Z", "20250202T080000Z", "20250203T080000Z"
LONGER = {"ends_at": "2025-05-06T17:00:00Z"}
MOVED = {"starts_at": "2025-06-06T09:00:00Z", "ends_at": "2025-06-06T11:00:00Z"}


def reply(
    partstat="ACCEPTED", *more, method="REPLY", attendee=CONTACT, stamp=REPLIED, sequence=0, **ids
):
    uid = uid_of(*(COURT | ids).values())
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//t//t//EN",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{stamp}",
        f"SEQUENCE:{sequence}",
        "ORGANIZER:mailto:siko@pp-koeln.example",
        f"ATTENDEE;PARTSTAT={partstat}:mailto:{attendee}",
        *more,
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(lines).encode()


def mail(calendar=None, sender=CONTACT, words="Wir kommen.", **headers):
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "siko@pp-koeln.example"
    message["Subject"] = "Zusage"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(words)
    if calendar is not None:
        message.add_alternative(
            calendar, maintype="text", subtype="calendar", params={"charset": "utf-8"}
        )
    return message.as_bytes()


def importing(raw, authority_id="pp-koeln"):
    return ImportReply(authority_id=authority_id, message=b64encode(raw).decode())


def takes(office, raw, **fields):
    """The reason for which it was held; None where it counts."""
    answer = office.does(importing(raw, **fields))
    reasons = [finding.rule for finding in answer.findings if finding.code == "ReplyRefused"]
    assert [each.cause for each in office.published(ReplyHeld)][-len(reasons) :] == reasons or (
        not reasons
    )
    return reasons[0] if reasons else None


@pytest.fixture
def asked(invited):
    """Invited, with a contact, and the day after the replies came."""
    for body_id in ("ag-leverkusen", "lg-koeln"):
        invited.does(SetContact(body_id=body_id, email=f"poststelle@{body_id}.example"))
    invited.now = "2025-02-10T09:00:00+01:00"
    return invited


def texts_of(office, reply_id):
    (held,) = office.application.events.get(reply_id)
    return {
        field: office.application.keyring.open(reply_id, field, getattr(held, field))
        for field in ("sender", "attendee", "text")
        if getattr(held, field) is not None
    }


@pytest.mark.parametrize(
    ("partstat", "contract"),
    [
        ("ACCEPTED", InvitationAccepted),
        ("TENTATIVE", InvitationTentativelyAccepted),
        ("DECLINED", InvitationDeclined),
    ],
)
@pytest.mark.parametrize("wrapped", [mail, bytes], ids=["mail", "bare calendar"])
def test_a_calendars_reply_is_the_answer_of_its_body(asked, partstat, contract, wrapped):
    assert takes(asked, wrapped(reply(partstat, "COMMENT:Mit Gruß"))) is None
    (published,) = asked.published(contract)
    assert (published.body_id, published.channel) == ("ag-leverkusen", "itip")
    invitation = asked.application.repository.get("invitation:c1:ag-leverkusen")
    comment = asked.application.keyring.open(invitation.id, "comment", invitation.comment)
    assert comment == "Mit Gruß"


def test_i1_an_alias_of_the_contacts_domain_answers_and_the_sender_is_noted_sealed(asked):
    assert takes(asked, mail(reply(attendee=ALIAS), sender=f"Direktion <{ALIAS}>")) is None
    assert asked.bodies(InvitationAccepted) == ["ag-leverkusen"]
    *_, accepted = asked.application.events.get("invitation:c1:ag-leverkusen")
    sender = accepted.origin.sender
    assert asked.application.keyring.open(accepted.originator_id, "origin.sender", sender) == ALIAS


def test_i1_the_same_uid_from_another_domain_is_held_and_its_words_are_kept(asked):
    answer = asked.does(importing(mail(reply(), sender=STRANGER, words="Ich komme auch.")))
    assert [(f.code, f.rule, f.body_id) for f in answer.findings] == [
        ("ReplyRefused", "forged", "ag-leverkusen")
    ]
    assert asked.published(InvitationAccepted) == []
    told = texts_of(asked, answer.id)
    assert (told["sender"], told["attendee"]) == (STRANGER, CONTACT)
    assert "Ich komme auch." in told["text"]


def test_i2_a_stranger_to_whom_the_invitation_was_forwarded_cannot_accept_it(asked):
    raw = mail(reply(attendee=STRANGER), sender=STRANGER)
    assert takes(asked, raw) == "foreign"
    assert asked.published(InvitationAccepted) == []
    (held,) = asked.published(ReplyHeld)
    assert (held.conference_id, held.body_id, held.answer) == ("c1", "ag-leverkusen", "accepted")


def test_i3_a_reply_may_raise_the_sequence_and_ours_does_not_come_from_it(asked):
    assert takes(asked, mail(reply(sequence=7))) is None
    asked.hears_of_conference(ConferenceRescheduled, state="CONVENED", **MOVED)
    assert takes(asked, mail(reply("DECLINED", sequence=1, stamp=LATER))) is None


def test_i5_a_new_start_reopens_the_answer_and_another_room_does_not(asked):
    takes(asked, mail(reply()))
    asked.hears_of_conference(ConferenceRescheduled, state="CONVENED", place="Saal 2")
    assert asked.published(ResponseInvalidated) == []
    assert takes(asked, mail(reply(stamp=LATER))) is None
    asked.hears_of_conference(ConferenceRescheduled, state="CONVENED", **MOVED)
    assert asked.bodies(ResponseInvalidated) == ["ag-leverkusen"]
    assert takes(asked, mail(reply(stamp=LAST))) == "stale"
    assert takes(asked, mail(reply(stamp=LAST, sequence=1))) is None


def test_i5_another_end_is_another_edition_as_in_the_calendar_that_was_sent(asked):
    asked.hears_of_conference(ConferenceRescheduled, state="CONVENED", **LONGER)
    asked.hears_of_conference(ConferenceRescheduled, state="CONVENED", **MOVED)
    assert takes(asked, mail(reply(sequence=1))) == "stale"
    assert takes(asked, mail(reply(sequence=2, stamp=LATER))) is None


def test_i5_two_moves_that_were_written_as_one_are_one_edition(asked):
    asked.does(RemoveBody(conference_id="c1", body_id="hza-koeln", reason="x"))
    asked.hears_of_conference(ConferenceRescheduled, state="CONVENED", **LONGER)
    asked.hears_of_conference(ConferenceRescheduled, state="CONVENED", **MOVED)
    assert takes(asked, mail(reply())) == "stale"
    assert takes(asked, mail(reply(sequence=1, stamp=LATER))) is None


def test_i15_an_out_of_office_notice_is_noted_and_is_no_answer(asked):
    notice = mail(words="Ich bin abwesend.", Auto_Submitted="auto-replied")
    assert takes(asked, notice) == "automatic"
    assert asked.published(InvitationAccepted) == []


def test_i18_a_deputy_who_was_delegated_to_and_did_not_come_leaves_the_body_absent(asked):
    delegate = "vertretung@ag-leverkusen.example"
    raw = reply(
        f'DELEGATED;DELEGATED-TO="mailto:{delegate}"',
        f'ATTENDEE;CN="M. Muster";DELEGATED-FROM="mailto:{CONTACT}":mailto:{delegate}',
        "COMMENT:Bin verhindert.",
    )
    assert takes(asked, mail(raw)) is None
    (named,) = asked.published(DeputyNamed)
    assert (named.body_id, named.level, named.channel) == ("ag-leverkusen", "other", "itip")
    asked.hears_that(ConferenceOpened)
    asked.does(RecordAttendance(**COURT, attended=False))
    (recorded,) = asked.published(AttendanceRecorded)
    assert not recorded.attended


def test_r15_a_delegate_of_another_domain_is_no_deputy_of_the_body(asked):
    raw = reply(
        f'DELEGATED;DELEGATED-TO="mailto:{STRANGER}"',
        f'ATTENDEE;DELEGATED-FROM="mailto:{CONTACT}":mailto:{STRANGER}',
    )
    answer = asked.does(importing(mail(raw)))
    assert answer.findings[0].rule == "foreign_deputy"
    assert STRANGER in texts_of(asked, answer.id)["text"]


def test_a_counter_is_a_tentative_answer_with_the_proposal_in_its_comment(asked):
    times = ("DTSTART:20250507T090000Z", "DTEND:20250507T110000Z", "COMMENT:Lieber am Tag danach")
    assert takes(asked, mail(reply("TENTATIVE", *times, method="COUNTER"))) is None
    assert asked.bodies(InvitationTentativelyAccepted) == ["ag-leverkusen"]
    invitation = asked.application.repository.get("invitation:c1:ag-leverkusen")
    comment = asked.application.keyring.open(invitation.id, "comment", invitation.comment)
    assert comment == "Lieber am Tag danach\nVorschlag: 07.05.2025 11:00 bis 13:00 Uhr"


@pytest.mark.parametrize(
    ("later", "reason"),
    [
        (reply(), "duplicate"),
        (reply("DECLINED"), "duplicate"),
        (reply("DECLINED", stamp="20250131T080000Z"), "stale"),
        (reply("DECLINED", stamp=LATER), None),
        (reply("ACCEPTED", stamp=LATER), None),
    ],
)
def test_a_reply_that_came_before_or_was_made_before_the_last_is_held(asked, later, reason):
    assert takes(asked, mail(reply())) is None
    assert takes(asked, mail(later)) == reason


def test_a_reply_from_the_future_does_not_shut_out_those_that_come_later(asked):
    assert takes(asked, mail(reply(stamp="21500101T000000Z"))) is None
    asked.now = "2025-02-11T09:00:00+01:00"
    assert takes(asked, mail(reply("DECLINED", stamp="20250211T070000Z"))) is None


def test_r14_the_last_answer_counts_by_whichever_way_it_came(asked):
    takes(asked, mail(reply()))
    asked.does(Respond(**COURT, answer="declined", channel="phone"))
    assert takes(asked, mail(reply(stamp=LATER))) is None
    assert len(asked.published(InvitationAccepted)) == 2


def test_r16_a_reply_after_the_start_is_held(asked):
    asked.now = "2025-05-06T11:30:00+02:00"
    assert takes(asked, mail(reply())) == "after_start"


@pytest.mark.parametrize("ended", ["withdrawn", "cancelled"])
def test_a_reply_to_an_invitation_that_was_withdrawn_or_cancelled_is_held(asked, ended):
    if ended == "withdrawn":
        asked.does(WithdrawInvitation(**COURT, reason="Irrtum"))
    else:
        asked.hears_that(ConferenceCancelled)
    assert takes(asked, mail(reply())) == "withdrawn"


def test_a_reply_of_who_is_not_invited_or_of_no_conference_is_held_and_tells_no_strangers_word(
    asked,
):
    assert takes(asked, mail(reply(body_id="stadt-bonn"))) == "not_invited"
    assert takes(asked, mail(reply(conference_id="Klara-Muster"))) == "unknown_conference"
    published = json.dumps([each.model_dump(mode="json") for each in asked.contracts])
    assert "stadt-bonn" not in published
    assert "Klara-Muster" not in published


def test_the_conference_of_another_authority_is_as_one_that_there_is_not(asked):
    asked.hears_of_authority("pp-bonn")
    assert takes(asked, mail(reply()), authority_id="pp-bonn") == "unknown_conference"
    (held,) = asked.published(ReplyHeld)
    assert (held.authority_id, held.conference_id) == ("pp-bonn", None)


def test_a_body_without_a_mail_address_cannot_be_told_from_strangers(invited):
    assert takes(invited, mail(reply())) == "no_contact"


def test_a_plain_mail_is_kept_to_be_read(asked):
    answer = asked.does(importing(mail(words="Wir kommen zu zweit.\nGrüße")))
    assert answer.findings[0].rule == "to_be_read"
    told = texts_of(asked, answer.id)
    assert (told["sender"], told["text"]) == (CONTACT, "Zusage\n\nWir kommen zu zweit.\nGrüße")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"\x00\x01 no mail at all", "no_mail"),
        (mail(b"BEGIN:VCALENDAR\r\nnonsense"), "no_calendar"),
        (mail(reply().replace(b"@siko", b"@elsewhere.example")), "foreign_uid"),
        (mail(reply(method="REQUEST")), "no_reply"),
        (mail(reply("NEEDS-ACTION")), "no_answer"),
        (mail(reply("ACCEPTED", "RRULE:FREQ=DAILY")), "recurring"),
        (mail(reply("ACCEPTED", *["ATTENDEE:mailto:a@b"] * 10_000)), "too_many_attendees"),
        (mail(reply("ACCEPTED", "COMMENT:" + "x" * 300_000)), "too_large"),
        (mail(b"BEGIN:X\r\n" * 20_000), "several_events"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_i21_what_is_no_reply_is_held_by_name_whatever_the_file_is(asked, raw, reason):
    assert takes(asked, raw) == reason
    assert asked.published(InvitationAccepted) == []


def test_a_message_that_is_no_base64_is_refused():
    with pytest.raises(ValueError, match="message"):
        ImportReply(authority_id="pp-koeln", message="ä" * 8)


def test_two_senders_or_none_are_no_sender(asked):
    both = mail(reply()).replace(b"From: ", b"From: x@mail.example, ")
    assert takes(asked, both) == "forged"


def test_a_held_reply_is_settled_once(asked):
    held = asked.does(importing(mail()))
    for _ in range(2):
        asked.does(SettleReply(reply_id=held.id))
    assert [each.reply_id for each in asked.published(ReplySettled)] == [held.id]


def test_neither_addresses_nor_words_are_published(asked):
    takes(asked, mail(reply("ACCEPTED", "COMMENT:Kanarienvogel"), words="Kanarienvogel"))
    takes(asked, mail(sender="kanarienvogel@mail.example", words="Kanarienvogel"))
    published = json.dumps([each.model_dump(mode="json") for each in asked.contracts])
    for secret in ("anarienvogel", "poststelle@", "mail.example"):
        assert secret not in published
