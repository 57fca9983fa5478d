"""Commands of the session: topics discussed with outcomes, actions proposed and consented to."""

from siko_contracts.commands.agenda import (
    AnswerNeed,
    ConsentToAction,
    DiscussTopic,
    OutcomeEntry,
    ProposeAction,
)
from siko_core.calendar import berlin_day
from siko_core.eventsourced.application import Saved
from siko_core.words import ensure_known

from siko_agenda.application import Agendas
from siko_agenda.domain.action import Action
from siko_agenda.domain.topic_submission import TopicOutcome


def discuss_topic(agendas: Agendas, command: DiscussTopic) -> Saved:
    """R23, R24. A topic that was only submitted is accepted by that."""
    words = agendas.words("outcome")
    for number, entry in enumerate(command.outcomes):
        ensure_known(f"outcomes.{number}.kind", entry.kind, words)
    agenda = agendas.agenda_of(command.conference_id)
    conference = agendas.conference_of(agenda)
    topic = agendas.topic_of(agenda, command.topic_id)
    agenda.ensure_in_session(agendas.effective_at)
    conference.ensure_invited(command.bodies_present, "bodies_present")
    conference.ensure_not_absent(command.bodies_present, "bodies_present")
    if topic.state == "SUBMITTED":
        conference.ensure_may_know(topic.need_to_know)
        topic.accept()
    outcomes = tuple(_outcome(agendas, topic.id, entry) for entry in command.outcomes)
    topic.discuss(conference.areas, outcomes, command.bodies_present)
    if topic.leaves_need_open:
        agenda.raise_need(topic.id)
    return agendas.save(topic, agenda)


def propose_action(agendas: Agendas, command: ProposeAction) -> Saved:
    """R26-R28; the action answers its topic's need for action (R25)."""
    action_id = agendas.id_for(command)
    agenda = agendas.agenda_of(command.conference_id)
    conference = agendas.conference_of(agenda)
    topic = agendas.topic_of(agenda, command.topic_id)
    topic.ensure_discussed()
    agenda.ensure_takes_actions()
    for body_id in command.contributing_body_ids:
        agendas.category_of(body_id, conference)
    action = Action.propose(
        on=berlin_day(agendas.effective_at),
        lead_category=agendas.category_of(command.lead_body_id, conference),
        at_the_table=conference.at_the_table(topic.bodies_present),
        consents=command.consents,
        id=action_id,
        authority_id=agenda.authority_id,
        conference_id=agenda.conference_id,
        topic_id=topic.id,
        topic_area=topic.topic_area,
        title=agendas.seal(action_id, "title", command.title),
        lead_body_id=command.lead_body_id,
        contributing_body_ids=command.contributing_body_ids,
        due_on=command.due_on,
        follow_up_on=command.follow_up_on,
        administrative=command.administrative,
    )
    agenda.meet_need(topic.id)
    return agendas.save(action, agenda)


def answer_need(agendas: Agendas, command: AnswerNeed) -> Saved:
    """R25: by the explicit "none", during the session or after it."""
    agenda = agendas.agenda_of(command.conference_id)
    topic = agendas.topic_of(agenda, command.topic_id)
    agenda.dismiss_need(topic.id, agendas.keyring.seal(agenda.id, "reason", command.reason))
    return agendas.save(agenda)


def consent_to_action(agendas: Agendas, command: ConsentToAction) -> Saved:
    """R27: a body that was not at the table, or took its time."""
    action = agendas.get(Action, command.action_id, "action_id")
    note = agendas.seal(action.id, "note", command.note)
    action.consent(command.body_id, berlin_day(agendas.effective_at), note)
    return agendas.save(action)


def _outcome(agendas: Agendas, topic_id: str, entry: OutcomeEntry) -> TopicOutcome:
    return TopicOutcome(
        kind=entry.kind,
        text=agendas.seal(topic_id, "outcomes.text", entry.text),
        refers_to=entry.refers_to,
    )
