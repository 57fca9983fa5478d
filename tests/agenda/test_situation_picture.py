"""R19: the first item is the situation picture, or a reason says why not."""

import pytest
from siko_agenda.domain.agenda import Agenda
from siko_contracts.commands.agenda import ReleaseAgenda
from siko_contracts.events.agenda import AgendaReleased, AgendaSupplemented
from siko_contracts.values import Finding

REASON = "Das Lagebild wird nachgereicht."


@pytest.fixture
def bare(office):
    return ReleaseAgenda(conference_id=office.conference_id)


@pytest.fixture
def finding(office):
    return Finding(code="NoSituationPicture", rule="R19", conference_id=office.conference_id)


def test_r19_an_agenda_that_begins_with_the_situation_picture_has_no_finding(office, bare):
    office.placed_topic(number=2)
    office.placed_topic(number=1, topic_area="security_situation")
    assert office.ask(bare).findings == []
    assert "findings" not in office.published(AgendaReleased)[0].model_dump()


@pytest.mark.parametrize("picture", [None, 3], ids=["no picture", "not first"])
def test_r19_an_agenda_that_begins_otherwise_needs_a_reason(office, bare, finding, picture):
    office.placed_topic(number=2)
    if picture:
        office.placed_topic(number=picture, topic_area="security_situation")
    code, details = office.refuses(bare)
    assert (code, details["findings"]) == (
        "ReasonRequired",
        [finding.model_dump(exclude_none=True)],
    )

    answer = office.ask(bare.model_copy(update={"override_reason": REASON}))
    assert answer.findings == [finding]
    [published] = office.published(AgendaReleased)
    assert published.findings == (finding,)
    assert REASON not in published.model_dump_json()
    [released] = office.stored(Agenda.Released)
    keyring = office.desk.application.keyring
    assert (
        keyring.open(released.originator_id, "override_reason", released.override_reason) == REASON
    )


def test_r19_each_version_is_judged_by_itself(office, bare, finding):
    office.placed_topic(number=2)
    office.do(bare.model_copy(update={"override_reason": REASON}))
    office.placed_topic(number=3)
    assert office.refuses(bare)[0] == "ReasonRequired"
    office.placed_topic(number=1, topic_area="security_situation")
    assert office.ask(bare).findings == []
    [supplement] = office.published(AgendaSupplemented)
    assert supplement.findings == ()


def test_r19_nobody_is_asked_for_a_reason_in_vain(office, bare):
    office.placed_topic()
    office.do(bare.model_copy(update={"override_reason": REASON}))
    assert office.refuses(bare)[0] == "AlreadyDone"
