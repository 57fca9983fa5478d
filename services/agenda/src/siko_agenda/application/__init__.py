"""What the agenda can be asked to do, and how it reacts to the other services."""

from siko_agenda.application.items import ItemCommands
from siko_agenda.application.policy import Policy
from siko_agenda.application.session import SessionCommands
from siko_agenda.application.topics import TopicCommands


class Agendas(TopicCommands, ItemCommands, SessionCommands, Policy):
    name = "agenda"
