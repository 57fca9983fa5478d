"""The agenda on the bus."""

from siko_contracts.commands import agenda as commands
from siko_contracts.messages import FOLLOWS
from siko_core.service import WriteService

from siko_agenda.application import Agendas
from siko_agenda.publishing import CONTRACTS

service = WriteService(
    Agendas,
    CONTRACTS,
    follows=FOLLOWS["agenda"],
    commands={
        commands.SubmitTopic: Agendas.submit_topic,
        commands.AcceptTopic: Agendas.accept_topic,
        commands.ReturnTopic: Agendas.return_topic,
        commands.RejectTopic: Agendas.reject_topic,
        commands.DeferTopic: Agendas.defer_topic,
        commands.WithdrawTopic: Agendas.withdraw_topic,
        commands.PlaceItem: Agendas.place_item,
        commands.MoveItem: Agendas.move_item,
        commands.RemoveItem: Agendas.remove_item,
        commands.ReleaseAgenda: Agendas.release_agenda,
        commands.DiscussTopic: Agendas.discuss_topic,
        commands.ProposeAction: Agendas.propose_action,
        commands.ConsentToAction: Agendas.consent_to_action,
    },
)


def main() -> None:
    service.main()
