"""The session: discussions with outcomes, and the needs for action that they leave."""

import pytest
from siko_agenda.domain.known_words import KnownWords
from siko_agenda.domain.topic_submission import TopicSubmission
from siko_contracts.commands import agenda as commands
from siko_contracts.events.agenda import AgendaFrozen, NeedDismissed, NeedsAnswered, TopicDiscussed
from siko_contracts.values import Outcome

CONCEPT = "0192f0c4-0000-7000-8000-00000000000c"
IN_SESSION = "2025-06-12T10:30:00+02:00"


def test_a_discussion_carries_the_conference_s_areas_outcomes_and_who_was_there(office):
    topic_id = office.placed_topic()
    office.open()
    discussion = office.discussion(
        topic_id,
        outcomes=[{"kind": "concept", "text": "Streifenkonzept", "refers_to": CONCEPT}],
        present=("stadt-koeln", "pp-koeln"),
    )
    assert office.do(discussion, IN_SESSION) == topic_id

    [published] = office.published(TopicDiscussed)
    assert (published.conference_id, published.topic_id) == (office.conference_id, topic_id)
    assert published.topic_area == "spatial_hotspots"
    assert published.areas == ("Köln", "Leverkusen")
    assert published.outcomes == (Outcome(kind="concept", refers_to=CONCEPT),)
    assert published.bodies_present == ("stadt-koeln", "pp-koeln")
    assert "Streifenkonzept" not in published.model_dump_json()


def test_r24_the_words_of_an_outcome_are_sealed(office):
    topic_id = office.discussed_topic("noted")

    [discussed] = office.stored(TopicSubmission.Discussed)
    [outcome] = discussed.outcomes
    keyring = office.desk.application.keyring
    assert keyring.open(topic_id, "outcomes.text", outcome.text) == "Wortlaut"


def test_r23_nothing_is_discussed_before_the_session(office):
    discussion = office.discussion(office.placed_topic(), "noted")

    assert office.refuses(discussion)[0] == "NotInSession"


def test_r23_nothing_is_discussed_after_the_session(office):
    topic_id = office.placed_topic()
    office.open()
    office.hold()

    discussion = office.discussion(topic_id, "noted", effective_at=IN_SESSION)
    assert office.refuses(discussion)[0] == "NotInSession"


def test_r23_nothing_was_discussed_before_the_session_began(office):
    topic_id = office.placed_topic()
    office.open()

    discussion = office.discussion(topic_id, "noted", effective_at="2025-06-12T09:59:59+02:00")
    code, details = office.refuses(discussion)
    assert (code, details) == ("NotInSession", {"not_before": "2025-06-12T08:00:00+00:00"})


def test_r23_what_has_no_place_on_the_agenda_is_flagged_ad_hoc(office):
    topics = [office.placed_topic(), office.accepted_topic(), office.submit()]
    office.open()
    for topic_id in topics:
        office.do(office.discussion(topic_id, "noted"))

    discussed = office.stored(TopicSubmission.Discussed)
    assert [(each.originator_id, each.ad_hoc) for each in discussed] == list(
        zip(topics, [False, True, True], strict=True)
    )


def test_a_topic_is_discussed_once(office):
    topic_id = office.discussed_topic("noted")

    code, details = office.refuses(office.discussion(topic_id, "noted"))
    assert (code, details["state"]) == ("WrongState", "DISCUSSED")


def test_a_withdrawn_topic_is_not_discussed(office):
    topic_id = office.submit()
    office.do(commands.WithdrawTopic(topic_id=topic_id))
    office.open()

    code, details = office.refuses(office.discussion(topic_id, "noted"))
    assert code == "WrongState"
    assert details == {"state": "WITHDRAWN", "needed": ["PLACED", "ACCEPTED", "SUBMITTED"]}


def test_r24_a_discussion_closes_with_at_least_one_outcome(office):
    topic_id = office.placed_topic()
    office.open()

    assert office.refuses(office.discussion(topic_id))[0] == "NoOutcome"


def test_bodies_that_are_not_invited_are_not_present(office):
    topic_id = office.placed_topic()
    office.open()

    discussion = office.discussion(topic_id, "noted", present=("stadt-koeln", "hza-koeln"))
    code, details = office.refuses(discussion)
    assert code == "NotInvited"
    assert details == {"field": "bodies_present", "bodies": ["hza-koeln"]}


def test_a_conference_that_is_recorded_as_held_without_being_opened_freezes_and_ends(office):
    office.hold()

    assert len(office.published(AgendaFrozen)) == 1
    assert len(office.published(NeedsAnswered)) == 1


class TestR25NeedsForAction:
    """Answered by an action, a concept or a deferral; told once the session has ended."""

    def test_r25_without_a_need_they_are_answered_when_the_session_ends(self, office):
        office.discussed_topic("noted")
        assert office.published(NeedsAnswered) == []
        office.hold()

        [answered] = office.published(NeedsAnswered)
        assert answered.conference_id == office.conference_id

    def test_r25_an_open_need_keeps_them_open_until_an_action_answers_it(self, office):
        topic_id = office.discussed_topic("need_for_action")
        office.hold()
        assert office.published(NeedsAnswered) == []

        office.do(office.proposal(topic_id))
        assert len(office.published(NeedsAnswered)) == 1

    def test_r25_an_action_of_another_topic_answers_nothing(self, office):
        other = office.placed_topic(number=9)
        office.discussed_topic("need_for_action")
        office.do(office.discussion(other, "noted"))
        office.hold()
        office.do(office.proposal(other))

        assert office.published(NeedsAnswered) == []

    def test_r25_an_action_proposed_in_the_session_answers_its_need(self, office):
        topic_id = office.discussed_topic("need_for_action")
        office.do(office.proposal(topic_id))
        assert office.published(NeedsAnswered) == []
        office.hold()

        assert len(office.published(NeedsAnswered)) == 1

    @pytest.mark.parametrize("answer", ["action", "concept", "deferred"])
    def test_r25_another_outcome_of_the_same_discussion_answers_it(self, office, answer):
        office.discussed_topic("need_for_action", answer)
        office.hold()

        assert len(office.published(NeedsAnswered)) == 1

    def test_r25_they_are_answered_once(self, office):
        topic_id = office.discussed_topic("need_for_action")
        office.hold()
        office.do(office.proposal(topic_id))
        office.do(office.proposal(topic_id))
        office.hold()

        assert len(office.published(NeedsAnswered)) == 1


def answering(office, topic_id, **fields):
    return commands.AnswerNeed(
        conference_id=office.conference_id,
        topic_id=topic_id,
        answer="none",
        reason="Nicht zuständig",
        **fields,
    )


def test_r25_the_table_may_say_that_a_need_for_action_has_no_answer(office):
    topic_id = office.discussed_topic("need_for_action")
    office.hold()
    assert office.published(NeedsAnswered) == []

    office.do(answering(office, topic_id))

    [dismissed] = office.published(NeedDismissed)
    assert (dismissed.conference_id, dismissed.topic_id) == (office.conference_id, topic_id)
    assert "zuständig" not in dismissed.model_dump_json()
    assert len(office.published(NeedsAnswered)) == 1


def test_r25_only_an_open_need_is_answered(office):
    topic_id = office.discussed_topic("noted")

    assert office.refuses(answering(office, topic_id))[0] == "NoOpenNeed"


@pytest.mark.parametrize(
    "written", ["handlungserfordernis", "Handlungserfordernis", "need_for_acton"]
)
def test_r25_no_conference_closes_over_a_need_for_action_that_is_misspelt(office, written):
    topic_id = office.placed_topic()
    office.open()

    code, details = office.refuses(office.discussion(topic_id, "noted", written))
    assert (code, details["field"]) == ("UnknownWord", "outcomes.1.kind")
    assert details["nearest"] == {"need_for_action": "Handlungserfordernis"}

    office.do(office.discussion(topic_id, "noted", "need_for_action"))
    office.hold()
    assert office.published(NeedsAnswered) == []


def test_an_outcome_that_the_ministry_has_added_is_one(office):
    topic_id = office.placed_topic()
    office.open()
    office.refuses(office.discussion(topic_id, "pilot_project"))
    office.hear_of_word("outcome", "pilot_project", "Modellprojekt")
    office.hear_of_word("outcome", "pilot_project", "Modellprojekt")

    office.do(office.discussion(topic_id, "pilot_project"))


def test_a_category_that_was_added_is_no_matter_of_the_agenda(office):
    office.hear_of_word("category", "harbour", "Hafenbehörde")
    assert office.stored(KnownWords.Opened) == []
