"""What people type behind a command: days and times as they read them, lists of entries without JSON, yes and no."""

import pytest
from siko.key_values import parse
from siko.output import Failure
from siko_contracts.commands.agenda import DiscussTopic, ProposeAction, SubmitTopic
from siko_contracts.commands.invitations import RecordAttendance, ReleaseInvitations
from siko_contracts.commands.scheduler import AdvanceClock, ScheduleConference
from siko_contracts.queries.reporting import Actions, Compliance


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("12.05.2027 10:00", "2027-05-12T10:00:00+02:00"),
        ("1.3.2027 9:05", "2027-03-01T09:05:00+01:00"),
        ("2027-05-12T10:00", "2027-05-12T10:00:00+02:00"),
        ("2027-05-12 10:00:30", "2027-05-12T10:00:30+02:00"),
        ("2027-05-12T10:00:00Z", "2027-05-12T10:00:00Z"),
        ("2027-05-12T10:00:00+02:00", "2027-05-12T10:00:00+02:00"),
    ],
)
def test_a_time_is_typed_as_tables_show_it_and_is_one_of_berlin(typed: str, read: str) -> None:
    assert parse(ScheduleConference, [f"starts_at={typed}"]) == {"starts_at": read}
    assert parse(AdvanceClock, [f"as_of={typed}"]) == {"as_of": read}


@pytest.mark.parametrize(
    "typed",
    ["31.10.2027 02:30", "28.03.2027 02:30", "31.02.2027 10:00", "12.05.2027", "25:00", "gestern"],
    ids=["twice", "never", "no day", "no time", "no hour", "a word"],
)
def test_what_is_no_time_of_berlin_is_left_to_the_service_to_refuse(typed: str) -> None:
    assert parse(AdvanceClock, [f"as_of={typed}"]) == {"as_of": typed}


def test_a_day_is_typed_as_tables_show_it() -> None:
    assert parse(ProposeAction, ["due_on=1.3.2027", "follow_up_on=2027-02-01"]) == {
        "due_on": "2027-03-01",
        "follow_up_on": "2027-02-01",
    }
    assert parse(Compliance, ["effective_on=01.03.2027"]) == {"effective_on": "2027-03-01"}


def test_a_day_within_a_text_stays_as_it_is() -> None:
    assert parse(SubmitTopic, ["title=12.05.2027"]) == {"title": "12.05.2027"}


@pytest.mark.parametrize(
    ("typed", "read"),
    [("yes", True), ("ja", True), ("true", True), ("no", False), ("Nein", False)],
)
def test_yes_and_no_are_typed_in_either_language(typed: str, *, read: bool) -> None:
    assert parse(RecordAttendance, [f"attended={typed}"]) == {"attended": read}
    assert parse(Actions, [f"overdue={typed}"]) == {"overdue": read}


def test_entries_of_a_list_are_typed_field_by_field_and_one_begins_where_a_field_comes_again() -> (
    None
):
    typed = [
        "accepted_gaps.area=Alfter",
        "accepted_gaps.category=youth_welfare_office",
        "accepted_gaps.reason=Noch nicht benannt, siehe Vermerk.",
        "accepted_gaps.area=Swisttal",
        "accepted_gaps.body_id=jugendamt-swisttal",
        "accepted_gaps.reason=Verhindert.",
    ]
    assert parse(ReleaseInvitations, typed)["accepted_gaps"] == [
        {
            "area": "Alfter",
            "category": "youth_welfare_office",
            "reason": "Noch nicht benannt, siehe Vermerk.",
        },
        {"area": "Swisttal", "body_id": "jugendamt-swisttal", "reason": "Verhindert."},
    ]


def test_entries_are_typed_as_json_too() -> None:
    assert parse(DiscussTopic, ['outcomes=[{"kind":"noted"}]', "outcomes.kind=concept"]) == {
        "outcomes": [{"kind": "noted"}, {"kind": "concept"}]
    }
    with pytest.raises(Failure):
        parse(DiscussTopic, ["outcomes.kind=concept", 'outcomes=[{"kind":"noted"}]'])
    with pytest.raises(Failure):
        parse(DiscussTopic, ["outcomes=noted", "outcomes.kind=concept"])


def test_a_dot_in_any_other_field_is_an_unknown_field() -> None:
    assert parse(SubmitTopic, ["title.kind=x"]) == {"title.kind": "x"}
