"""What the agenda takes from scheduler and invitations, in whatever order they are heard."""

from siko_agenda.domain.agenda import Agenda
from siko_agenda.domain.known_body import KnownBody
from siko_agenda.domain.known_conference import KnownConference
from siko_contracts import events
from siko_contracts.commands import agenda as commands


def test_invitations_may_be_heard_before_the_scheduler(empty_office):
    empty_office.release_invitations()
    assert empty_office.refuses(empty_office.submission())[0] == "NotYetKnown"

    empty_office.schedule()
    empty_office.submit()


def test_a_fact_that_is_heard_twice_is_noted_once(office):
    before = len(office.desk.contracts)
    office.hear_of_bodies()
    office.schedule()
    office.release_invitations()

    assert len(office.desk.contracts) == before


def test_a_body_withdrawn_and_on_the_next_list_again_is_invited_again(office):
    office.hear(
        events.InvitationWithdrawn, conference_id=office.conference_id, body_id="stadt-koeln"
    )
    office.release_invitations()

    office.submit()


def test_r20_the_deadline_names_the_ruleset_that_set_it(office):
    [dated] = office.stored(KnownConference.Dated)

    assert dated.ruleset == "nrw-2024.1"


def test_what_the_agenda_notes_keeps_the_time_at_which_it_happened(office):
    [opened] = office.stored(Agenda.Opened)

    assert opened.metadata.effective_at.isoformat() == "2025-03-03T08:00:00+00:00"
    assert opened.authority_id == "pp-koeln"


def test_a_cancelled_conference_that_never_had_a_date_leaves_no_trace(empty_office):
    for event in (events.ConferenceCancelled, events.ConferenceOpened):
        empty_office.hear(event, conference_id=empty_office.conference_id)

    assert empty_office.desk.contracts == []


def test_a_cancelled_conference_is_not_opened_any_more(office):
    office.hear(events.ConferenceCancelled, conference_id=office.conference_id)
    office.open()

    assert office.published(events.AgendaFrozen) == []


def test_a_body_is_noted_closed_and_open_again_with_its_next_description(office):
    closed = {"authority_id": "nrw", "body_id": "stadt-koeln", "valid_to": "2025-12-31"}
    office.hear(events.BodyClosed, **closed)
    office.hear(events.BodyClosed, **closed)
    assert len(office.stored(KnownBody.Closed)) == 1

    office.hear_of_bodies()
    [changed] = office.stored(KnownBody.Changed)
    assert changed.originator_id == "known:stadt-koeln"


def test_after_a_restart_the_agenda_goes_on_from_what_it_stored(office, tmp_path):
    """Every stored event is read again: topic, agenda, what is known of the conference, the action."""
    topic_id = office.discussed_topic("need_for_action")
    action_id = office.do(office.proposal(topic_id))
    restarted = type(office)(tmp_path)

    for body_id in ("stadt-koeln", "sta-koeln"):
        restarted.do(
            commands.ConsentToAction(action_id=action_id, body_id=body_id),
        )
    restarted.hold()
    assert len(restarted.published(events.ActionAgreed)) == 1
    assert len(restarted.published(events.NeedsAnswered)) == 1


def test_what_nobody_here_is_interested_in_passes_by(office):
    before = len(office.desk.contracts)
    office.hear(events.DayBegan, authority_id="nrw", date="2025-05-21")

    assert len(office.desk.contracts) == before
