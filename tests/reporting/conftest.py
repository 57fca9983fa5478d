"""Events as they arrive, a year of Cologne made of them, and stores on both databases."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any

import pytest
from siko_contracts.events import Event, Recorded
from siko_contracts.events.agenda import (
    ActionAgreed,
    ActionConsented,
    ActionConsentVoided,
    ActionProposed,
    ItemPlaced,
    PresenceRefuted,
    TopicAccepted,
    TopicDiscussed,
    TopicSubmitted,
)
from siko_contracts.events.invitations import (
    AnswerLinkIssued,
    AnswerLinksRevoked,
    AttendanceRecorded,
    BodyAdded,
    BodyRemoved,
    DeputyNamed,
    ForwardingOverdue,
    ForwardingReopened,
    HandedOver,
    InvitationAccepted,
    InvitationForwarded,
    InvitationListDerived,
    InvitationListFrozen,
    InvitationSent,
    InvitationSentToIntermediary,
    InvitationsReleased,
    InvitationWithdrawn,
    ReminderSent,
    ReplyHeld,
    ReplySettled,
)
from siko_contracts.events.scheduler import (
    ConferenceCancelled,
    ConferenceConvened,
    ConferenceHeld,
    ConferenceOpened,
    ConferenceScheduled,
    DayBegan,
    ObligationJudged,
)
from siko_contracts.values import (
    Actor,
    AreaCoverage,
    CompetentBody,
    Credit,
    Debtor,
    Finding,
    Outcome,
)
from siko_core.faults import Fault
from siko_core.follower.message import Followed
from siko_core.positions import Step
from siko_reporting.service import service
from siko_reporting.store import ReportingStore
from siko_reporting.views import VIEWS, evolve
from siko_reporting.views.base import page

from tests.reporting.story import Story

Happened = Callable[..., Event]
Histories = dict[str, list[Event]]

START, END = "2025-03-10T09:00:00", "2025-03-10T12:00:00"

SECRETARIAT = Actor(function="secretariat", body_id="pp-koeln")
CITY = CompetentBody(body_id="stadt-koeln", category="administration", areas=("Köln",))
COURT = CompetentBody(body_id="ag-leverkusen", category="ordinary_court", areas=("Leverkusen",))
SCHOOL_OFFICE = CompetentBody(
    body_id="schulamt-koeln",
    category="school_office",
    areas=("Köln",),
    route="via",
    via="br-koeln",
)
BODIES = (CITY, COURT, SCHOOL_OFFICE)


def _happened(
    contract: type[Event],
    at: str,
    *,
    recorded: str | None = None,
    authority: str = "pp-koeln",
    aggregate: str = "object",
    version: int = 1,
    **fields: Any,
) -> Event:
    """An event that happened at a moment (`2025-03-10` or with time, UTC), recorded then or later."""
    return contract(
        event_id=f"{aggregate}@{version}",
        aggregate_id=aggregate,
        aggregate_version=version,
        authority_id=authority,
        effective_at=_moment(at),
        recorded_at=_moment(recorded or at),
        actor=SECRETARIAT,
        **fields,
    )


def _moment(text: str) -> str:
    return f"{text}Z" if "T" in text else f"{text}T12:00:00Z"


@pytest.fixture(scope="session")
def happened() -> Happened:
    return _happened


@pytest.fixture(scope="session")
def items() -> Callable[..., list[dict[str, Any]]]:
    """What a view shows after these events: `items("actions", events, today=..., state="AGREED")`."""

    def shown(
        name: str, events: Sequence[Event], today: date | None = None, **asked: Any
    ) -> list[dict[str, Any]]:
        view, documents = VIEWS[name], {}
        for event in events:
            evolve(documents, event, [view])
        query = service.queries[name](**asked)
        return page(view, documents.values(), query, today)[0]

    return shown


@pytest.fixture(scope="session")
def year() -> Histories:
    """What the three services recorded of 2025: one conference held, one cancelled, one that only others tell of."""
    return {"scheduler": _scheduler(), "invitations": _invitations(), "agenda": _agenda()}


def _scheduler() -> list[Event]:
    joint = {"conference_id": "joint", "aggregate": "joint"}
    other = {"conference_id": "other", "aggregate": "other"}
    scope = {"kind": "siko", "areas": ("Köln", "Leverkusen")}
    session = {"started_at": f"{START}Z", "ended_at": f"{END}Z"}
    placed = {
        **scope,
        "starts_at": f"{START}Z",
        "ends_at": f"{END}Z",
        "place": "Polizeipräsidium Köln",
        "state": "SCHEDULED",
        "competent_bodies": BODIES,
    }
    obligation = {
        "aggregate": "obligation:siko:Köln:2025",
        "kind": "siko",
        "area": "Köln",
        "year": 2025,
        "debtors": (Debtor(authority_id="pp-koeln", from_=date(2025, 1, 1)),),
        "ruleset": "nrw-2024.1",
    }
    covered = {"verdict": "COVERED", "evidence": ("joint@1",)}
    fulfilled = {
        "verdict": "FULFILLED",
        "evidence": ("joint@4", "list:joint@3"),
        "last_held_on": "2025-03-10",
    }
    return [
        _happened(DayBegan, "2025-01-01T00:00:00", authority="nrw", date="2025-01-01"),
        _happened(Recorded, "2025-01-02", event="conference.prepared"),
        _happened(ConferenceScheduled, "2025-01-10", **joint, **placed),
        _happened(ObligationJudged, "2025-01-10", **obligation, **covered),
        _happened(ConferenceScheduled, "2025-01-11", **other, **placed),
        _happened(ConferenceConvened, "2025-01-20", version=2, **joint),
        _happened(ConferenceCancelled, "2025-02-01", version=2, **other),
        _happened(ConferenceOpened, START, version=3, **joint),
        _happened(ConferenceHeld, END, version=4, **joint, **scope, **session),
        _happened(ObligationJudged, END, version=2, **obligation, **fulfilled),
        _happened(DayBegan, "2025-12-31T00:00:00", authority="nrw", date="2025-12-31"),
    ]


def _invitations() -> list[Event]:
    joint = {"conference_id": "joint"}
    unheard = {"conference_id": "unheard"}
    late = {"recorded": "2025-03-11"}
    letter = {**joint, "channel": "letter"}
    hop = _dispatch(SCHOOL_OFFICE)
    reminder = {
        "body_id": "schulamt-koeln",
        "number": 1,
        "about": "forwarding",
        "to_body_id": "br-koeln",
    }
    deputy = {"body_id": "ag-leverkusen", "level": "deputy_head"}
    present = {"body_id": "stadt-koeln", "attended": True, "level": "head"}
    coverage = AreaCoverage(
        area="Köln",
        counts=True,
        credited=(Credit(body_id="stadt-koeln", category="administration"),),
        gaps=(Finding(code="NoBodyRegistered", rule="R8", area="Köln", category="customs"),),
    )
    added = {"body_id": "feuerwehr-koeln", "category": "emergency_service", "areas": ("Köln",)}
    return [
        _happened(InvitationListDerived, "2025-01-10", **joint, bodies=BODIES),
        _happened(BodyAdded, "2025-01-12", **joint, **added),
        _happened(BodyAdded, "2025-01-12", **joint, body_id="ihk-koeln", category="business"),
        _happened(BodyRemoved, "2025-01-13", **joint, body_id="ihk-koeln"),
        _happened(InvitationsReleased, "2025-01-20", **joint, areas=(coverage,)),
        _happened(InvitationSent, "2025-01-20", **joint, **_dispatch(CITY)),
        _happened(InvitationSent, "2025-01-20", **joint, **_dispatch(COURT)),
        _happened(HandedOver, "2025-01-21", **letter, body_id="ag-leverkusen"),
        _happened(InvitationSentToIntermediary, "2025-01-20", **joint, **hop),
        _happened(ForwardingOverdue, "2025-01-24", **joint, **hop, due_on="2025-01-23"),
        _happened(ReminderSent, "2025-01-24", **joint, **reminder),
        _happened(InvitationForwarded, "2025-01-25", **joint, **hop),
        _happened(ForwardingReopened, "2025-01-26", **joint, body_id="schulamt-koeln"),
        _happened(InvitationForwarded, "2025-01-27", **joint, **hop),
        _happened(AnswerLinkIssued, "2025-01-28", **joint, body_id="stadt-koeln"),
        _happened(InvitationAccepted, "2025-02-01", **letter, body_id="stadt-koeln"),
        _happened(AnswerLinksRevoked, "2025-02-01", **joint, body_id="stadt-koeln"),
        _happened(DeputyNamed, "2025-02-02", **letter, **deputy),
        _happened(InvitationListFrozen, START, **joint, areas=(coverage,)),
        _happened(AttendanceRecorded, END, **joint, **present),
        _happened(InvitationListDerived, "2025-01-11", **late, **unheard, bodies=(CITY,)),
        _happened(ReplyHeld, "2025-02-03", reply_id="mail", cause="to_be_read"),
        _happened(ReplySettled, "2025-02-04", reply_id="mail"),
        _happened(InvitationWithdrawn, "2025-03-12", **unheard, body_id="stadt-koeln"),
    ]


def _dispatch(body: CompetentBody) -> dict[str, Any]:
    return body.model_dump(include={"body_id", "category", "areas", "via"})


def _agenda() -> list[Event]:
    topic = {"conference_id": "joint", "topic_id": "ebertplatz", "topic_area": "spatial_hotspots"}
    discussion = {
        "areas": ("Köln", "Leverkusen"),
        "outcomes": (Outcome(kind="need_for_action"), Outcome(kind="action", refers_to="lighting")),
        "bodies_present": ("stadt-koeln",),
    }
    submitted = {**topic, "body_id": "stadt-koeln", "classification": "open"}
    action = {
        **topic,
        "action_id": "lighting",
        "lead_body_id": "stadt-koeln",
        "contributing_body_ids": ("ag-leverkusen",),
        "due_on": "2025-09-30",
        "follow_up_on": "2025-09-01",
    }
    refuted = {
        "conference_id": "joint",
        "topic_id": "ebertplatz",
        "absent_body_id": "ag-leverkusen",
    }
    return [
        _happened(TopicSubmitted, "2025-01-25", **submitted),
        _happened(TopicAccepted, "2025-01-26", **submitted),
        _happened(ItemPlaced, "2025-01-27", **topic, number=2),
        _happened(TopicDiscussed, "2025-03-10T10:00:00", **topic, **discussion),
        _happened(ActionProposed, "2025-03-10T10:30:00", **action),
        _happened(ActionConsented, "2025-03-20", **action, body_id="ag-leverkusen"),
        _happened(ActionAgreed, "2025-03-20", **action),
        _happened(PresenceRefuted, "2025-03-21", **refuted),
        _happened(ActionConsentVoided, "2025-03-21", **action, body_id="stadt-koeln"),
        _happened(ActionAgreed, "2025-03-22", **action),
        _happened(TopicSubmitted, "2025-04-01", **(submitted | {"conference_id": "unheard"})),
    ]


@pytest.fixture(scope="session")
def feed() -> Callable[..., Step]:
    """Events arrive from a producer, as one batch behind where the store stands; returns the step taken."""

    def fed(store: ReportingStore, producer: str, events: Sequence[Event]) -> Step:
        position, sequence = store.place(producer)
        batch = [
            Followed(
                type=event.TYPE,
                body=event.model_dump_json().encode(),
                position=position + index,
                previous=position + index - 1,
                sequence=sequence + index,
                event=event,
            )
            for index, event in enumerate(events, start=1)
        ]
        step = Step(producer, position, batch[-1].position, batch[-1].sequence)
        store.apply(batch, step)
        return step

    return fed


@pytest.fixture
def open_store(database_url: str) -> Iterator[Callable[[], ReportingStore]]:
    """Opens the database's store; again for a second replica."""
    opened: list[ReportingStore] = []

    def open_one() -> ReportingStore:
        opened.append(ReportingStore(database_url))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], ReportingStore]) -> ReportingStore:
    return open_store()


@pytest.fixture
def full_store(store: ReportingStore, year: Histories, feed: Callable[..., Step]) -> ReportingStore:
    """The whole year has arrived, in the order in which it was recorded."""
    arrivals = [
        (event.recorded_at, producer, event) for producer in year for event in year[producer]
    ]
    for _, producer, event in sorted(arrivals, key=lambda arrival: arrival[0]):
        feed(store, producer, [event])
    return store


@pytest.fixture
def story(store: ReportingStore, feed: Callable[..., Step], happened: Happened) -> Story:
    return Story(partial(feed, store), happened)


@pytest.fixture
def tell_unreadable(store: ReportingStore) -> Callable[[str, str], None]:
    """An event of this aggregate arrives and is parked."""

    def tell(producer: str, aggregate_id: str) -> None:
        position, sequence = store.place(producer)
        step = Step(producer, position, position + 1, sequence + 1)
        broken = Followed(
            "topic_submitted.v1", b"{}", step.position, position, step.sequence, None,
            subject=aggregate_id,
        )  # fmt: skip
        store.apply([broken], step, Fault("KeyError", "siko_reporting.views", 3))

    return tell
