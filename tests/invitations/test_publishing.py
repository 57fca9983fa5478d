"""What leaves the service says enough, and never more."""

from base64 import b64encode

from siko_contracts.commands import invitations as commands
from siko_contracts.events import TYPES, Recorded
from siko_contracts.events.invitations import InvitationListDerived, InvitationSent
from siko_contracts.events.scheduler import (
    CompetentBodiesChanged,
    ConferenceOpened,
    ConferenceRescheduled,
    DayBegan,
)
from siko_core.eventsourced.aggregates import fold
from siko_core.sealed import sealed_fields
from siko_invitations.application.letters import fail
from siko_invitations.domain.correspondence import Correspondence
from siko_invitations.service import service

from tests.gaps import accepted

HELD = "0192f0c4-0000-7000-8000-000000000017"
SECRETS = ("Muster", "geheim", "Gereonswall")


def year_of(office):
    """One of everything that carries words."""
    at = {"conference_id": "c1", "body_id": "ag-koeln"}
    for command in (
        commands.SetContact(
            body_id="ag-koeln", email="geheim@example.org", postal_address=("Gereonswall 1",)
        ),
        commands.AddBody(conference_id="c1", body_id="br-koeln", purpose="geheim"),
        commands.RemoveBody(conference_id="c1", body_id="olg-koeln", reason="geheim"),
        commands.CheckCoverage(conference_id="c1"),
        commands.ReleaseInvitations(
            conference_id="c1", accepted_gaps=accepted("Köln", "Leverkusen", reason="geheim")
        ),
        commands.RecordDispatch(**at, channel="mail"),
    ):
        office.does(command)
    office.hears(DayBegan, authority_id="nrw", date="2025-01-25")
    office.does(commands.SendReminders(conference_id="c1", body_ids=("lg-koeln",), text="geheim"))
    for command in (
        commands.ConfirmForwarding(
            conference_id="c1", body_id="schulamt-koeln", by_body_id="br-koeln"
        ),
        commands.Respond(**at, answer="accepted", channel="mail", comment="geheim"),
        commands.Respond(**at, answer="tentative", channel="mail", comment="geheim"),
        commands.Respond(**at, answer="declined", channel="mail", comment="geheim"),
        commands.NameDeputy(
            **at, function="Vizepräsidentin", level="deputy_head", name="Muster", channel="mail"
        ),
        commands.IssueAnswerLink(**at),
        commands.RevokeAnswerLink(**at),
        commands.ImportReply(
            id=HELD,
            authority_id="pp-koeln",
            message=b64encode(b"From: geheim@example.org\n\ngeheim").decode(),
        ),
        commands.SettleReply(reply_id=HELD),
        commands.WithdrawInvitation(conference_id="c1", body_id="lg-koeln", reason="geheim"),
    ):
        office.does(command)
    letters = Correspondence.create_id("c1", "ag-koeln")
    office.decides(lambda application: fail(application, letters, 1, "5.1.1"))
    office.hears_of_conference(
        ConferenceRescheduled, starts_at="2025-06-03T09:00:00+02:00", state="CONVENED"
    )
    office.hears_that(ConferenceOpened)
    office.does(commands.RecordAttendance(**at, attended=True, level="head"))
    office.does(commands.CorrectAttendance(**at, attended=False, error="geheim"))


def test_every_contract_of_this_stream_is_published_and_says_no_secret(invited):
    year_of(invited)
    published = invited.contracts
    own = {c for c in TYPES.values() if c.__module__.endswith("events.invitations")}
    assert own <= {type(each) for each in published}
    told = "".join(each.model_dump_json() for each in published)
    assert not [secret for secret in SECRETS if secret in told]


def test_narrative_and_contacts_are_stored_sealed_and_open_with_their_place(invited):
    year_of(invited)
    stored = invited.application.recorder.select_notifications(0, 10_000, inclusive_of_start=False)
    raw = b"".join(bytes(each.state) for each in stored).decode()
    assert not [secret for secret in SECRETS if secret in raw]
    opened = {
        str(invited.application.keyring.open(event.originator_id, path, sealed))
        for event in map(invited.application.mapper.to_domain_event, stored)
        for path, sealed in sealed_fields(event)
    }
    assert opened == {"geheim", "geheim@example.org", "['Gereonswall 1']", "Muster"}


def test_the_stored_log_makes_every_aggregate_again(invited):
    year_of(invited)
    application = invited.application
    cached = dict(application.cache._aggregates)
    assert len(cached) > len(invited.bodies(InvitationSent))
    for aggregate_id, aggregate in cached.items():
        again = fold(None, application.events.get(aggregate_id))
        assert vars(again) == vars(aggregate)


def test_what_has_no_contract_goes_out_as_a_bare_notice(office):
    office.hears_of_authority()
    (notice,) = office.contracts
    assert isinstance(notice, Recorded)
    assert notice.event == "invitations_known_authority.noted"


def test_a_renewed_list_is_the_derived_list_again(invited):
    invited.hears_of_conference(CompetentBodiesChanged, areas=("Köln",))
    first, second = invited.published(InvitationListDerived)
    assert len(first.bodies) > len(second.bodies)
    assert second.aggregate_version > first.aggregate_version


def test_invitations_follow_the_scheduler():
    assert service.follows == ("scheduler",)
