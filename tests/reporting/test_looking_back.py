"""As of a moment, effective on a day: the archive answers as the documents would have."""

from datetime import UTC, date, datetime

import pytest
from siko_contracts.events.invitations import InvitationListDerived
from siko_contracts.events.scheduler import ConferenceCancelled, DayBegan, ObligationJudged
from siko_contracts.queries.reporting import Compliance, Conference, Conferences, Invitations
from siko_contracts.values import CompetentBody, Debtor
from siko_reporting.service import service
from siko_reporting.store import ReportingStore
from siko_reporting.views import VIEWS


def asked(name, **fields):
    if name == "conference":
        fields["conference_id"] = "joint"
    return service.queries[name](**fields)


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_looking_back_answers_as_if_only_that_had_been_recorded(
    full_store, year, feed, name, tmp_path
):
    moments = sorted({event.recorded_at for history in year.values() for event in history})
    for index, moment in enumerate(moments):
        then = ReportingStore(f"sqlite:///{tmp_path / f'{index}.db'}")
        for producer, history in year.items():
            if known := [event for event in history if event.recorded_at <= moment]:
                feed(then, producer, known)
        expected = then.answer(name, asked(name, as_of=moment))
        then.close()
        answer = full_store.answer(name, asked(name, as_of=moment))
        assert (answer.items, answer.as_of) == (expected.items, moment)


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_looking_back_from_after_the_last_record_is_looking_now(full_store, name):
    """The documents and the fold of the whole archive are the same thing."""
    last_day = datetime(2025, 12, 31, 12, tzinfo=UTC)
    now = full_store.answer(name, asked(name))
    assert now.items
    assert full_store.answer(name, asked(name, as_of=last_day)).items == now.items
    assert full_store.answer(name, asked(name, effective_on=date(2025, 12, 31))).items == now.items


def test_effective_on_shows_what_was_true_however_late_it_was_recorded(store, happened, feed):
    late = happened(
        InvitationListDerived,
        "2025-01-11",
        recorded="2025-03-11",
        conference_id="joint",
        bodies=(CompetentBody(body_id="stadt-koeln", category="administration"),),
    )
    feed(store, "invitations", [late])

    def seen(**back):
        return len(store.answer("invitations", Invitations(**back)).items)

    assert seen(effective_on=date(2025, 1, 10)) == 0
    assert seen(effective_on=date(2025, 1, 11)) == 1
    assert seen(as_of=datetime(2025, 3, 10, tzinfo=UTC)) == 0
    assert seen(as_of=datetime(2025, 3, 12, tzinfo=UTC), effective_on=date(2025, 1, 11)) == 1
    assert seen(as_of=datetime(2025, 3, 10, tzinfo=UTC), effective_on=date(2025, 1, 11)) == 0


def test_effective_on_is_a_day_in_berlin(store, happened, feed):
    began = happened(ConferenceCancelled, "2025-03-09T23:30:00", conference_id="joint")
    feed(store, "scheduler", [began])
    for day, count in ((date(2025, 3, 9), 0), (date(2025, 3, 10), 1)):
        answer = store.answer("conferences", Conferences(effective_on=day))
        assert len(answer.items) == count


def test_a_clock_that_steps_back_never_reorders_the_past(store, happened, feed):
    cancelled = {"contract": ConferenceCancelled, "at": "2025-03-01"}
    feed(
        store,
        "scheduler",
        [
            happened(**cancelled, recorded="2025-03-01T10:00:00", conference_id="first"),
            happened(**cancelled, recorded="2025-03-01T09:00:00", conference_id="second"),
        ],
    )
    feed(
        store,
        "scheduler",
        [happened(**cancelled, recorded="2025-03-01T09:30:00", conference_id="third")],
    )
    between = datetime(2025, 3, 1, 9, 59, tzinfo=UTC)
    then = datetime(2025, 3, 1, 10, 0, tzinfo=UTC)
    for moment, count in ((between, 0), (then, 3)):
        answer = store.answer("conferences", Conferences(as_of=moment))
        assert len(answer.items) == count
    assert store.answer("conferences", Conferences()).as_of == then


def test_c_days_since_the_last_count_to_the_last_day_begun_or_the_day_asked_about(
    store, happened, feed
):
    """The day of `as_of`, whatever had begun by then; `effective_on` if that is earlier."""
    judged = happened(
        ObligationJudged,
        "2025-03-10",
        aggregate="obligation:siko:Köln:2025",
        kind="siko",
        area="Köln",
        year=2025,
        debtors=(Debtor(authority_id="pp-koeln", from_=date(2025, 1, 1)),),
        verdict="FULFILLED",
        evidence=(),
        last_held_on="2025-03-10",
    )
    begun = happened(DayBegan, "2025-04-09T00:00:00", authority="nrw", date="2025-04-09")
    feed(store, "scheduler", [judged, begun])

    def days(**back):
        (row,) = store.answer("compliance", Compliance(**back)).items
        return row["days_since_last"]

    assert days() == 30
    assert days(as_of=datetime(2025, 3, 20, 12, tzinfo=UTC)) == 10
    assert days(as_of=datetime(2025, 5, 9, 12, tzinfo=UTC)) == 60
    assert days(effective_on=date(2025, 3, 30)) is None  # no day had begun by then
    assert days(as_of=datetime(2025, 5, 9, 12, tzinfo=UTC), effective_on=date(2025, 3, 11)) == 1


def test_the_file_looked_back_to_is_the_one_asked_for(full_store):
    then = datetime(2025, 6, 1, tzinfo=UTC)
    query = Conference(conference_id="unheard", as_of=then)
    (file,) = full_store.answer("conference", query).items
    assert file["conference_id"] == "unheard"
