"""R22, R38: who reads which texts of topics, outcomes and actions; for all others they are not there."""

from datetime import datetime

import pytest
from siko_agenda.application.texts import TABLE, texts
from siko_contracts.commands import agenda as commands
from siko_contracts.events.invitations import InvitationWithdrawn
from siko_contracts.queries.agenda import Texts
from siko_core.requests.history import EventLog

from tests.agenda.conftest import BEFORE, CONFERENCE, START, Office
from tests.contracts.stored_events import sealing_topics_of
from tests.reading import AUDITOR, at, partner, read

SUBMITTER, OTHER, THIRD = "stadt-koeln", "sta-koeln", "ag-koeln"
RELEASE = commands.ReleaseAgenda(conference_id=CONFERENCE, override_reason="ohne Lagebild")
NOWHERE = "019730a0-0000-7000-8000-00000000ffff"


@pytest.fixture
def reads(office: Office):
    return lambda reader, *ids, **more: read(office.desk, texts, Texts(ids=ids, **more), reader)


def words(items) -> list[str]:
    return [item.text for item in items]


def test_the_submitter_the_authority_and_the_auditor_read_a_topic_and_no_other_body(office, reads):
    topic_id = office.submit()
    for reader in (partner(SUBMITTER), at("pp-koeln"), at("pp-koeln", "minute_taker"), AUDITOR):
        assert words(reads(reader, topic_id)) == ["Ebertplatz", "Lage und Vorschläge"]
    for reader in (partner(OTHER), at("pp-bonn"), partner("stadt-bonn")):
        assert reads(reader, topic_id) == reads(reader, NOWHERE) == []


def test_r22_another_body_reads_a_topic_from_the_release_of_the_agenda_on_until_it_is_taken_off(
    office, reads
):
    topic_id = office.placed_topic()
    assert reads(partner(OTHER), topic_id) == []
    office.do(RELEASE)
    assert words(reads(partner(OTHER), topic_id)) == ["Ebertplatz", "Lage und Vorschläge"]
    office.do(commands.RemoveItem(conference_id=CONFERENCE, topic_id=topic_id))
    assert reads(partner(OTHER), topic_id) == []
    office.do(office.placing(topic_id, 2))
    assert reads(partner(OTHER), topic_id) == []


def test_r22_who_is_outside_the_need_to_know_reads_nothing_of_a_released_topic(office, reads):
    topic_id = office.placed_topic(need_to_know=(OTHER,))
    office.do(RELEASE)
    assert words(reads(partner(OTHER), topic_id)) == ["Ebertplatz", "Lage und Vorschläge"]
    assert reads(partner(THIRD), topic_id) == []


def test_r38_after_the_withdrawal_a_body_reads_neither_its_own_topic_nor_others(office, reads):
    own, others = office.submit(), office.placed_topic(body_id=OTHER)
    office.do(RELEASE)
    assert len(reads(partner(SUBMITTER), own, others)) == 4
    office.hear(InvitationWithdrawn, conference_id=CONFERENCE, body_id=SUBMITTER)
    assert reads(partner(SUBMITTER), own, others, CONFERENCE) == []


@pytest.mark.parametrize(
    "decision", [commands.ReturnTopic, commands.RejectTopic, commands.DeferTopic]
)
def test_r20_the_submitter_reads_why_and_no_other_body(office, reads, decision):
    topic_id = office.placed_topic() if decision is commands.DeferTopic else office.submit()
    if decision is commands.DeferTopic:
        office.do(RELEASE)
        office.open()
    office.do(decision(topic_id=topic_id, reason="Gehört nicht hierher"))
    for reader in (partner(SUBMITTER), at("pp-koeln")):
        reason = reads(reader, topic_id)[-1]
        assert (reason.field, reason.text) == ("reason", "Gehört nicht hierher")
        assert reason.fact == f"topic_submission.{decision.NAME.partition('_')[0]}ed".replace(
            "defered", "deferred"
        )
    assert "reason" not in [item.field for item in reads(partner(OTHER), topic_id)]


def test_outcomes_are_read_by_who_may_know_the_topic_each_with_its_kind(office, reads):
    topic_id = office.discussed_topic("need_for_action", "noted")
    for reader in (partner(SUBMITTER), partner(OTHER), at("pp-koeln")):
        outcomes = [i for i in reads(reader, topic_id) if i.field == "outcomes.text"]
        assert [(item.kind, item.text) for item in outcomes] == [
            ("need_for_action", "Wortlaut"),
            ("noted", "Wortlaut"),
        ]


def test_an_actions_title_is_read_by_its_bodies_and_a_note_by_who_wrote_it(office, reads):
    topic_id = office.discussed_topic("need_for_action")
    action_id = office.do(office.proposal(topic_id, contributing_body_ids=(OTHER,)))
    office.do(commands.ConsentToAction(action_id=action_id, body_id=OTHER, note="Ab Oktober"))
    assert words(reads(at("pp-koeln"), action_id)) == ["Gemeinsame Streifen", "Ab Oktober"]
    assert words(reads(partner(OTHER), action_id)) == ["Gemeinsame Streifen", "Ab Oktober"]
    assert words(reads(partner(SUBMITTER), action_id)) == ["Gemeinsame Streifen"]
    assert reads(partner(THIRD), action_id) == reads(at("pp-bonn"), action_id) == []
    office.hear(InvitationWithdrawn, conference_id=CONFERENCE, body_id=SUBMITTER)
    assert words(reads(partner(SUBMITTER), action_id)) == ["Gemeinsame Streifen"]


def test_why_a_need_has_no_answer_is_read_by_the_authority_alone(office, reads):
    topic_id = office.discussed_topic("need_for_action")
    answer = {"answer": "none", "reason": "Sache des Landes"}
    office.do(commands.AnswerNeed(conference_id=CONFERENCE, topic_id=topic_id, **answer))
    [reason] = [i for i in reads(at("pp-koeln"), CONFERENCE) if i.fact == "agenda.need_dismissed"]
    assert (reason.topic_id, reason.text) == (topic_id, "Sache des Landes")
    assert "agenda.need_dismissed" not in [i.fact for i in reads(partner(SUBMITTER), CONFERENCE)]


def test_a_conference_stands_for_its_topics(office, reads):
    first, second = office.submit(), office.submit(body_id=OTHER, title="Zülpicher Platz")
    assert {item.id for item in reads(at("pp-koeln"), CONFERENCE)} == {first, second}
    assert {item.id for item in reads(partner(SUBMITTER), CONFERENCE)} == {first}


def test_looking_back_shows_what_was_recorded_then_and_only_what_is_open_then_and_now(
    office, reads
):
    topic_id = office.placed_topic()
    office.do(RELEASE, at="2025-05-21T09:00:00+02:00")
    before, after = datetime.fromisoformat(BEFORE), datetime.fromisoformat(START)
    assert reads(partner(OTHER), topic_id, as_of=before) == []
    before_all = datetime.fromisoformat("2025-03-01T09:00:00+01:00")
    assert reads(at("pp-koeln"), topic_id, as_of=before_all) == []
    assert words(reads(at("pp-koeln"), topic_id, as_of=before)) == [
        "Ebertplatz",
        "Lage und Vorschläge",
    ]
    assert len(reads(partner(OTHER), topic_id, as_of=after)) == 2
    office.hear(InvitationWithdrawn, conference_id=CONFERENCE, body_id=OTHER)
    assert reads(partner(OTHER), topic_id, as_of=after) == []


def test_pages_hold_each_text_once_and_a_page_is_bounded_by_size(office):
    log = EventLog(office.desk.application, office.desk.translations)
    long = "ä" * 20_000
    ids = [office.submit(title=f"Thema {n}", text=long) for n in range(15)]
    for limit in (500, 4):
        seen, cursor, pages = [], None, 0
        while pages == 0 or cursor:
            page = texts(
                log, Texts(ids=ids, limit=limit, cursor=cursor), datetime.now().astimezone()
            )
            assert sum(len(item.model_dump_json().encode()) for item in page.items) <= 500_000
            assert len(page.items) <= limit
            seen += [(item.id, item.field) for item in page.items]
            cursor, pages = page.cursor, pages + 1
        assert sorted(seen) == sorted((id_, field) for id_ in ids for field in ("title", "text"))
        assert len(seen) == 30
        assert pages >= 2


def test_an_erased_text_reads_geloescht(office, reads):
    topic_id = office.submit()
    office.desk.application.keyring.erase([topic_id])
    assert words(reads(at("pp-koeln"), topic_id)) == ["gelöscht", "gelöscht"]


def test_every_event_with_a_sealed_field_says_who_reads_it():
    assert {event.TOPIC for event in TABLE} == sealing_topics_of("agenda")
