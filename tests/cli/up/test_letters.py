"""A secretariat looks at its letters on the running system, prints them, and takes the dates into its calendar."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import icalendar
import pytest

from tests.documents.pdfs import text

PLACE = "Polizeipräsidium Köln, großer Sitzungssaal"
BY_POST, SENDER = "lg-koeln", "siko@pp-koeln.example.org"
ADDRESS = "Luxemburger Straße 101,50939 Köln"


class Office(NamedTuple):
    """`ask` gives a command of `siko` in a role; it must be carried out."""

    ask: Callable[..., str]
    conference_id: str

    def letters(self) -> list[dict[str, Any]]:
        asked = ("letters", self.conference_id, "--output", "json")
        return json.loads(self.ask("secretariat@pp-koeln", *asked))["items"]


@pytest.fixture(scope="module")
def office(system: Any, siko: Any) -> Office:
    def ask(role: str, *arguments: str) -> str:
        done = siko("--as", role, *arguments, "--data", str(system.folder))
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    for role in ("secretariat@pp-koeln", "convenor@pp-koeln", "secretariat@pp-bonn"):
        assert siko("login", "--as", role, "--data", str(system.folder)).returncode == 0
    assert siko("import", "nrw", "--data", str(system.folder)).returncode == 0
    day = datetime.now(UTC).date() + timedelta(days=200)
    while day.weekday() != 2:
        day += timedelta(days=1)
    scheduled = ask(
        "secretariat@pp-koeln", "send", "scheduler", "schedule_conference",
        "authority_id=pp-koeln", "kind=siko", "areas=Köln,Leverkusen", f"starts_at={day} 10:00",
        f"ends_at={day} 12:00", f"place={PLACE}", "override_reason=Probe", "--only-id", "--wait",
    ).strip()  # fmt: skip
    secretariat = "secretariat@pp-koeln", "send", "invitations"
    ask(*secretariat, "set_sender", "authority_id=pp-koeln", f"email={SENDER}", "name=PP Köln")
    ask(*secretariat, "set_contact", "body_id=ag-koeln", "email=poststelle@ag-koeln.example.org")
    ask(*secretariat, "set_contact", f"body_id={BY_POST}", f"postal_address={ADDRESS}")
    return Office(ask, scheduled)


def test_each_letter_is_shown_before_the_release_with_its_way_and_what_is_missing(office: Office):
    shown = office.ask("secretariat@pp-koeln", "letters", office.conference_id)
    lines = {line.split("(")[-1].split(")")[0]: line for line in shown.splitlines() if "(" in line}
    assert "E-Mail" in lines["ag-koeln"]
    assert "Brief" in lines[BY_POST]
    assert "keine Kontaktdaten hinterlegt" in lines["olg-koeln"]
    assert all("Einladung" in lines[body] for body in ("ag-koeln", BY_POST, "olg-koeln"))
    number = len(office.letters())
    assert re.search(rf"^Vor der Freigabe: {number} \(1 Brief, 1 E-Mail, ", shown, re.MULTILINE)
    assert "Geschrieben: 0" in shown
    assert {each["state"] for each in office.letters()} == {"drafted"}


def test_each_letter_can_be_printed_and_its_file_tells_the_body_and_the_kind(
    office: Office, tmp_path: Path
):
    folder = tmp_path / "letters"
    office.ask("secretariat@pp-koeln", "letters", office.conference_id, "--pdf", str(folder))
    documents = sum(len(each["documents"]) for each in office.letters())
    names = sorted(file.name for file in folder.iterdir())
    assert len(names) == documents
    assert {f"{BY_POST}-1-einladung.pdf", "schulamt-koeln-1-weiterleitung.pdf"} <= {*names}
    assert all(re.fullmatch(r"[a-z0-9-]+-\d+-[a-z]+\.pdf", name) for name in names)
    printed = text((folder / f"{BY_POST}-1-einladung.pdf").read_bytes())
    assert ADDRESS.partition(",")[0] in printed
    assert SENDER in printed


def test_the_sheet_has_every_body_on_the_list(office: Office, tmp_path: Path):
    sheet = tmp_path / "sheet.pdf"
    office.ask("secretariat@pp-koeln", "letters", office.conference_id, "--sheet", str(sheet))
    printed = text(sheet.read_bytes())
    assert "Teilnahmeliste" in printed
    assert "Amtsgericht Köln" in printed


def test_the_calendar_file_is_that_of_the_body_or_ones_own(office: Office, tmp_path: Path):
    own, of_body = tmp_path / "own.ics", tmp_path / "body.ics"
    office.ask("convenor@pp-koeln", "ics", office.conference_id, "--file", str(own))
    of = ("--body", "ag-koeln", "--file", str(of_body))
    office.ask("convenor@pp-koeln", "ics", office.conference_id, *of)
    (mine,) = icalendar.Calendar.from_ical(own.read_bytes()).walk("VEVENT")
    (its,) = icalendar.Calendar.from_ical(of_body.read_bytes()).walk("VEVENT")
    assert "ATTENDEE" not in mine
    assert str(its["ATTENDEE"]) == "mailto:poststelle@ag-koeln.example.org"
    assert str(its["LOCATION"]) == str(mine["LOCATION"]) == PLACE
    assert b"\r\n" in of_body.read_bytes()


def test_a_body_without_a_mail_address_has_no_file_and_it_is_said_why(
    office: Office, siko: Any, system: Any, tmp_path: Path
):
    refused = siko(
        "--as", "secretariat@pp-koeln", "ics", office.conference_id, "--body", BY_POST,
        "--file", str(tmp_path / "none.ics"), "--data", str(system.folder),
    )  # fmt: skip
    assert refused.returncode == 1
    assert refused.stderr.startswith("NotFound: there is no calendar file")
    assert not (tmp_path / "none.ics").exists()


def test_another_authority_sees_no_letter(office: Office):
    shown = office.ask("secretariat@pp-bonn", "letters", office.conference_id)
    assert shown == "Zu dieser Konferenz gibt es keine Schreiben.\n"


def test_who_looked_at_letters_is_in_the_access_log(office: Office, system: Any):
    office.letters()
    logged = system.siko("access-log", "--service", "invitations", "--output", "jsonl")
    assert any(
        "letters" in line and office.conference_id in line for line in logged.stdout.splitlines()
    )


def test_after_the_release_the_same_letters_are_written(office: Office):
    before = office.letters()
    office.ask(
        "secretariat@pp-koeln", "send", "invitations", "check_coverage",
        f"conference_id={office.conference_id}",
    )  # fmt: skip
    office.ask(
        "convenor@pp-koeln", "send", "invitations", "release_invitations",
        f"conference_id={office.conference_id}", "--wait",
    )  # fmt: skip
    after = office.letters()
    assert [each["documents"] for each in after] == [each["documents"] for each in before]
    assert {each["state"] for each in after} <= {"due", "begun", "handed_over"}
    assert "Vor der Freigabe: 0" in office.ask(
        "secretariat@pp-koeln", "letters", office.conference_id
    )
