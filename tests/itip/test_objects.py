"""What a body's calendar gets, read back by a second implementation where that tells more than ours."""

import json
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from pydantic import ValidationError
from siko_core.calendar import BERLIN
from siko_itip.berlin_zone import VTIMEZONE
from siko_itip.mailboxes import Mailbox
from siko_itip.objects import Entry, Times, cancel, ids_in, publish, request, sequence_of, uid_of

from tests.node import run_node

from .conftest import ATTENDEE, BODY, CONFERENCE, STAMP, SUMMER, appointment

LATER = Times(
    starts_at=SUMMER.starts_at + timedelta(hours=1), ends_at=SUMMER.ends_at + timedelta(hours=1)
)
ONE_HOUR = timedelta(hours=1)


def read_by_ical_js(**files: bytes) -> dict[str, dict]:
    texts = {name: content.decode() for name, content in files.items()}
    return json.loads(run_node("calendar.js", json.dumps(texts)))


def test_a_second_implementation_reads_the_invitation_as_it_was_meant():
    read = read_by_ical_js(invitation=request(appointment()).content)["invitation"]
    assert read == {
        "events": 1,
        "method": "REQUEST",
        "uid": f"{CONFERENCE}.{BODY}@siko",
        "sequence": 0,
        "status": "CONFIRMED",
        "summary": "Sicherheitskonferenz",
        "location": "Polizeipräsidium Köln, großer Sitzungssaal",
        "stamp": "2027-03-01T08:00:00.000Z",
        "start": "2027-07-01T07:00:00.000Z",
        "end": "2027-07-01T10:00:00.000Z",
        "organizer": {
            "email": "mailto:siko@pp-koeln.example",
            "name": "Polizeipräsidium Köln",
            "parameters": ["cn"],
        },
        "attendees": [
            {
                "email": "mailto:poststelle@ag-leverkusen.example",
                "cn": "Amtsgericht Leverkusen",
                "role": "REQ-PARTICIPANT",
                "partstat": "NEEDS-ACTION",
                "rsvp": "TRUE",
            }
        ],
    }


def test_i3_i4_i5_the_sequence_counts_our_material_changes_and_nothing_else():
    """I3: no reply has a part in it. I4: from the history alone, so the same after a rebuild. I5: not for a room."""
    other_day = Times(starts_at=LATER.starts_at, ends_at=LATER.ends_at + ONE_HOUR)
    assert sequence_of([SUMMER]) == 0
    assert sequence_of([SUMMER, LATER]) == 1
    assert sequence_of([SUMMER, LATER, other_day]) == 2
    another_room_only = [SUMMER, SUMMER]
    assert sequence_of(another_room_only) == 0


def test_i4_an_update_keeps_its_uid_and_raises_sequence_and_stamp():
    first = request(appointment())
    second = request(
        appointment(times=LATER, sequence=sequence_of([SUMMER, LATER]), stamp=STAMP + ONE_HOUR)
    )
    read = read_by_ical_js(first=first.content, second=second.content)
    assert read["first"]["uid"] == read["second"]["uid"]
    assert [read[name]["sequence"] for name in ("first", "second")] == [0, 1]
    assert read["first"]["stamp"] < read["second"]["stamp"]
    assert {each["method"] for each in read.values()} == {"REQUEST"}


def test_i6_a_cancellation_removes_what_was_invited():
    number = sequence_of([SUMMER, None])
    cancelled = cancel(appointment(sequence=number, stamp=STAMP + ONE_HOUR))
    read = read_by_ical_js(cancelled=cancelled.content)["cancelled"]
    assert (read["method"], read["status"], read["sequence"]) == ("CANCEL", "CANCELLED", 1)
    assert read["uid"] == uid_of(CONFERENCE, BODY)
    assert read["stamp"] == "2027-03-01T09:00:00.000Z"


def test_what_is_published_asks_nobody_and_takes_no_answer():
    entry = Entry(
        conference_id=CONFERENCE,
        kind="siko",
        times=SUMMER,
        place="Präsidium",
        sequence=0,
        stamp=STAMP,
        organizer=appointment().organizer,
    )
    takes_place, off = publish(entry, takes_place=True), publish(entry, takes_place=False)
    read = read_by_ical_js(takes_place=takes_place.content, off=off.content)
    assert [each["method"] for each in read.values()] == ["PUBLISH", "PUBLISH"]
    assert [each["status"] for each in read.values()] == ["CONFIRMED", "CANCELLED"]
    assert {each["uid"] for each in read.values()} == {f"{CONFERENCE}@siko"}
    assert ids_in(f"{CONFERENCE}@siko") is None
    assert [each["attendees"] for each in read.values()] == [[], []]


def test_an_invitation_after_a_withdrawal_overtakes_the_cancellation():
    assert sequence_of([SUMMER, None, SUMMER]) == 2


def test_i7_every_hour_until_2040_is_read_as_berlin_has_it():
    """The doubled hour of October excepted: no name of a zone tells its two apart."""
    first = datetime(2024, 1, 1, tzinfo=UTC)
    hours = {}
    for number in range(17 * 366 * 24):
        moment = first + number * ONE_HOUR
        if moment.year > 2040:
            break
        local = moment.astimezone(BERLIN)
        if not is_doubled(local):
            hours[f"{local:%Y-%m-%dT%H:%M:%S}"] = f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
    zone = VTIMEZONE.to_ical().decode()
    read = json.loads(run_node("hours.js", json.dumps({"zone": zone, "hours": list(hours)})))
    assert len(read) > 148_000
    assert read == list(hours.values())


def is_doubled(local: datetime) -> bool:
    return local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()


@pytest.mark.parametrize("hour", [0, 1])
def test_i22_in_the_doubled_hour_the_time_is_in_utc(hour: int):
    starts_at = datetime(2027, 10, 31, hour, 30, tzinfo=UTC)
    doubled = Times(starts_at=starts_at, ends_at=starts_at + timedelta(hours=3))
    content = request(appointment(times=doubled)).content
    assert f"DTSTART:20271031T0{hour}3000Z" in content.decode()
    read = read_by_ical_js(doubled=content)["doubled"]
    assert read["start"] == f"2027-10-31T0{hour}:30:00.000Z"
    assert read["end"] == f"2027-10-31T0{hour + 3}:30:00.000Z"


def test_i8_punctuation_in_the_organizers_name_garbles_no_address():
    name = 'Polizeipräsidium Köln, Geschäftsstelle; Team "SiKo"'
    organizer = Mailbox(email="siko@pp-koeln.example", name=name)
    read = read_by_ical_js(one=request(appointment(organizer=organizer)).content)["one"]
    assert read["organizer"]["email"] == "mailto:siko@pp-koeln.example"
    assert read["organizer"]["parameters"] == ["cn"]
    assert read["organizer"]["name"] == name
    assert read["events"] == 1


HOSTILE = (
    'a;b:c,d\\e"f',
    "MAILTO:evil@e.example",
    "^n^^' %0D%0A",
    "END:VEVENT",
    "\\nBEGIN:VALARM",
    ";CN=x:mailto:evil@e.example",
    "Ä" * 300,
    "👮 漢字 Łódź",
    "=",
    "'",
)


def test_whatever_stands_in_names_and_places_is_read_back_and_adds_nothing():
    files = {
        str(number): request(
            appointment(
                place=text,
                organizer=Mailbox(email="siko@pp-koeln.example", name=text),
                attendee=Mailbox(email="a@b.example", name=text),
            )
        ).content
        for number, text in enumerate(HOSTILE)
    }
    for (number, read), text in zip(read_by_ical_js(**files).items(), HOSTILE, strict=True):
        assert read["location"] == text, number
        assert read["events"] == 1
        assert read["organizer"]["email"] == "mailto:siko@pp-koeln.example"
        assert [each["email"] for each in read["attendees"]] == ["mailto:a@b.example"]
        assert read["organizer"]["parameters"] == ["cn"]
        assert set(read["attendees"][0]) == {"email", "cn", "role", "partstat", "rsvp"}
        as_it_reads_parameters = text.replace("\\n", "\n")
        assert read["organizer"]["name"] == as_it_reads_parameters, number


def test_i10_the_method_of_the_part_is_that_of_the_object():
    for made in (request(appointment()), cancel(appointment(sequence=1))):
        method = icalendar.Calendar.from_ical(made.content)["method"]
        assert made.content_type == f"text/calendar; method={method}; charset=utf-8"


@pytest.mark.parametrize(
    "text",
    [
        "Saal 1\r\nBcc: evil@e.example",
        "Saal 1\nATTENDEE:mailto:evil@e.example",
        "=?utf-8?q?x=0D=0ABcc:_evil@e.example?=",
        "Saal\x00",
    ],
)
def test_i12_line_breaks_and_encoded_words_are_refused_with_their_field(text: str):
    with pytest.raises(ValidationError) as refused:
        appointment(place=text)
    assert [error["loc"] for error in refused.value.errors()] == [("place",)]
    with pytest.raises(ValidationError) as refused:
        Mailbox(email="a@b.example", name=text)
    assert [error["loc"] for error in refused.value.errors()] == [("name",)]


@pytest.mark.parametrize(
    "address",
    [
        "sekretariat@",
        "@pp-koeln.example",
        "sekretariat",
        "a@b.example, c@d.example",
        "Müller <a@b.example>",
        "a b@c.example",
        "a@b.example\nBcc: c@d.example",
        "",
    ],
)
def test_i12_i13_an_address_is_one_address(address: str):
    with pytest.raises(ValidationError):
        Mailbox(email=address)


def test_i14_a_body_sees_no_other_recipient():
    content = request(appointment()).content.decode()
    unfolded = content.replace("\r\n ", "")
    assert unfolded.count("ATTENDEE") == 1
    assert unfolded.count("mailto:") == 2


def test_lines_are_folded_by_octets_and_no_character_is_split():
    place = "Ü" * 200
    content = request(appointment(place=place, attendee=ATTENDEE)).content
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert all(line.decode() or not line for line in lines)
    assert read_by_ical_js(long=content)["long"]["location"] == place


def test_the_same_data_make_the_same_bytes():
    assert request(appointment()).content == request(appointment()).content
    assert request(appointment()).content.count(b"BEGIN:VTIMEZONE") == 1


def test_a_uid_names_conference_and_body_and_a_foreign_one_nothing():
    assert ids_in(uid_of(CONFERENCE, BODY)) == (CONFERENCE, BODY)
    for foreign in ("", "x@y.example", "a.b@siko.example", "a.b.c@siko", ".b@siko", "a@siko"):
        assert ids_in(foreign) is None
