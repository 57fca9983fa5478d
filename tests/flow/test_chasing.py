"""A secretariat chases a conference on a running system: contacts, own bodies, overdue forwarding, reminders, attendance."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from siko.issuer import Issuer
from siko.roles import SignIn

SECRETARIAT = "secretariat@pp-koeln"
NOW = "2027-01-11T09:00:00+01:00"
CONTACTS = """body_id,email,postal_address,salutation,name
ag-koeln,direktion@ag-koeln.example,"Reichenspergerplatz 1
50670 Köln",,
lg-koeln,praesidentin@lg-koeln.example,,Sehr geehrte Frau Präsidentin,Canary Muster
"""


class Desk:
    """One system, asked in a role; commands at a moment of the manual clock."""

    def __init__(self, system: Any) -> None:
        self.system = system

    def siko(self, who: str, *arguments: str) -> Any:
        token = self.system.folder / f"token-{who.replace(':', '-')}"
        token.write_text(Issuer(self.system.folder).token(SignIn.parse(who)))
        return self.system.siko(*arguments, SIKO_TOKEN_FILE=str(token))

    def does(self, who: str, service: str, command: str, now: str, **fields: Any) -> Any:
        done = self.tries(who, service, command, now, **fields)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def tries(self, who: str, service: str, command: str, now: str, **fields: Any) -> Any:
        body = self.system.folder / "command.json"
        body.write_text(json.dumps(fields))
        return self.siko(
            who, "send", service, command, "--json", str(body), "--now", now, "--output", "json"
        )

    def day(self, day: str) -> None:
        now = f"{day}T00:00:00+01:00"
        self.does("service:clock", "scheduler", "advance_clock", now, as_of=now)

    def rows(self, who: str, view: str, *asked: str) -> list[dict[str, Any]]:
        done = self.siko(who, "query", "reporting", view, *asked, "--output", "json")
        assert done.returncode == 0, done.stderr
        items: list[dict[str, Any]] = json.loads(done.stdout)["items"]
        return items

    def waits_for(self, found: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + 20
        while not (result := found()):
            assert time.monotonic() < deadline, "it never came"
            time.sleep(0.1)
        return result


@pytest.fixture(scope="module")
def desk(up: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with up(tmp_path_factory.mktemp("chasing") / "data") as system:
        imported = system.siko("import", "nrw")
        assert imported.returncode == 0, imported.stderr
        desk = Desk(system)
        desk.day("2027-01-11")
        yield desk


def test_a_secretariat_keeps_its_own_bodies_and_anothers_are_refused_like_none(desk: Desk) -> None:
    of_own = {
        "body_id": "sozialamt-koeln", "name": "Sozialamt", "category": "other", "areas": ["Köln"],
        "route": "direct", "leadership_function": "Leitung", "valid_from": "2027-01-01",
    }  # fmt: skip
    desk.does(SECRETARIAT, "scheduler", "register_body", NOW, **of_own)
    desk.does(
        "secretariat@pp-koeln",
        "scheduler",
        "close_body",
        NOW,
        body_id="sozialamt-koeln",
        valid_to="2027-12-31",
    )
    refusals = [
        desk.tries(
            "secretariat@pp-bonn",
            "scheduler",
            "close_body",
            NOW,
            body_id=body_id,
            valid_to="2027-12-31",
        )
        for body_id in ("stadt-koeln", "gibt-es-nicht")
    ]
    assert [refusal.returncode for refusal in refusals] == [1, 1]
    assert refusals[0].stderr == refusals[1].stderr


def test_contacts_are_planned_sent_and_not_sent_again(desk: Desk, tmp_path: Any) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text(CONTACTS, encoding="utf-8-sig")
    for arguments, told in (
        (("--plan",), "2 contacts: 2 new, 0 different, 0 unchanged; none sent."),
        ((), "2 contacts: 2 new, 0 different, 0 unchanged; 2 sent."),
        ((), "2 contacts: 0 new, 0 different, 2 unchanged; 0 sent."),
    ):
        done = desk.siko(SECRETARIAT, "import", "contacts", str(file), *arguments)
        assert done.returncode == 0, done.stderr
        assert told in done.stdout
        assert "Canary" not in done.stdout + done.stderr
    file.write_text(CONTACTS.replace("lg-koeln,", "lg-kölln,"), encoding="utf-8")
    done = desk.siko(SECRETARIAT, "import", "contacts", str(file))
    assert (done.returncode, "contacts.csv:4" in done.stderr) == (1, True)


def test_forwarding_and_answers_are_chased_and_attendance_is_recorded(desk: Desk) -> None:
    scheduled = desk.does(
        SECRETARIAT, "scheduler", "schedule_conference", NOW, authority_id="pp-koeln", kind="siko",
        areas=["Köln"], starts_at="2027-03-10T10:00:00+01:00", place="Polizeipräsidium Köln",
    )  # fmt: skip
    about = {"conference_id": scheduled["id"]}
    desk.does(SECRETARIAT, "invitations", "check_coverage", NOW, **about)
    desk.does("convenor@pp-koeln", "invitations", "release_invitations", NOW, **about)
    desk.does(
        SECRETARIAT,
        "invitations",
        "respond",
        NOW,
        **about,
        body_id="ag-koeln",
        answer="accepted",
        channel="phone",
    )

    # the forwarding turns overdue, and the district government is reminded
    desk.day("2027-01-26")
    (hop,) = desk.waits_for(lambda: desk.rows(SECRETARIAT, "forwarding", "state=OVERDUE"))
    assert (hop["body_id"], hop["via"], hop["due_on"], hop["reminders"]) == (
        "schulamt-koeln", "br-koeln", "2027-01-25", 1,
    )  # fmt: skip
    assert [row["body_id"] for row in desk.rows("partner@br-koeln", "forwarding")] == [
        "schulamt-koeln"
    ]
    assert desk.rows("secretariat@pp-bonn", "forwarding") == []
    confirmed = "2027-01-26T09:00:00+01:00"
    desk.does(
        "partner@br-koeln",
        "invitations",
        "confirm_forwarding",
        confirmed,
        **about,
        body_id="schulamt-koeln",
        by_body_id="br-koeln",
    )
    (hop,) = desk.waits_for(lambda: desk.rows(SECRETARIAT, "forwarding", "state=CONFIRMED"))
    assert hop["due_on"] == "2027-01-25"

    # a preview, then reminders to courts that have not answered, never twice on one day
    chosen = {**about, "categories": ["ordinary_court"], "text": "Canary"}
    preview = desk.does(
        SECRETARIAT, "invitations", "send_reminders", confirmed, **chosen, dry_run=True
    )
    courts = {finding["body_id"] for finding in preview["findings"]}
    assert courts == {"lg-koeln", "olg-koeln"}
    for _ in range(2):
        desk.does(SECRETARIAT, "invitations", "send_reminders", confirmed, **chosen)

    def reminded() -> dict[str, int]:
        rows = desk.rows(SECRETARIAT, "invitations", f"conference_id={about['conference_id']}")
        return {
            row["body_id"]: row["reminders"] for row in rows if row["category"] == "ordinary_court"
        }

    desk.waits_for(lambda: reminded() == {"ag-koeln": 0, "lg-koeln": 1, "olg-koeln": 1})
    desk.day("2027-02-01")
    desk.waits_for(lambda: reminded() == {"ag-koeln": 0, "lg-koeln": 2, "olg-koeln": 2})

    # attendance of many in one command, and a correction
    start = "2027-03-10T10:00:00+01:00"
    desk.day("2027-03-10")
    desk.does(SECRETARIAT, "scheduler", "open_conference", start, **about)
    entries = [
        {"body_id": "ag-koeln", "attended": True, "level": "other"},
        {"body_id": "lg-koeln", "attended": False},
    ]
    desk.does(
        "minute_taker@pp-koeln",
        "invitations",
        "record_attendances",
        start,
        **about,
        attendances=entries,
    )
    desk.does(
        "minute_taker@pp-koeln", "invitations", "correct_attendance", start, **about,
        body_id="lg-koeln", attended=True, level="deputy_head", error="kam später",
    )  # fmt: skip

    def present() -> dict[str, Any]:
        rows = desk.rows(SECRETARIAT, "attendance", "attended=true")
        return {row["body_id"]: (row["level"], row["corrections"]) for row in rows}

    desk.waits_for(lambda: present() == {"ag-koeln": ("other", 0), "lg-koeln": ("deputy_head", 1)})
    assert [row["body_id"] for row in desk.rows("partner@ag-koeln", "attendance")] == ["ag-koeln"]
