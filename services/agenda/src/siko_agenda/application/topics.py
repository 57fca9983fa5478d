"""Commands on topics: submitted by invited bodies, decided by the secretariat."""

from siko_contracts.commands.agenda import (
    AcceptTopic,
    DeferTopic,
    RejectTopic,
    ReturnTopic,
    SubmitTopic,
    TopicDecision,
    WithdrawTopic,
)
from siko_core.eventsourced.application import Saved
from siko_core.sealed import Sealed
from siko_core.words import ensure_known

from siko_agenda.application import Agendas
from siko_agenda.domain.agenda import Agenda
from siko_agenda.domain.topic_submission import TopicSubmission


def submit_topic(agendas: Agendas, command: SubmitTopic) -> Saved:
    """R17, R20."""
    ensure_known("topic_area", command.topic_area, agendas.words("topic_area"))
    topic_id = agendas.id_for(command)
    agenda = agendas.agenda_of(command.conference_id)
    conference = agendas.conference_of(agenda)
    conference.ensure_invited([command.body_id], "body_id")
    conference.ensure_before_deadline(agendas.effective_at)
    agenda.enter_topic(topic_id)
    topic = TopicSubmission.submit(
        id=topic_id,
        authority_id=agenda.authority_id,
        conference_id=command.conference_id,
        body_id=command.body_id,
        topic_area=command.topic_area,
        title=agendas.seal(topic_id, "title", command.title),
        text=agendas.seal(topic_id, "text", command.text),
        classification=command.classification,
        contains_case_data=command.contains_case_data,
        may_know=command.need_to_know,
    )
    return agendas.save(topic, agenda)


def accept_topic(agendas: Agendas, command: AcceptTopic) -> Saved:
    """R22: who may know of it is judged now and not before, for a refusal tells who is invited."""
    topic = agendas.get(TopicSubmission, command.topic_id, "topic_id")
    conference = agendas.conference_of(agendas.agenda_of(topic.conference_id))
    conference.ensure_may_know(topic.need_to_know)
    topic.accept()
    return agendas.save(topic)


def return_topic(agendas: Agendas, command: ReturnTopic) -> Saved:
    topic = agendas.get(TopicSubmission, command.topic_id, "topic_id")
    topic.send_back(_sealed_reason(agendas, command))
    return agendas.save(topic)


def reject_topic(agendas: Agendas, command: RejectTopic) -> Saved:
    topic = agendas.get(TopicSubmission, command.topic_id, "topic_id")
    topic.reject(_sealed_reason(agendas, command))
    return agendas.save(topic)


def defer_topic(agendas: Agendas, command: DeferTopic) -> Saved:
    """A placed topic leaves the agenda; once that is frozen it stays there, and is not discussed."""
    topic = agendas.get(TopicSubmission, command.topic_id, "topic_id")
    agenda = agendas.agenda_of(topic.conference_id)
    if not agenda.is_frozen:
        _take_off(agenda, topic)
    topic.defer(_sealed_reason(agendas, command))
    return agendas.save(topic, agenda)


def withdraw_topic(agendas: Agendas, command: WithdrawTopic) -> Saved:
    topic = agendas.get(TopicSubmission, command.topic_id, "topic_id")
    agenda = agendas.agenda_of(topic.conference_id)
    _take_off(agenda, topic)
    topic.withdraw()
    return agendas.save(topic, agenda)


def _take_off(agenda: Agenda, topic: TopicSubmission) -> None:
    if topic.state == "PLACED":
        agenda.remove(topic.id)


def _sealed_reason(agendas: Agendas, command: TopicDecision) -> Sealed[str]:
    return agendas.keyring.seal(command.topic_id, "reason", command.reason)
