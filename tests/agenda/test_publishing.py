"""What goes out: contracts without narrative, and for everything else a bare notice."""

from siko_agenda.publishing import CONTRACTS
from siko_agenda.service import service
from siko_contracts import events
from siko_contracts.commands import agenda as commands
from siko_contracts.commands.base import Command
from siko_core.sealed import sealed_fields

INTERNAL = {
    "agenda.opened",
    "agenda.topic_entered",
    "agenda.need_raised",
    "agenda.need_met",
    "agenda.session_ended",
    "topic_submission.placed",
}


def test_what_stays_inside_goes_out_as_a_notice_that_names_it(office):
    topic_id = office.discussed_topic("need_for_action")
    office.do(office.proposal(topic_id))
    office.hold()

    names = {each.event for each in office.published(events.Recorded)}
    assert names >= INTERNAL
    assert {name.partition(".")[0] for name in names - INTERNAL} == {
        "agenda_known_body",
        "agenda_known_conference",
    }


def test_nothing_sealed_leaves_the_service(office):
    topic_id = office.discussed_topic("need_for_action")
    office.do(office.proposal(topic_id))

    assert [sealed_fields(each) for each in office.desk.contracts] == [[]] * len(
        office.desk.contracts
    )


def test_every_contract_of_the_agenda_is_published():
    published = {event for event in vars(events).values() if _is_contract_of_the_agenda(event)}

    assert len(published) == len(CONTRACTS)


def test_every_command_of_the_agenda_has_its_function():
    known = {
        command
        for command in vars(commands).values()
        if isinstance(command, type) and issubclass(command, Command) and "NAME" in vars(command)
    }

    assert set(service.commands) == known
    for command, function in service.commands.items():
        assert function.__name__ == command.NAME


def _is_contract_of_the_agenda(event):
    return (
        isinstance(event, type)
        and event.__module__ == "siko_contracts.events.agenda"
        and "TYPE" in vars(event)
    )
