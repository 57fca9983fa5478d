"""What the agenda takes from scheduler and invitations, in whatever order they are heard."""

from siko_agenda.domain.agenda import Agenda
from siko_agenda.domain.known_body import KnownBody
from siko_agenda.domain.known_conference import KnownConference
from siko_contracts.commands import agenda as commands
from siko_contracts.events.agenda import ActionAgreed, AgendaFrozen, NeedsAnswered
from siko_contracts.events.invitations import InvitationWithdrawn
from siko_contracts.events.scheduler import (
    BodyClosed,
    ConferenceCancelled,
    ConferenceOpened,
    DayBegan,
)


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
    office.hear(InvitationWithdrawn, conference_id=office.conference_id, body_id="stadt-koeln")
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
    for event in (ConferenceCancelled, ConferenceOpened):
        empty_office.hear(event, conference_id=empty_office.conference_id)

    assert empty_office.desk.contracts == []


def test_a_cancelled_conference_is_not_opened_any_more(office):
    office.hear(ConferenceCancelled, conference_id=office.conference_id)
    office.open()

    assert office.published(AgendaFrozen) == []


def test_a_body_is_noted_closed_and_open_again_with_its_next_description(office):
    closed = {"authority_id": "nrw", "body_id": "stadt-koeln", "valid_to": "2025-12-31"}
    office.hear(BodyClosed, **closed)
    office.hear(BodyClosed, **closed)
    assert len(office.stored(KnownBody.Closed)) == 1

    office.hear_of_bodies()
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
    assert len(restarted.published(ActionAgreed)) == 1
    assert len(restarted.published(NeedsAnswered)) == 1


def test_what_nobody_here_is_interested_in_passes_by(office):
    before = len(office.desk.contracts)
    office.hear(DayBegan, authority_id="nrw", date="2025-05-21")

    assert len(office.desk.contracts) == before
