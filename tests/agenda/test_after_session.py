"""What is left when the session has ended, and what comes no more when the conference is closed."""

from siko_agenda.domain.topic_submission import TopicSubmission
from siko_contracts.commands import agenda as commands
from siko_contracts.events.agenda import NeedsAnswered, TopicDeferred
from siko_contracts.events.scheduler import ConferenceClosed

AFTER = "2025-06-20T09:00:00+02:00"


def test_r29_an_item_that_was_never_called_is_deferred_when_the_session_ends(office):
    called, never = office.placed_topic(number=1), office.placed_topic(number=2)
    accepted, submitted = office.accepted_topic(), office.submit()
    office.open()
    office.do(office.discussion(called, "noted"))
    office.hold()
    office.hold()

    assert [each.topic_id for each in office.published(TopicDeferred)] == [never]
    [deferred] = office.stored(TopicSubmission.Deferred)
    assert deferred.reason is None
    states = {
        id_: office.desk.application.get(TopicSubmission, id_).state
        for id_ in (accepted, submitted)
    }
    assert states == {accepted: "ACCEPTED", submitted: "SUBMITTED"}
    assert len(office.published(NeedsAnswered)) == 1


def test_no_action_is_proposed_once_the_conference_is_closed(office):
    topic_id = office.discussed_topic("need_for_action")
    office.hold()
    action_id = office.do(office.proposal(topic_id))
    office.hear(ConferenceClosed, AFTER, conference_id=office.conference_id)
    office.hear(ConferenceClosed, AFTER, conference_id=office.conference_id)

    code, details = office.refuses(office.proposal(topic_id), AFTER)
    assert (code, details) == ("WrongState", {"state": "CLOSED", "needed": ["IN_SESSION", "ENDED"]})
    office.do(commands.ConsentToAction(action_id=action_id, body_id="sta-koeln"), AFTER)
