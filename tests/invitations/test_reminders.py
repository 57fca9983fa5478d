"""Reminders go to whoever has not answered, never twice on one day, and to nobody else."""

from datetime import UTC, date, datetime

import pytest
from siko_contracts.commands.invitations import (
    AddBody,
    NameDeputy,
    Respond,
    SendReminders,
    WithdrawInvitation,
)
from siko_contracts.events.invitations import ReminderSent
from siko_contracts.events.scheduler import (
    ConferenceOpened,
    ConferencePostponed,
    ConferenceRescheduled,
)
from siko_contracts.queries.invitations import Texts
from siko_invitations.application.texts import texts

from tests.gaps import accepted
from tests.invitations.test_forwarding import CONFIRMED, days_begin
from tests.reading import at, partner, read

FIVE = ("sta-koeln", "ag-koeln", "lg-koeln", "stadt-koeln", "schulamt-koeln")


@pytest.fixture
def cologne(office):
    """Five bodies of Cologne, invited on 10 January for a conference on 6 May; one by the district government."""
    office.hears_of_register()
    office.hears_of_conference(areas=("Köln",), bodies=FIVE)
    office.releases(accepted_gaps=accepted("Köln"))
    office.now = "2025-01-20T09:00:00+01:00"
    return office


def sending(**fields):
    return SendReminders(conference_id="c1", **fields)


def answers(office, body_id, answer="accepted"):
    office.does(Respond(conference_id="c1", body_id=body_id, answer=answer, channel="mail"))


def would(office, **fields):
    answer = office.does(sending(dry_run=True, **fields))
    assert {finding.code for finding in answer.findings} <= {"WouldBeReminded"}
    return [finding.body_id for finding in answer.findings]


@pytest.mark.parametrize("answer", ["accepted", "tentative", "declined"])
def test_whoever_has_answered_is_not_reminded(cologne, answer):
    answers(cologne, "ag-koeln", answer)
    cologne.does(
        NameDeputy(
            conference_id="c1",
            body_id="lg-koeln",
            function="Vizepräsident",
            level="deputy_head",
            channel="phone",
        )
    )
    cologne.does(sending())
    assert cologne.bodies(ReminderSent) == ["sta-koeln", "stadt-koeln", "schulamt-koeln"]


def test_a_withdrawn_body_is_not_reminded_even_by_name(cologne):
    cologne.does(WithdrawInvitation(conference_id="c1", body_id="ag-koeln", reason="Irrtum"))
    cologne.does(sending())
    assert "ag-koeln" not in cologne.bodies(ReminderSent)
    refusal = cologne.refuses(sending(body_ids=("ag-koeln",)))
    assert (refusal.error.code, refusal.error.details) == (
        "InvitationWithdrawn",
        {"body_id": "ag-koeln"},
    )


def test_a_draft_is_not_reminded(cologne):
    cologne.does(AddBody(conference_id="c1", body_id="olg-koeln", purpose="auch zuständig"))
    cologne.does(sending())
    assert "olg-koeln" not in cologne.bodies(ReminderSent)
    assert cologne.refuses(sending(body_ids=("olg-koeln",))).error.code == "NotInvited"


def test_i16_a_command_that_is_sent_five_times_reminds_each_body_once(cologne):
    for _ in range(5):
        cologne.does(sending(body_ids=("ag-koeln", "lg-koeln", "sta-koeln")))
    assert cologne.bodies(ReminderSent) == ["ag-koeln", "lg-koeln", "sta-koeln"]
    cologne.now = "2025-01-21T00:00:00+01:00"
    cologne.does(sending(body_ids=("ag-koeln",)))
    assert [each.number for each in cologne.published(ReminderSent)] == [1, 1, 1, 2]


def test_a_school_office_is_reminded_by_way_of_its_district_government(cologne):
    cologne.does(sending(body_ids=("schulamt-koeln",)))
    cologne.does(CONFIRMED)
    cologne.now = "2025-01-21T09:00:00+01:00"
    cologne.does(sending(body_ids=("schulamt-koeln",)))
    assert [(each.about, each.to_body_id) for each in cologne.published(ReminderSent)] == [
        ("forwarding", "br-koeln"),
        ("answer", "br-koeln"),
    ]


@pytest.mark.parametrize(
    ("chosen", "reminded"),
    [
        ({}, FIVE),
        ({"categories": ("ordinary_court", "administration")}, FIVE[1:4]),
        ({"states": ("SENT_TO_INTERMEDIARY",)}, FIVE[4:]),
        ({"states": ("SENT",), "categories": ("school_office",)}, ()),
        ({"body_ids": ("stadt-koeln", "ag-koeln", "stadt-koeln")}, ("stadt-koeln", "ag-koeln")),
        ({"waiting_days": 10}, FIVE),
        ({"waiting_days": 11}, ()),
    ],
)
def test_bodies_are_chosen_by_category_state_age_and_name_and_a_dry_run_tells_them(
    cologne, chosen, reminded
):
    before = len(cologne.contracts)
    assert would(cologne, **chosen) == list(reminded)
    assert len(cologne.contracts) == before
    cologne.does(sending(**chosen))
    assert cologne.bodies(ReminderSent) == list(reminded)
    assert set(would(cologne)) == set(FIVE) - set(reminded)


def test_an_unknown_category_is_refused(cologne):
    refusal = cologne.refuses(sending(categories=("customs", "court")))
    assert (refusal.error.code, refusal.error.details["field"]) == ("UnknownWord", "categories.1")


@pytest.mark.parametrize(
    "subject",
    [
        "Erinnerung: Siko-AP, Antwort bitte bis 02.04.2025",
        "Letzte Erinnerung – Sicherheitskonferenz Köln am 6. Mai 2025",
    ],
)
def test_i20_a_neutral_subject_says_what_is_asked_and_until_when(cologne, subject):
    assert would(cologne, subject=subject)


@pytest.mark.parametrize(
    ("subject", "place"),
    [
        ("Erinnerung: Clankriminalität am Ebertplatz", 2),
        ("Erinnerung an Frau Muster", 3),
        ("Sicherheitskonferenz Leverkusen", 2),
        ("VS-NfD Erinnerung", 1),
    ],
)
def test_i20_a_subject_that_says_more_is_refused_and_not_repeated(cologne, subject, place):
    refusal = cologne.refuses(sending(subject=subject))
    assert (refusal.error.code, refusal.error.details) == (
        "SubjectNotNeutral",
        {"field": "subject", "word": place},
    )
    assert subject.split()[-1] not in refusal.model_dump_json()


def test_i12_a_subject_is_one_line():
    with pytest.raises(ValueError, match="subject"):
        sending(subject="Erinnerung\r\nBcc: evil@e.example")


def test_subject_and_text_are_sealed_and_read_by_the_authority_and_the_addressee(cologne):
    cologne.does(
        sending(body_ids=("ag-koeln", "schulamt-koeln"), subject="Erinnerung", text="geheim")
    )
    told = "".join(each.model_dump_json() for each in cologne.contracts)
    assert "geheim" not in told

    def words(reader):
        items = read(cologne, texts, Texts(ids=("c1",)), reader)
        return [item.text for item in items if item.field in {"subject", "text"}]

    assert words(at("pp-koeln")) == ["Erinnerung", "geheim"] * 2
    for body_id in ("ag-koeln", "br-koeln"):
        assert words(partner(body_id)) == ["Erinnerung", "geheim"]
    for body_id in ("schulamt-koeln", "lg-koeln"):
        assert words(partner(body_id)) == []


@pytest.mark.parametrize(
    ("happened", "code"), [(ConferenceOpened, "ListFrozen"), (ConferencePostponed, "WrongState")]
)
def test_nobody_is_reminded_of_a_conference_that_does_not_lie_ahead(cologne, happened, code):
    cologne.hears_that(happened)
    assert cologne.refuses(sending()).error.code == code


def test_r16_nobody_is_reminded_after_the_start(cologne):
    cologne.now = "2025-05-06T11:00:00+02:00"
    assert cologne.refuses(sending()).error.code == "AnswerAfterStart"


def test_the_ruleset_reminds_after_days_without_an_answer_and_before_the_conference(cologne):
    answers(cologne, "ag-koeln")
    days_begin(cologne, "2025-01-20", "2025-05-10")
    sent_on = [
        (each.effective_at.date(), each.ruleset)
        for each in cologne.published(ReminderSent)
        if each.body_id == "stadt-koeln"
    ]
    assert sent_on == [
        (date(2025, 1, 30), "nrw-2024.1"),  # midnight in Berlin is the evening before in UTC
        (date(2025, 4, 21), "nrw-2024.1"),
        (date(2025, 4, 28), "nrw-2024.1"),
    ]
    assert "ag-koeln" not in cologne.bodies(ReminderSent)


def test_the_ruleset_reminds_nobody_whom_a_secretariat_has_reminded_that_day(cologne):
    cologne.now = "2025-01-31T00:00:01+01:00"
    cologne.does(sending(body_ids=("stadt-koeln",)))
    days_begin(cologne, "2025-01-31", "2025-01-31")
    assert cologne.bodies(ReminderSent).count("stadt-koeln") == 1


def test_r14_whoever_had_answered_waits_anew_after_a_new_date(cologne):
    answers(cologne, "stadt-koeln")
    cologne.now = "2025-02-01T09:00:00+01:00"
    cologne.starts_at = datetime(2025, 6, 3, 9, tzinfo=UTC)
    cologne.hears_of_conference(
        ConferenceRescheduled, areas=("Köln",), bodies=FIVE, state="CONVENED"
    )
    days_begin(cologne, "2025-02-02", "2025-02-21")
    assert "stadt-koeln" not in cologne.bodies(ReminderSent)
    days_begin(cologne, "2025-02-22", "2025-02-22")
    assert "stadt-koeln" in cologne.bodies(ReminderSent)


@pytest.mark.parametrize(
    ("starts_at", "day", "moments"),
    [
        ("2027-04-11T09:00:00+02:00", "2027-03-28", ("01:30:00+01:00", "03:30:00+02:00")),
        ("2027-11-14T09:00:00+01:00", "2027-10-31", ("02:30:00+02:00", "02:30:00+01:00")),
    ],
)
def test_i17_a_day_on_which_the_clocks_change_has_one_reminder(office, starts_at, day, moments):
    """The day is Berlin's, also where it has 23 or 25 hours; it begins again, and is sent by hand in both halves."""
    office.now = "2027-01-10T09:00:00+01:00"
    office.starts_at = datetime.fromisoformat(starts_at)
    office.hears_of_register()
    office.hears_of_conference(areas=("Köln",), bodies=FIVE[:1])
    office.releases(accepted_gaps=accepted("Köln"))
    office.now = f"{day}T00:00:00{moments[0][-6:]}"
    for _ in range(2):
        days_begin(office, day, day)
    for moment in moments:
        office.now = f"{day}T{moment}"
        office.does(sending())
    assert len(office.published(ReminderSent)) == 1


def test_an_answer_that_came_before_a_reminder_can_be_entered_after_it(cologne):
    """By its own date: that a reminder went out meanwhile does not hinder the clerk who opens the letter later."""
    days_begin(cologne, "2025-01-21", "2025-02-03")
    cologne.now = "2025-02-03T09:00:00+01:00"
    cologne.does(sending(body_ids=("stadt-koeln",)))
    cologne.does(
        Respond(
            conference_id="c1",
            body_id="stadt-koeln",
            answer="accepted",
            channel="letter",
            effective_at="2025-01-29T08:00:00+01:00",
        )
    )
    assert len([b for b in cologne.bodies(ReminderSent) if b == "stadt-koeln"]) == 2
    confirmed = CONFIRMED.model_copy(update={"effective_at": datetime(2025, 1, 22, 8, tzinfo=UTC)})
    cologne.does(confirmed)
