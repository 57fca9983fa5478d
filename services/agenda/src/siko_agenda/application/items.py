"""The agenda: items placed, moved and removed, and the whole released in numbered versions."""

from siko_contracts.commands.agenda import MoveItem, PlaceItem, ReleaseAgenda, RemoveItem
from siko_core.eventsourced import Saved
from siko_core.refusals import InvalidCommand

from siko_agenda.application.lookup import Lookup


class ItemCommands(Lookup):
    def place_item(self, command: PlaceItem) -> Saved:
        agenda = self.agenda_of(command.conference_id)
        topic = self.topic_of(agenda, command.topic_id)
        agenda.place(topic.id, command.number, topic.topic_area)
        topic.place()
        return self.save(agenda, topic)

    def move_item(self, command: MoveItem) -> Saved:
        agenda = self.agenda_of(command.conference_id)
        topic = self.topic_of(agenda, command.topic_id)
        topic.ensure_placed()
        agenda.move(topic.id, command.number)
        return self.save(agenda)

    def remove_item(self, command: RemoveItem) -> Saved:
        """`number`, where given, must be the one that the item has."""
        agenda = self.agenda_of(command.conference_id)
        topic = self.topic_of(agenda, command.topic_id)
        topic.take_off()
        number = agenda.items[topic.id].number
        if command.number not in (None, number):
            raise InvalidCommand(f"The item has the number {number}.", number="not the item's")
        agenda.remove(topic.id)
        return self.save(agenda, topic)

    def release_agenda(self, command: ReleaseAgenda) -> Saved:
        """R13, R21."""
        agenda = self.agenda_of(command.conference_id)
        conference = self.known(agenda)
        conference.ensure_dated()
        agenda.release(conference.areas_without_youth_office())
        return self.save(agenda)
