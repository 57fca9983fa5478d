"""The agenda: items with numbers, versions, and what keeps it from being released."""

from siko_agenda.domain.agenda import Agenda
from siko_contracts.commands import agenda as commands
from siko_contracts.events.agenda import (
    AgendaFrozen,
    AgendaReleased,
    AgendaSupplemented,
    ItemMoved,
    ItemPlaced,
    ItemRemoved,
)
from siko_contracts.events.scheduler import (
    ConferenceCancelled,
    ConferencePostponed,
    ConferenceRescheduled,
    ConferenceScheduled,
)

LATER = "2025-06-01T09:00:00+02:00"
OTHER = "019730a0-0000-7000-8000-000000000002"


def moving(office, topic_id, number):
    return commands.MoveItem(conference_id=office.conference_id, topic_id=topic_id, number=number)


def removing(office, topic_id, number=None):
    return commands.RemoveItem(conference_id=office.conference_id, topic_id=topic_id, number=number)


def test_an_accepted_topic_is_placed_moved_and_removed(office):
    topic_id = office.placed_topic(number=2)
    office.do(moving(office, topic_id, 1))
    agenda_id = office.do(removing(office, topic_id))

    assert agenda_id == f"agenda:{office.conference_id}"
    for event, number in [(ItemPlaced, 2), (ItemMoved, 1), (ItemRemoved, 1)]:
        [published] = office.published(event)
        assert (published.conference_id, published.topic_id, published.number) == (
            office.conference_id,
            topic_id,
            number,
        )


def test_a_removed_topic_can_be_placed_again(office):
    topic_id = office.placed_topic()
    office.do(removing(office, topic_id))

    office.do(office.placing(topic_id, 3))
    assert [each.number for each in office.published(ItemPlaced)] == [1, 3]


def test_only_an_accepted_topic_is_placed(office):
    code, details = office.refuses(office.placing(office.submit(), 1))

    assert (code, details) == ("WrongState", {"state": "SUBMITTED", "needed": ["ACCEPTED"]})


def test_only_a_placed_topic_is_moved_or_removed(office):
    topic_id = office.accepted_topic()

    assert office.refuses(moving(office, topic_id, 1))[0] == "WrongState"
    assert office.refuses(removing(office, topic_id))[0] == "WrongState"


def test_a_number_is_given_once(office):
    first = office.placed_topic(number=1)
    second = office.placed_topic(number=2)

    code, details = office.refuses(moving(office, second, 1))
    assert (code, details["topic_id"]) == ("AlreadyDone", first)
    third = office.accepted_topic()
    assert office.refuses(office.placing(third, 2))[0] == "AlreadyDone"


def test_an_item_is_removed_by_no_other_number_than_its_own(office):
    topic_id = office.placed_topic(number=2)

    assert office.refuses(removing(office, topic_id, 1))[0] == "InvalidCommand"
    office.do(removing(office, topic_id, 2))


def test_a_topic_stands_on_the_agenda_of_its_own_conference_only(office):
    topic_id = office.accepted_topic()
    office.hear(
        ConferenceScheduled,
        conference_id=OTHER,
        kind="siko",
        areas=("Köln",),
        starts_at="2025-09-11T10:00:00+02:00",
        ends_at="2025-09-11T12:00:00+02:00",
        place="Köln",
        state="SCHEDULED",
        competent_bodies=(),
    )
    misplaced = commands.PlaceItem(conference_id=OTHER, topic_id=topic_id, number=1)

    code, details = office.refuses(misplaced)
    assert (code, details["field"]) == ("NotFound", "topic_id")


def test_r21_the_first_release_is_version_one_and_later_changes_are_numbered_supplements(
    office, release
):
    first = office.placed_topic(number=1)
    office.do(release)
    second = office.placed_topic(number=2)
    office.do(release)
    office.do(removing(office, first))
    office.do(release)

    assert [each.agenda_version for each in office.published(AgendaReleased)] == [1]
    assert [each.agenda_version for each in office.published(AgendaSupplemented)] == [2, 3]
    versions = office.stored(Agenda.Released) + office.stored(Agenda.Supplemented)
    assert [[item.topic_id for item in each.items] for each in versions] == [
        [first],
        [first, second],
        [second],
    ]


def test_r21_a_version_lists_its_items_by_number(office, release):
    last, first = office.placed_topic(number=7), office.placed_topic(number=1)
    office.do(release)

    [released] = office.stored(Agenda.Released)
    assert [item.topic_id for item in released.items] == [first, last]


def test_r21_an_agenda_without_a_change_is_not_released_again(office, release):
    office.placed_topic()
    office.do(release)

    refusal = office.ask(release)
    assert (refusal.error.code, refusal.error.message) == (
        "AlreadyDone",
        "Version 1 of the agenda is released as it is.",
    )


def test_an_agenda_is_not_released_without_a_date(office, release):
    office.placed_topic()
    office.hear(ConferencePostponed, LATER, conference_id=office.conference_id)

    code, details = office.refuses(release)
    assert (code, details["state"]) == ("WrongState", "POSTPONED")
    office.schedule("2025-07-10T10:00:00+02:00", event=ConferenceRescheduled, at=LATER)
    office.do(release)


def test_the_agenda_of_a_cancelled_conference_is_not_released(office, release):
    office.hear(ConferenceCancelled, conference_id=office.conference_id)

    code, details = office.refuses(release)
    assert (code, details["state"]) == ("WrongState", "CANCELLED")


def test_r21_the_agenda_freezes_when_the_conference_begins(office, release):
    placed, spare = office.placed_topic(), office.accepted_topic()
    office.do(release)
    office.open()

    [frozen] = office.published(AgendaFrozen)
    assert (frozen.conference_id, frozen.agenda_version) == (office.conference_id, 1)
    for command in [
        office.placing(spare, 2),
        moving(office, placed, 3),
        removing(office, placed),
        release,
    ]:
        assert office.refuses(command)[0] == "AgendaFrozen"


def test_commands_for_a_conference_never_heard_of_wait_for_the_scheduler(office):
    release = commands.ReleaseAgenda(conference_id=OTHER)

    assert office.refuses(release)[0] == "NotYetKnown"
