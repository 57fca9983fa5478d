"""The list of conferences, and the file of one with all that the services told of it."""

from datetime import date

import pytest
from siko_contracts.events.agenda import (
    AgendaReleased,
    AgendaSupplemented,
    ItemMoved,
    ItemPlaced,
    ItemRemoved,
    PresenceRefuted,
    TopicAccepted,
    TopicDeferred,
    TopicRejected,
    TopicReturned,
    TopicSubmitted,
    TopicWithdrawn,
)
from siko_contracts.events.invitations import (
    AnswerLinkIssued,
    AnswerLinksRevoked,
    AttendanceCorrected,
    AttendanceRecorded,
    DeputyNamed,
    InvitationAccepted,
    InvitationListFrozen,
    InvitationSent,
    InvitationsReleased,
)
from siko_contracts.events.scheduler import (
    ConferenceAbsorbed,
    ConferenceCancelled,
    ConferenceClosed,
    ConferenceConvened,
    ConferenceCorrected,
    ConferenceHeld,
    ConferenceOpened,
    ConferencePlanned,
    ConferencePostponed,
    ConferenceRescheduled,
    ConferenceScheduled,
)
from siko_contracts.values import AreaCoverage, Finding

JOINT = {"conference_id": "joint"}
PLACED = JOINT | {
    "kind": "siko",
    "areas": ("Köln", "Leverkusen"),
    "starts_at": "2025-03-10T09:00:00Z",
    "ends_at": "2025-03-10T12:00:00Z",
    "place": "Polizeipräsidium Köln",
    "state": "SCHEDULED",
    "competent_bodies": (),
}
HELD = JOINT | {
    "kind": "siko",
    "areas": ("Köln", "Leverkusen"),
    "started_at": "2025-03-10T09:05:00Z",
    "ended_at": "2025-03-10T12:00:00Z",
}
TOPIC = JOINT | {"topic_id": "ebertplatz"}
SUBMITTED = TOPIC | {
    "body_id": "stadt-koeln",
    "topic_area": "spatial_hotspots",
    "classification": "open",
}


@pytest.fixture
def scheduled(happened):
    return happened(ConferenceScheduled, "2025-01-10", **PLACED)


def test_a_scheduled_conference_shows_kind_areas_date_and_place(scheduled, items):
    assert items("conferences", [scheduled]) == [
        {
            "conference_id": "joint",
            "authority_id": "pp-koeln",
            "kind": "siko",
            "areas": ["Köln", "Leverkusen"],
            "sections": [],
            "starts_at": "2025-03-10T09:00:00Z",
            "place": "Polizeipräsidium Köln",
            "state": "SCHEDULED",
            "month": None,
        }
    ]


def test_a_planned_conference_shows_in_the_year_and_month_that_it_is_planned_for(happened, items):
    planned = happened(
        ConferencePlanned, "2024-12-01", **JOINT, kind="siko", areas=("Köln",), year=2025,
        month="2025-03",
    )  # fmt: skip
    (row,) = items("conferences", [planned], year=2025)
    assert (row["state"], row["starts_at"], row["month"]) == ("PLANNED", None, "2025-03")
    assert items("conferences", [planned], year=2024) == []


def test_a_corrected_conference_shows_what_was_so(happened, scheduled, items):
    corrected = happened(
        ConferenceCorrected, "2025-04-01", **PLACED | {"place": "Rathaus", "state": "CLOSED"}
    )
    (row,) = items("conferences", [scheduled, corrected])
    assert (row["place"], row["state"], row["areas"]) == (
        "Rathaus",
        "CLOSED",
        ["Köln", "Leverkusen"],
    )


@pytest.mark.parametrize(
    ("contract", "fields", "state"),
    [
        (ConferenceAbsorbed, JOINT | {"into_conference_id": "other"}, "ABSORBED"),
        (ConferenceConvened, JOINT, "CONVENED"),
        (ConferenceOpened, JOINT, "IN_SESSION"),
        (ConferenceHeld, HELD, "HELD"),
        (ConferenceClosed, JOINT, "CLOSED"),
        (ConferencePostponed, JOINT, "POSTPONED"),
        (ConferenceCancelled, JOINT, "CANCELLED"),
    ],
)
def test_a_conference_comes_to_the_state_that_its_event_tells(
    happened, items, contract, fields, state
):
    scheduled = happened(ConferenceScheduled, "2025-01-10", **PLACED)
    (row,) = items("conferences", [scheduled, happened(contract, "2025-03-10", **fields)])
    assert (row["state"], row["starts_at"]) == (state, "2025-03-10T09:00:00Z")


def test_a_new_date_keeps_the_state_that_the_scheduler_names(happened, scheduled, items):
    convened = happened(ConferenceConvened, "2025-01-20", **JOINT)
    moved = happened(
        ConferenceRescheduled,
        "2025-02-01",
        **PLACED | {"state": "CONVENED", "starts_at": "2025-04-01T09:00:00Z"},
    )
    (row,) = items("conferences", [scheduled, convened, moved])
    assert (row["state"], row["starts_at"]) == ("CONVENED", "2025-04-01T09:00:00Z")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["new-year", "joint"]),
        ({"year": 2025}, ["new-year", "joint"]),
        ({"year": 2024}, []),
        ({"state": "CANCELLED"}, ["joint"]),
        ({"kind": "siko_ap"}, ["new-year"]),
        ({"authority_id": "pp-bonn"}, ["new-year"]),
    ],
)
def test_conferences_are_those_asked_for_by_date(happened, scheduled, items, asked, found):
    cancelled = happened(ConferenceCancelled, "2025-02-01", **JOINT)
    new_year = happened(
        ConferenceScheduled,
        "2024-12-01",
        authority="pp-bonn",
        **PLACED
        | {
            "conference_id": "new-year",
            "kind": "siko_ap",
            "starts_at": "2024-12-31T23:30:00Z",  # 2025 has begun in Berlin
        },
    )
    rows = items("conferences", [scheduled, cancelled, new_year], **asked)
    assert [row["conference_id"] for row in rows] == found


def test_the_file_holds_all_that_the_services_told_of_a_conference(year, items):
    events = [event for history in year.values() for event in history]
    told = [event for event in events if getattr(event, "conference_id", None) == "joint"]
    (file,) = items("conference", told, today=date(2025, 12, 31), conference_id="joint")
    assert (file["state"], file["authority_id"]) == ("HELD", "pp-koeln")
    assert [(row["body_id"], row["state"]) for row in file["invitations"]] == [
        ("ag-leverkusen", "SENT"),
        ("feuerwehr-koeln", "DRAFTED"),
        ("schulamt-koeln", "FORWARDED"),
        ("stadt-koeln", "ATTENDED"),
    ]
    assert [(area["area"], area["counts"]) for area in file["coverage"]] == [("Köln", True)]
    assert file["agenda"] == [
        {
            "topic_id": "ebertplatz",
            "body_id": "stadt-koeln",
            "topic_area": "spatial_hotspots",
            "classification": "open",
            "number": 2,
            "state": "DISCUSSED",
        }
    ]
    assert [(each["kind"], each["refers_to"]) for each in file["outcomes"]] == [
        ("need_for_action", None),
        ("action", "lighting"),
    ]
    assert [(row["state"], row["overdue"]) for row in file["actions"]] == [("AGREED", True)]
    assert file["minutes"] is None


def test_coverage_is_what_the_list_was_when_it_froze(happened, items):
    def covered(contract, *areas):
        coverage = tuple(AreaCoverage(area=area, counts=True) for area in areas)
        return happened(contract, "2025-01-20", **JOINT, areas=coverage)

    events = [
        covered(InvitationsReleased, "Köln"),
        covered(InvitationListFrozen, "Leverkusen", "Köln"),
    ]
    (file,) = items("conference", events, conference_id="joint")
    assert [area["area"] for area in file["coverage"]] == ["Köln", "Leverkusen"]


@pytest.mark.parametrize(
    ("contract", "fields", "stands"),
    [
        (TopicSubmitted, SUBMITTED, ("SUBMITTED", None)),
        (TopicReturned, SUBMITTED, ("RETURNED", None)),
        (TopicAccepted, SUBMITTED, ("ACCEPTED", None)),
        (TopicRejected, SUBMITTED, ("REJECTED", None)),
        (TopicDeferred, SUBMITTED, ("DEFERRED", None)),
        (TopicWithdrawn, SUBMITTED, ("WITHDRAWN", None)),
        (ItemPlaced, TOPIC | {"number": 3}, ("PLACED", 3)),
        (ItemMoved, TOPIC | {"number": 4}, ("PLACED", 4)),
        (ItemRemoved, TOPIC | {"number": 3}, ("ACCEPTED", None)),
    ],
)
def test_a_topic_comes_to_the_state_that_its_event_tells(happened, items, contract, fields, stands):
    submitted = happened(TopicSubmitted, "2025-01-25", **SUBMITTED)
    (file,) = items("conference", [submitted, happened(contract, "2025-01-26", **fields)], **JOINT)
    (topic,) = file["agenda"]
    assert (topic["state"], topic["number"]) == stands
    assert topic["body_id"] == "stadt-koeln"


def test_the_agenda_comes_by_number_and_what_has_none_last(happened, items):
    events = [
        happened(TopicSubmitted, "2025-01-25", **SUBMITTED | {"topic_id": "waiting"}),
        happened(ItemPlaced, "2025-01-26", **JOINT, topic_id="second", number=2),
        happened(ItemPlaced, "2025-01-26", **JOINT, topic_id="first", number=1),
    ]
    (file,) = items("conference", events, **JOINT)
    assert [topic["topic_id"] for topic in file["agenda"]] == ["first", "second", "waiting"]


def test_a_fact_about_a_conference_not_yet_known_makes_its_file(happened, items):
    accepted = happened(
        InvitationAccepted, "2025-02-01", **JOINT, body_id="stadt-koeln", channel="mail"
    )
    (file,) = items("conference", [accepted], **JOINT)
    assert (file["state"], file["kind"], file["authority_id"]) == (None, None, "pp-koeln")
    assert [row["answer"] for row in file["invitations"]] == ["ACCEPTED"]


REFUTED = {"topic_id": "t", "absent_body_id": "sta-koeln"}
ATTENDANCE = {"body_id": "sta-koeln", "level": None}


def test_r27_a_body_named_as_present_and_recorded_absent_is_a_finding_until_that_is_corrected(
    happened, items
):
    events = [
        happened(AttendanceRecorded, "2025-03-11", **JOINT, **ATTENDANCE, attended=False),
        happened(PresenceRefuted, "2025-03-11", **JOINT, **REFUTED),
        happened(PresenceRefuted, "2025-03-11", **JOINT, **REFUTED | {"topic_id": "u"}),
    ]
    for order in (events, events[::-1]):
        (file,) = items("conference", order, conference_id="joint")
        assert [(each["code"], each["rule"], each["body_id"]) for each in file["findings"]] == [
            ("RecordedAbsent", "R27", "sta-koeln")
        ]
    came = happened(AttendanceCorrected, "2025-03-12", **JOINT, **ATTENDANCE, attended=True)
    (file,) = items("conference", [*events, came], conference_id="joint")
    assert file["findings"] == []


def test_r19_the_finding_of_the_agenda_is_that_of_its_last_version(happened, items):
    missing = Finding(code="NoSituationPicture", rule="R19", conference_id="joint")
    first = happened(AgendaReleased, "2025-02-01", **JOINT, agenda_version=1, findings=(missing,))
    second = happened(AgendaSupplemented, "2025-02-02", **JOINT, agenda_version=2)
    (file,) = items("conference", [first], conference_id="joint")
    assert [each["code"] for each in file["findings"]] == ["NoSituationPicture"]
    (file,) = items("conference", [first, second], conference_id="joint")
    assert file["findings"] == []


def test_r15_one_deputy_for_two_bodies_is_a_finding_until_another_answer_comes(happened, items):
    found = Finding(code="DeputyForTwoBodies", rule="R15", body_id="lg-koeln")
    answer = {"body_id": "ag-koeln", "channel": "mail"}
    named = happened(DeputyNamed, "2025-02-01", **JOINT, **answer, level="other", findings=(found,))
    (file,) = items("conference", [named], conference_id="joint")
    assert [(each["code"], each["body_id"]) for each in file["findings"]] == [
        ("DeputyForTwoBodies", "lg-koeln")
    ]
    accepted = happened(InvitationAccepted, "2025-02-02", **JOINT, **answer)
    (file,) = items("conference", [named, accepted], conference_id="joint")
    assert file["findings"] == []


def test_a_view_tells_whether_a_body_has_an_answer_link(happened, items):
    about = {"conference_id": "joint", "body_id": "ag-leverkusen"}
    sent = happened(
        InvitationSent, "2025-01-20", **about, category="ordinary_court", areas=("Leverkusen",)
    )
    issued = happened(AnswerLinkIssued, "2025-01-21", **about)
    revoked = happened(AnswerLinksRevoked, "2025-01-22", **about)
    told = [
        items("invitations", [sent, issued, revoked][:number])[0]["answer_link"]
        for number in (1, 2, 3)
    ]
    assert told == [None, "issued", "revoked"]
