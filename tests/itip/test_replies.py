"""What calendars answer, read into data; and what comes that is no answer, refused by name."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from siko_itip.objects import Times, request, sequence_of, uid_of
from siko_itip.replies import MOST_BYTES, ReplyRefused, read_reply

from tests.node import run_node

from .conftest import BODY, CONFERENCE, SUMMER, appointment

REPLIED = datetime(2027, 3, 2, 9, 30, tzinfo=UTC)
LINES = {
    "UID": uid_of(CONFERENCE, BODY),
    "DTSTAMP": "20270302T093000Z",
    "SEQUENCE": "0",
    "ORGANIZER": "mailto:siko@pp-koeln.example",
    "ATTENDEE;PARTSTAT=ACCEPTED": "mailto:poststelle@ag-leverkusen.example",
}


def reply(method: str = "REPLY", *more: str, without: str = "", **other: str) -> bytes:
    """A reply as a calendar sends it: lines of LINES, others of the same name instead, and more."""
    lines = {name: value for name, value in LINES.items() if name.partition(";")[0] != without}
    event = [f"{name}:{value}" for name, value in (lines | other).items()]
    calendar = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//t//t//EN", f"METHOD:{method}"]
    file = [*calendar, "BEGIN:VEVENT", *event, *more, "END:VEVENT", "END:VCALENDAR", ""]
    return "\r\n".join(file).encode()


def refused(raw: bytes, charset: str = "utf-8") -> str:
    with pytest.raises(ReplyRefused) as refusal:
        read_reply(raw, charset)
    assert refusal.value.code == "ReplyRefused"
    assert refusal.value.details == {"reason": refusal.value.reason}
    return refusal.value.reason


def test_an_acceptance_is_read():
    read = read_reply(reply())
    assert (read.conference_id, read.body_id) == (CONFERENCE, BODY)
    assert (read.method, read.answer) == ("REPLY", "accepted")
    assert read.attendee == "poststelle@ag-leverkusen.example"
    assert (read.sequence, read.stamp) == (0, REPLIED)
    assert (read.comment, read.delegate, read.proposal) == (None, None, None)


@pytest.mark.parametrize(
    ("partstat", "answer"),
    [("ACCEPTED", "accepted"), ("TENTATIVE", "tentative"), ("DECLINED", "declined")],
)
def test_what_a_second_implementation_answers_to_our_invitation_is_read(partstat: str, answer: str):
    read = read_reply(
        answered_by_ical_js(
            partstat=partstat, comment='Grüße, "bis dann"; Müller\nSaal 2? Größe?' * 5
        )
    )
    assert read.answer == answer
    assert (read.conference_id, read.body_id) == (CONFERENCE, BODY)
    assert read.comment == 'Grüße, "bis dann"; Müller\nSaal 2? Größe?' * 5


def test_a_delegation_names_the_deputy_by_address_and_name():
    delegate = {"email": "vize@ag-leverkusen.example", "name": "Dr. Ünal, Jörg"}
    read = read_reply(answered_by_ical_js(partstat="DELEGATED", delegate=delegate))
    assert read.answer == "delegated"
    assert read.attendee == "poststelle@ag-leverkusen.example"
    assert read.delegate is not None
    assert read.delegate.model_dump() == delegate


def answered_by_ical_js(**answer: Any) -> bytes:
    given = {
        "request": request(appointment()).content.decode(),
        "attendee": "poststelle@ag-leverkusen.example",
        "stamp": "2027-03-02T09:30:00Z",
    }
    return run_node("reply.js", json.dumps(given | answer)).encode()


OF_PROGRAMS = {
    "Outlook": (
        "COMMENT;LANGUAGE=de-DE:Ich komme.\\n",
        "DTSTART;TZID=W. Europe Standard Time:20270701T090000",
        "DTEND;TZID=W. Europe Standard Time:20270701T120000",
        "CLASS:PUBLIC",
        "PRIORITY:5",
        "TRANSP:OPAQUE",
        "X-MICROSOFT-CDO-APPT-SEQUENCE:0",
        "X-MICROSOFT-CDO-BUSYSTATUS:BUSY",
        "SUMMARY;LANGUAGE=de-DE:Zugesagt: Sicherheitskonferenz",
    ),
    "Google": (
        "DTSTART:20270701T070000Z",
        "DTEND:20270701T100000Z",
        "CREATED:20270301T080000Z",
        "LAST-MODIFIED:20270302T093000Z",
        "COMMENT:Ich komme.",
        "SUMMARY:Sicherheitskonferenz",
    ),
    "Thunderbird": (
        "COMMENT:Ich komme.",
        "X-MOZ-RECEIVED-SEQUENCE:0",
        "REQUEST-STATUS:2.0;Success",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-PT15M",
        "END:VALARM",
    ),
}
"""What these programs add to a reply."""


@pytest.mark.parametrize("program", OF_PROGRAMS)
def test_what_programs_add_to_a_reply_hinders_nothing(program: str):
    attendee = (
        "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;CN=Amt;X-NUM-GUESTS=0"
    )
    lines = (*OF_PROGRAMS[program], f"{attendee}:MAILTO:poststelle@ag-leverkusen.example")
    read = read_reply(reply("REPLY", *lines, without="ATTENDEE"))
    assert (read.answer, read.comment) == ("accepted", "Ich komme.")
    assert read.attendee == "poststelle@ag-leverkusen.example"


def test_i1_an_alias_is_told_as_it_is_for_who_knows_the_contact_to_judge():
    alias = {"ATTENDEE;PARTSTAT=ACCEPTED": "MAILTO:Direktion@AG-Leverkusen.Example"}
    assert read_reply(reply(**alias)).attendee == "Direktion@ag-leverkusen.example"


def test_i3_a_replys_sequence_is_told_and_never_becomes_ours():
    assert read_reply(reply(SEQUENCE="7")).sequence == 7
    moved = Times(starts_at=SUMMER.starts_at + timedelta(days=1), ends_at=SUMMER.ends_at)
    assert sequence_of([SUMMER, moved]) == 1


def test_a_counter_is_a_tentative_answer_with_its_proposal():
    times = ("DTSTART;TZID=Europe/Berlin:20270702T090000", "DTEND:20270702T100000Z")
    read = read_reply(reply("COUNTER", *times, "COMMENT:Lieber am Freitag"))
    assert (read.method, read.answer, read.comment) == ("COUNTER", "tentative", "Lieber am Freitag")
    assert read.proposal == Times(
        starts_at=datetime(2027, 7, 2, 7, tzinfo=UTC), ends_at=datetime(2027, 7, 2, 10, tzinfo=UTC)
    )
    assert refused(reply("COUNTER")) == "no_time"
    assert (
        refused(reply("COUNTER", "DTSTART:20270702T090000", "DTEND:20270702T100000")) == "no_time"
    )


def test_an_umlaut_that_a_fold_has_split_is_whole_again():
    whole = reply("REPLY", "COMMENT:Schöne Grüße")
    umlaut = whole.index("ü".encode())
    folded = whole[: umlaut + 1] + b"\r\n " + whole[umlaut + 1 :]
    assert read_reply(folded).comment == "Schöne Grüße"


def test_a_text_comes_as_commands_take_it():
    comment = "Gru\u0308ße\\nmit\u200b \u202eUnsichtbarem\x07"
    assert read_reply(reply("REPLY", f"COMMENT:{comment}")).comment == "Grüße\nmit Unsichtbarem"


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "utf-16"])
def test_another_encoding_is_read_where_the_mail_declares_it(charset: str):
    raw = reply("REPLY", "COMMENT:Grüße").decode().encode(charset)
    assert read_reply(raw, charset).comment == "Grüße"


def test_another_encoding_is_refused_where_the_mail_does_not_declare_it():
    raw = reply("REPLY", "COMMENT:Grüße").decode().encode("iso-8859-1")
    assert refused(raw) == "encoding"
    assert refused(raw, "x-unknown") == "encoding"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "no_calendar"),
        (b"%PDF-1.7", "no_calendar"),
        (b"BEGIN:VCALENDAR", "no_calendar"),
        (b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", "no_calendar"),
        (b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n", "no_calendar"),
        (reply("REQUEST"), "no_reply"),
        (reply("CANCEL"), "no_reply"),
        (reply("REPLY", "RRULE:FREQ=DAILY"), "recurring"),
        (reply("REPLY", "RECURRENCE-ID:20270701T070000Z"), "recurring"),
        (reply("REPLY", "END:VEVENT", "BEGIN:VEVENT", "UID:2"), "several_events"),
        (reply("REPLY", "END:VEVENT", "BEGIN:VTODO", "UID:2", "END:VTODO", "BEGIN:VEVENT"), "several_events"),
        (reply(UID="something@calendar.example"), "foreign_uid"),
        (reply(without="UID"), "foreign_uid"),
        (reply("REPLY", "ATTENDEE;PARTSTAT=DECLINED:mailto:x@y.example"), "several_attendees"),
        (reply(without="ATTENDEE"), "no_attendee"),
        (reply("REPLY", "ATTENDEE;PARTSTAT=ACCEPTED:tel:0221", without="ATTENDEE"), "no_attendee"),
        (reply("REPLY", "ATTENDEE:mailto:a@b.example", without="ATTENDEE"), "no_answer"),
        (reply("REPLY", "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:a@b.example", without="ATTENDEE"), "no_answer"),
        (reply("REPLY", "ATTENDEE;PARTSTAT=DELEGATED:mailto:a@b.example", without="ATTENDEE"), "no_delegate"),
        (reply(without="DTSTAMP"), "no_stamp"),
        (reply(DTSTAMP="20270302"), "no_stamp"),
        (reply(SEQUENCE="-1"), "no_sequence"),
        (reply(SEQUENCE="99999999999"), "no_sequence"),
        (reply(SEQUENCE="one"), "no_calendar"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused_by_name(raw: bytes, reason: str):
    assert refused(raw) == reason


def test_i21_a_file_of_10_mb_is_refused_before_it_is_parsed():
    lines = ["COMMENT:" + "x" * 1000] * 10_000
    began = time.process_time()
    assert refused(reply("REPLY", *lines)) == "too_large"
    assert time.process_time() - began < 0.5
    assert MOST_BYTES == 256 * 1024


def test_i21_10_000_attendees_are_refused_before_they_are_parsed():
    began = time.process_time()
    assert refused(reply("REPLY", *["ATTENDEE:a@b.de"] * 10_000)) == "too_many_attendees"
    assert refused(reply("REPLY", *["aTtEndee:a@b.de"] * 1000)) == "too_many_attendees"
    assert time.process_time() - began < 0.5


def test_i21_components_without_end_are_refused_before_they_are_parsed():
    nested = [f"BEGIN:VALARM{number}" for number in range(5000)]
    began = time.process_time()
    assert refused(reply("REPLY", *nested)) == "several_events"
    assert time.process_time() - began < 0.5


def test_i21_whatever_comes_is_refused_and_never_fails():
    good = reply("COUNTER", "DTSTART:20270702T090000Z", "DTEND:20270702T100000Z", "COMMENT:Grüße")
    for at in range(0, len(good), 3):
        for broken in (
            good[:at],
            good[:at] + good[at + 1 :],
            good[:at] + b"\xff;:\r\n" + good[at:],
        ):
            try:
                read_reply(broken)
            except ReplyRefused as refusal:
                assert refusal.reason  # noqa: PT017 - both are right
