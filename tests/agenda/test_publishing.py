"""What goes out: contracts without narrative, and for everything else a bare notice."""

from siko_contracts.events import Recorded
from siko_core.sealed import sealed_fields

INTERNAL = {
    "agenda.opened",
    "agenda.topic_entered",
    "agenda.need_raised",
    "agenda.need_met",
    "agenda.session_ended",
    "topic_submission.placed",
}


def test_what_stays_inside_goes_out_as_a_notice_that_names_it(office):
    topic_id = office.discussed_topic("need_for_action")
    office.do(office.proposal(topic_id))
    office.hold()

    names = {each.event for each in office.published(Recorded)}
    assert names >= INTERNAL
    assert {name.partition(".")[0] for name in names - INTERNAL} == {
        "agenda_known_body",
        "agenda_known_conference",
    }


def test_nothing_sealed_leaves_the_service(office):
    topic_id = office.discussed_topic("need_for_action")
    office.do(office.proposal(topic_id))

    assert [sealed_fields(each) for each in office.desk.contracts] == [[]] * len(
        office.desk.contracts
    )
