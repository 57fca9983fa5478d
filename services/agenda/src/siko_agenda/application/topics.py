"""Topics: submitted by invited bodies, decided by the secretariat."""

from typing import Any

from siko_contracts.commands.agenda import (
    AcceptTopic,
    DeferTopic,
    RejectTopic,
    ReturnTopic,
    SubmitTopic,
    TopicDecision,
    WithdrawTopic,
)
from siko_core.eventsourced import Saved

from siko_agenda.application.lookup import Lookup
from siko_agenda.domain.agenda import Agenda
from siko_agenda.domain.topic_submission import TopicSubmission


class TopicCommands(Lookup):
    def submit_topic(self, command: SubmitTopic) -> Saved:
        """R20."""
        topic_id = self.id_for(command)
        agenda = self.agenda_of(command.conference_id)
        conference = self.known(agenda)
        conference.ensure_invited([command.body_id], "body_id")
        conference.ensure_before_deadline(self.effective_at)
        agenda.enter_topic(topic_id)
        topic = TopicSubmission.submit(
            id=topic_id,
            authority_id=agenda.authority_id,
            conference_id=command.conference_id,
            body_id=command.body_id,
            topic_area=command.topic_area,
            title=self.seal(topic_id, "title", command.title),
            text=self.seal(topic_id, "text", command.text),
            classification=command.classification,
            contains_case_data=command.contains_case_data,
            may_know=command.need_to_know,
        )
        return self.save(topic, agenda)

    def accept_topic(self, command: AcceptTopic) -> Saved:
        """R22: who may know of it is judged now and not before, for a refusal tells who is invited."""
        topic = self.get(TopicSubmission, command.topic_id, "topic_id")
        conference = self.known(self.agenda_of(topic.conference_id))
        conference.ensure_may_know(topic.need_to_know)
        topic.accept()
        return self.save(topic)

    def return_topic(self, command: ReturnTopic) -> Saved:
        topic = self.get(TopicSubmission, command.topic_id, "topic_id")
        topic.send_back(self._reason(command))
        return self.save(topic)

    def reject_topic(self, command: RejectTopic) -> Saved:
        topic = self.get(TopicSubmission, command.topic_id, "topic_id")
        topic.reject(self._reason(command))
        return self.save(topic)

    def defer_topic(self, command: DeferTopic) -> Saved:
        """A placed topic leaves the agenda; once that is frozen it stays there, and is not discussed."""
        topic = self.get(TopicSubmission, command.topic_id, "topic_id")
        agenda = self.agenda_of(topic.conference_id)
        if not agenda.is_frozen:
            self._take_off(agenda, topic)
        topic.defer(self._reason(command))
        return self.save(topic, agenda)

    def withdraw_topic(self, command: WithdrawTopic) -> Saved:
        topic = self.get(TopicSubmission, command.topic_id, "topic_id")
        agenda = self.agenda_of(topic.conference_id)
        self._take_off(agenda, topic)
        topic.withdraw()
        return self.save(topic, agenda)

    def _take_off(self, agenda: Agenda, topic: TopicSubmission) -> None:
        if topic.state == "PLACED":
            agenda.remove(topic.id)

    def _reason(self, command: TopicDecision) -> Any:
        return self.seal(command.topic_id, "reason", command.reason)
