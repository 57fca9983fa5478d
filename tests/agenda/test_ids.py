"""Ids in the agenda: one for one thing, and a conference that was squatted by an earlier version's topic gets its own."""

import pytest
from siko_agenda.domain.agenda import Agenda
from siko_agenda.domain.known_body import KnownBody
from siko_agenda.domain.known_conference import KnownConference
from siko_contracts.commands import agenda as commands
from siko_contracts.events.agenda import AgendaFrozen, ItemPlaced, TopicWithdrawn
from siko_contracts.events.invitations import InvitationSent, InvitationsReleased
from siko_contracts.events.scheduler import BodyRegistered, ConferenceOpened, ConferenceScheduled

from tests.agenda.conftest import BEFORE, CONFERENCE, START, Office

BONN = "019730a0-0000-7000-8000-0000000000b0"
TAKEN = "019730a0-0000-7000-8000-00000000000a"
OF_BONN = (f"agenda:{BONN}", f"known:{BONN}", "known:stadt-bonn")


@pytest.fixture
def squatted(office: Office) -> Office:
    """Topics of Köln's have the ids that Bonn's conference will need, as every id could be brought once."""
    for taken in OF_BONN:
        brought = office.submission().model_copy(update={"id": taken})
        assert office.do(brought, BEFORE) == taken
    return office


def hear_of_bonn(office: Office) -> None:
    office.hear(
        BodyRegistered,
        authority_id="nrw",
        body_id="stadt-bonn",
        name="Stadt Bonn",
        category="administration",
        areas=("Bonn",),
        route="direct",
        leadership_function="Leitung",
        verified=True,
        valid_from="2007-01-01",
    )
    bonn = {"authority_id": "pp-bonn", "conference_id": BONN}
    office.hear(
        ConferenceScheduled,
        **bonn,
        kind="siko",
        areas=("Bonn",),
        sections=(),
        starts_at=START,
        ends_at=START.replace("T10", "T12"),
        place="Präsidium",
        state="SCHEDULED",
        competent_bodies=(),
    )
    invited = {"body_id": "stadt-bonn", "category": "administration", "areas": ("Bonn",)}
    office.hear(InvitationsReleased, **bonn, areas=(), accepted_gaps=())
    office.hear(InvitationSent, **bonn, **invited)


def test_a_squatted_conference_gets_an_agenda_of_its_own(squatted):
    hear_of_bonn(squatted)
    application = squatted.desk.application
    agenda = application.find(Agenda, f"agenda:{BONN}")
    assert (agenda.id, agenda.conference_id) == (f"agenda:{BONN}.2", BONN)
    assert agenda.authority_id == "pp-bonn"
    assert application.find(KnownConference, f"known:{BONN}").invited.keys() == {"stadt-bonn"}
    assert application.find(KnownBody, "known:stadt-bonn").category == "administration"


def test_a_squatted_conference_is_its_authoritys_and_open_to_whom_it_has_invited(squatted):
    hear_of_bonn(squatted)
    rights = squatted.desk.application
    assert rights.authority_of("conference_id", BONN) == "pp-bonn"
    command = commands.SubmitTopic.model_construct(conference_id=BONN)
    assert rights.is_open_to("stadt-bonn", "conference_id", command)
    assert not rights.is_open_to("stadt-koeln", "conference_id", command)


def test_a_squatted_conference_goes_its_whole_way_under_its_own_name(squatted):
    hear_of_bonn(squatted)
    about = {"conference_id": BONN, "body_id": "stadt-bonn"}
    topic_id = squatted.do(squatted.submission(**about))
    squatted.do(commands.AcceptTopic(topic_id=topic_id))
    place = commands.PlaceItem(conference_id=BONN, topic_id=topic_id, number=1)
    squatted.do(place)
    squatted.do(commands.ReleaseAgenda(conference_id=BONN, override_reason="ohne Lagebild"))
    squatted.hear(ConferenceOpened, START, authority_id="pp-bonn", conference_id=BONN)
    [frozen] = squatted.published(AgendaFrozen)
    assert (frozen.conference_id, frozen.aggregate_id) == (BONN, f"agenda:{BONN}.2")
    [placed] = squatted.published(ItemPlaced)
    assert (placed.conference_id, placed.topic_id) == (BONN, topic_id)


def test_the_topics_that_squatted_can_still_be_named(squatted):
    hear_of_bonn(squatted)
    for taken in OF_BONN:
        withdraw = commands.WithdrawTopic(topic_id=taken)
        assert squatted.do(withdraw) == taken
        assert squatted.desk.application.authority_of("topic_id", taken) == "pp-koeln"
    assert {e.conference_id for e in squatted.published(TopicWithdrawn)} == {CONFERENCE}


def test_topic_and_action_do_not_share_an_id(office):
    topic_id = office.discussed_topic("need_for_action")
    office.do(office.proposal(topic_id, id=TAKEN))
    for command in (office.submission(id=TAKEN), office.proposal(topic_id, id=topic_id)):
        code, details = office.refuses(command, BEFORE)
        assert (code, details) == ("AlreadyDone", {"field": "id", "id": command.id})


def test_a_field_names_nothing_of_another_kind(office):
    topic_id = office.submit()
    for field in ("action_id", "conference_id"):
        assert office.desk.application.authority_of(field, topic_id) is None
