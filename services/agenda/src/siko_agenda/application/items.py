"""Commands on the agenda: items placed, moved and removed, and the whole released in numbered versions."""

from siko_contracts.commands.agenda import MoveItem, PlaceItem, ReleaseAgenda, RemoveItem
from siko_core.eventsourced.application import Saved, ensure_reason
from siko_core.refusals import InvalidCommand

from siko_agenda.application import Agendas


def place_item(agendas: Agendas, command: PlaceItem) -> Saved:
    agenda = agendas.agenda_of(command.conference_id)
    topic = agendas.topic_of(agenda, command.topic_id)
    agenda.place(topic.id, command.number, topic.topic_area)
    topic.place()
    return agendas.save(agenda, topic)


def move_item(agendas: Agendas, command: MoveItem) -> Saved:
    agenda = agendas.agenda_of(command.conference_id)
    topic = agendas.topic_of(agenda, command.topic_id)
    topic.ensure_placed()
    agenda.move(topic.id, command.number)
    return agendas.save(agenda)


def remove_item(agendas: Agendas, command: RemoveItem) -> Saved:
    """`number`, where given, must be the one that the item has."""
    agenda = agendas.agenda_of(command.conference_id)
    topic = agendas.topic_of(agenda, command.topic_id)
    topic.take_off()
    number = agenda.items[topic.id].number
    if command.number not in (None, number):
        raise InvalidCommand(f"The item has the number {number}.", number="not the item's")
    agenda.remove(topic.id)
    return agendas.save(agenda, topic)


def release_agenda(agendas: Agendas, command: ReleaseAgenda) -> Saved:
    """R13, R19, R21."""
    agenda = agendas.agenda_of(command.conference_id)
    conference = agendas.conference_of(agenda)
    conference.ensure_dated()
    reason = agendas.seal(agenda.id, "override_reason", command.override_reason)
    findings = agenda.release(conference.areas_without_youth_office(), reason)
    ensure_reason(findings, command.override_reason)
    return agendas.save(agenda, findings=findings)
