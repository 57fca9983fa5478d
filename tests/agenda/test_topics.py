"""Topics: who submits them, until when, and what the secretariat makes of them."""

import pytest
from siko_agenda.domain.topic_submission import TopicSubmission
from siko_contracts.commands import agenda as commands
from siko_contracts.events.agenda import (
    ItemRemoved,
    TopicAccepted,
    TopicDeferred,
    TopicRejected,
    TopicReturned,
    TopicSubmitted,
    TopicWithdrawn,
)
from siko_contracts.events.invitations import (
    InvitationSent,
    InvitationSentToIntermediary,
    InvitationWithdrawn,
)
from siko_contracts.events.scheduler import (
    ConferenceCancelled,
    ConferencePostponed,
    ConferenceRescheduled,
)

DEADLINE = "2025-06-05T10:00:00+02:00"
REASON = "Bitte den Ort nennen"


def test_a_submitted_topic_goes_out_without_its_title_and_text(office):
    topic_id = office.submit(classification="vs_nfd")

    [published] = office.published(TopicSubmitted)
    assert published.topic_id == topic_id
    assert published.authority_id == "pp-koeln"
    assert (published.body_id, published.topic_area) == ("stadt-koeln", "spatial_hotspots")
    assert published.classification == "vs_nfd"
    assert "Ebertplatz" not in published.model_dump_json()


def test_title_text_and_reason_are_sealed_and_can_be_opened(office):
    topic_id = office.submit()
    office.do(commands.ReturnTopic(topic_id=topic_id, reason=REASON))

    keyring = office.desk.application.keyring
    [submitted] = office.stored(TopicSubmission.Submitted)
    [returned] = office.stored(TopicSubmission.Returned)
    assert keyring.open(topic_id, "title", submitted.title) == "Ebertplatz"
    assert keyring.open(topic_id, "text", submitted.text) == "Lage und Vorschläge"
    assert keyring.open(topic_id, "reason", returned.reason) == REASON


def test_r17_the_topic_areas_are_a_list_that_the_ministry_keeps_open(office):
    drones = office.submission(topic_area="drones_over_stadiums")
    code, details = office.refuses(drones)
    assert (code, details["field"]) == ("UnknownWord", "topic_area")

    office.hear_of_word("topic_area", "drones_over_stadiums", "Drohnen über Stadien")
    office.do(drones)
    assert office.published(TopicSubmitted)[0].topic_area == "drones_over_stadiums"


@pytest.mark.parametrize(
    ("topic_area", "meant"),
    [
        ("Kinder- und Jugendschutz", "protection_of_minors"),
        ("Sicherheitslage", "security_situation"),
    ],
)
def test_r17_a_label_is_refused_with_its_code(office, topic_area, meant):
    code, details = office.refuses(office.submission(topic_area=topic_area))
    assert (code, details["code"]) == ("UnknownWord", meant)


@pytest.mark.parametrize(
    ("topic_area", "near"), [("lage", "security_situation"), ("minors", "protection_of_minors")]
)
def test_r17_a_word_that_is_no_topic_area_is_refused_with_what_comes_near(office, topic_area, near):
    code, details = office.refuses(office.submission(topic_area=topic_area))
    assert code == "UnknownWord"
    assert near in details["nearest"]


def test_r20_a_body_that_is_not_invited_submits_nothing(office):
    code, details = office.refuses(office.submission(body_id="hza-koeln"))

    assert code == "NotInvited"
    assert details == {"field": "body_id", "bodies": ["hza-koeln"]}


def test_r20_before_the_list_is_released_nobody_but_the_host_is_invited(empty_office):
    empty_office.hear_of_bodies()
    empty_office.schedule()

    assert empty_office.refuses(empty_office.submission())[0] == "NotInvited"
    empty_office.submit(body_id="pp-koeln")


def test_r20_a_body_whose_invitation_is_withdrawn_submits_no_longer(office):
    office.hear(InvitationWithdrawn, conference_id=office.conference_id, body_id="stadt-koeln")

    assert office.refuses(office.submission())[0] == "NotInvited"


@pytest.mark.parametrize("sent", [InvitationSent, InvitationSentToIntermediary])
def test_r20_a_body_invited_after_the_release_submits(office, sent):
    office.hear(
        sent,
        conference_id=office.conference_id,
        body_id="schulamt-koeln",
        category="school_office",
        areas=("Köln",),
    )

    office.submit(body_id="schulamt-koeln")


def test_r20_the_deadline_is_seven_days_before_the_start_and_is_itself_in_time(office):
    office.submit(at=DEADLINE)

    code, details = office.refuses(office.submission(), "2025-06-05T10:00:01+02:00")
    assert code == "AfterDeadline"
    assert details == {"deadline": "2025-06-05T08:00:00+00:00"}


def test_r20_the_deadline_has_the_time_of_day_of_the_start_across_the_change_of_clocks(
    empty_office,
):
    empty_office.schedule(starts_at="2025-04-02T10:00:00+02:00")
    empty_office.submit(body_id="pp-koeln", at="2025-03-26T10:00:00+01:00")

    code, _ = empty_office.refuses(
        empty_office.submission(body_id="pp-koeln"),
        "2025-03-26T10:00:01+01:00",
    )
    assert code == "AfterDeadline"


def test_r20_the_deadline_is_judged_at_the_time_of_submission_not_of_recording(office):
    in_time = office.submission(effective_at="2025-06-04T10:00:00+02:00")

    office.do(in_time, "2025-06-10T09:00:00+02:00")


def test_r20_a_topic_that_came_in_time_can_be_recorded_in_the_session(office):
    office.open()

    office.submit(effective_at="2025-06-04T10:00:00+02:00")


def test_r20_a_new_date_moves_the_deadline(office):
    office.schedule(starts_at="2025-07-10T10:00:00+02:00", event=ConferenceRescheduled, at=DEADLINE)

    office.submit(at="2025-07-03T10:00:00+02:00")
    code, _ = office.refuses(office.submission(), "2025-07-04T10:00:00+02:00")
    assert code == "AfterDeadline"


def test_r20_a_postponed_conference_has_no_deadline(office):
    office.hear(ConferencePostponed, DEADLINE, conference_id=office.conference_id)

    office.submit(at="2025-06-30T10:00:00+02:00")


def test_r22_classification_ends_at_vs_nfd(office):
    code, _ = office.refuses(office.submission(classification="vs_vertraulich"))

    assert code == "ClassificationTooHigh"


def test_r22_declared_case_data_are_refused(office):
    code, _ = office.refuses(office.submission(contains_case_data=True))

    assert code == "CaseDataDeclared"


def test_r22_need_to_know_lies_within_the_invited_bodies_and_the_host_when_a_topic_is_accepted(
    office,
):
    """Not when it is submitted: the submitter would learn who is invited."""
    office.accepted_topic(need_to_know=("sta-koeln", "pp-koeln"))
    topic_id = office.submit(need_to_know=("sta-koeln", "hza-koeln"))

    code, details = office.refuses(commands.AcceptTopic(topic_id=topic_id))
    assert code == "NeedToKnowNotInvited"
    assert details["bodies"] == ["hza-koeln"]


def test_r22_a_topic_that_was_only_submitted_is_accepted_or_refused_by_its_discussion(office):
    fitting = office.submit(need_to_know=("sta-koeln",))
    unfitting = office.submit(need_to_know=("hza-koeln",))
    office.open()

    office.do(office.discussion(fitting, "noted"))
    code, _ = office.refuses(office.discussion(unfitting, "noted"))
    assert code == "NeedToKnowNotInvited"
    [accepted] = office.published(TopicAccepted)
    assert (accepted.topic_id, accepted.need_to_know) == (fitting, ("sta-koeln",))


def test_r22_who_may_know_of_a_topic_goes_out_when_it_is_accepted_and_not_before(office):
    """The bus never carries codes that a body has made up, nor who was to know of a topic that was rejected."""
    topic_id = office.submit(need_to_know=("sta-koeln",))
    assert "sta-koeln" not in office.published(TopicSubmitted)[0].model_dump_json()

    office.do(commands.AcceptTopic(topic_id=topic_id))
    [accepted] = office.published(TopicAccepted)
    assert accepted.need_to_know == ("sta-koeln",)


def test_a_topic_of_a_conference_never_heard_of_waits_for_the_scheduler(empty_office):
    code, details = empty_office.refuses(empty_office.submission())

    assert code == "NotYetKnown"
    assert details["retry_after_s"] == 1


def test_the_id_that_a_client_brings_is_taken_once(office):
    topic_id = "019730a0-0000-7000-8000-00000000000a"

    assert office.submit(id=topic_id) == topic_id
    assert office.refuses(office.submission(id=topic_id))[0] == "AlreadyDone"


@pytest.mark.parametrize(
    "command",
    [
        commands.AcceptTopic(topic_id="nowhere"),
        commands.ReturnTopic(topic_id="nowhere", reason=REASON),
        commands.RejectTopic(topic_id="nowhere", reason=REASON),
        commands.DeferTopic(topic_id="nowhere", reason=REASON),
        commands.WithdrawTopic(topic_id="nowhere"),
    ],
)
def test_a_topic_never_submitted_is_not_found(office, command):
    code, details = office.refuses(command)

    assert (code, details["field"]) == ("NotFound", "topic_id")


@pytest.mark.parametrize(
    ("command", "event"),
    [
        (commands.ReturnTopic, TopicReturned),
        (commands.RejectTopic, TopicRejected),
        (commands.DeferTopic, TopicDeferred),
    ],
)
def test_r20_the_secretariat_decides_with_a_reason_that_never_leaves_the_service(
    office, command, event
):
    topic_id = office.submit()
    office.do(command(topic_id=topic_id, reason=REASON))

    [published] = office.published(event)
    assert (published.topic_id, published.body_id) == (topic_id, "stadt-koeln")
    assert REASON not in published.model_dump_json()
    code, _ = office.refuses(commands.AcceptTopic(topic_id=topic_id))
    assert code == "WrongState"


def test_a_topic_is_accepted_once(office):
    topic_id = office.accepted_topic()

    code, details = office.refuses(commands.AcceptTopic(topic_id=topic_id))
    assert (code, details) == ("WrongState", {"state": "ACCEPTED", "needed": ["SUBMITTED"]})
    assert [each.topic_id for each in office.published(TopicAccepted)] == [topic_id]


def test_a_placed_topic_is_rejected_only_after_it_has_left_the_agenda(office):
    topic_id = office.placed_topic()
    rejection = commands.RejectTopic(topic_id=topic_id, reason=REASON)

    code, details = office.refuses(rejection)
    assert (code, details["state"]) == ("WrongState", "PLACED")
    office.do(
        commands.RemoveItem(conference_id=office.conference_id, topic_id=topic_id),
    )
    office.do(rejection)


@pytest.mark.parametrize(
    ("command", "event"),
    [
        ({}, TopicWithdrawn),
        ({"reason": REASON}, TopicDeferred),
    ],
)
def test_a_placed_topic_that_is_withdrawn_or_deferred_leaves_the_agenda(office, command, event):
    topic_id = office.placed_topic(number=4)
    command_class = commands.DeferTopic if command else commands.WithdrawTopic
    office.do(command_class(topic_id=topic_id, **command))

    [removed] = office.published(ItemRemoved)
    assert (removed.topic_id, removed.number) == (topic_id, 4)
    assert [each.topic_id for each in office.published(event)] == [topic_id]


def test_r23_in_session_a_placed_topic_can_be_deferred_and_not_withdrawn(office):
    topic_id = office.placed_topic()
    office.open()

    withdrawal = commands.WithdrawTopic(topic_id=topic_id)
    assert office.refuses(withdrawal)[0] == "AgendaFrozen"
    office.do(commands.DeferTopic(topic_id=topic_id, reason=REASON))
    assert office.published(ItemRemoved) == []


def test_what_is_discussed_stays_discussed(office):
    topic_id = office.discussed_topic("noted")

    code, details = office.refuses(commands.WithdrawTopic(topic_id=topic_id))
    assert (code, details["state"]) == ("WrongState", "DISCUSSED")


def test_the_open_topics_of_a_cancelled_conference_are_deferred_without_a_reason(office):
    submitted, accepted, placed = office.submit(), office.accepted_topic(), office.placed_topic()
    withdrawn = office.submit()
    office.do(commands.WithdrawTopic(topic_id=withdrawn))
    office.hear(ConferenceCancelled, conference_id=office.conference_id)

    deferred = [each.topic_id for each in office.published(TopicDeferred)]
    assert deferred == [submitted, accepted, placed]
    assert {each.reason for each in office.stored(TopicSubmission.Deferred)} == {None}


@pytest.mark.parametrize(
    "end",
    [
        lambda office, topic_id: office.do(commands.DeferTopic(topic_id=topic_id, reason=REASON)),
        lambda office, topic_id: office.do(commands.WithdrawTopic(topic_id=topic_id)),
        lambda office, _: office.hear(ConferenceCancelled, conference_id=office.conference_id),
    ],
)
def test_a_topic_that_was_returned_is_still_open(office, end):
    topic_id = office.submit()
    office.do(commands.ReturnTopic(topic_id=topic_id, reason=REASON))
    end(office, topic_id)
    ended = office.published(TopicDeferred) + office.published(TopicWithdrawn)
    assert [each.topic_id for each in ended] == [topic_id]


def test_nothing_is_submitted_to_a_cancelled_conference(office):
    office.hear(ConferenceCancelled, conference_id=office.conference_id)

    code, details = office.refuses(office.submission())
    assert (code, details["state"]) == ("WrongState", "CANCELLED")
