"""The agenda on the bus: where each command and reaction lives."""

from siko_contracts.commands import agenda as commands
from siko_contracts.messages import FOLLOWS
from siko_contracts.queries import agenda as asked
from siko_core.write_service import WriteService

from siko_agenda.application import Agendas, items, session, texts, topics
from siko_agenda.application.policy import policy
from siko_agenda.publishing import CONTRACTS

service = WriteService(
    Agendas,
    CONTRACTS,
    follows=FOLLOWS["agenda"],
    policy=policy,
    commands={
        commands.SubmitTopic: topics.submit_topic,
        commands.AcceptTopic: topics.accept_topic,
        commands.ReturnTopic: topics.return_topic,
        commands.RejectTopic: topics.reject_topic,
        commands.DeferTopic: topics.defer_topic,
        commands.WithdrawTopic: topics.withdraw_topic,
        commands.PlaceItem: items.place_item,
        commands.MoveItem: items.move_item,
        commands.RemoveItem: items.remove_item,
        commands.ReleaseAgenda: items.release_agenda,
        commands.DiscussTopic: session.discuss_topic,
        commands.ProposeAction: session.propose_action,
        commands.ConsentToAction: session.consent_to_action,
        commands.AnswerNeed: session.answer_need,
    },
    queries={asked.Texts: texts.texts},
)


def main() -> None:
    service.main()
