"""The agenda of one conference: what is placed on it, in which versions, and what its session left to answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from siko_contracts.values import Finding, Moment, Value
from siko_core.eventsourced.aggregates import Aggregate, Created, event
from siko_core.eventsourced.ids import SUCCESSOR
from siko_core.refusals import AlreadyDone, ensure_state
from siko_core.sealed import Sealed

from siko_agenda.domain.refusals import AgendaFrozen, NoOpenNeed, NotInSession, YouthOfficeMissing

State = Literal["OPEN", "IN_SESSION", "ENDED", "CLOSED", "CANCELLED"]
FROZEN: tuple[State, ...] = ("IN_SESSION", "ENDED", "CLOSED")
PREFIX = "agenda:"
PROTECTION_OF_MINORS = "protection_of_minors"
SECURITY_SITUATION = "security_situation"


class AgendaItem(Value):
    topic_id: str
    number: int
    topic_area: str


class AgendaEvent(Aggregate.Event):
    @property
    def conference_id(self) -> str:
        return self.originator_id.removeprefix(PREFIX).removesuffix(SUCCESSOR)


class Agenda(Aggregate):
    """OPEN -> IN_SESSION -> ENDED -> CLOSED; before the session -> CANCELLED."""

    TOPIC = "agenda"

    class Opened(Created):
        TOPIC = "agenda.opened"
        conference_id: str

    class TopicEntered(AgendaEvent):
        TOPIC = "agenda.topic_entered"
        topic_id: str

    class ItemPlaced(AgendaEvent):
        TOPIC = "agenda.item_placed"
        topic_id: str
        number: int
        topic_area: str

    class ItemMoved(AgendaEvent):
        TOPIC = "agenda.item_moved"
        topic_id: str
        number: int

    class ItemRemoved(AgendaEvent):
        TOPIC = "agenda.item_removed"
        topic_id: str
        number: int

    class Released(AgendaEvent):
        TOPIC = "agenda.released"
        agenda_version: int
        items: tuple[AgendaItem, ...]
        findings: tuple[Finding, ...] = ()
        override_reason: Sealed[str] | None = None

    class Supplemented(AgendaEvent):
        TOPIC = "agenda.supplemented"
        agenda_version: int
        items: tuple[AgendaItem, ...]
        findings: tuple[Finding, ...] = ()
        override_reason: Sealed[str] | None = None

    class Cancelled(AgendaEvent):
        TOPIC = "agenda.cancelled"

    class Frozen(AgendaEvent):
        TOPIC = "agenda.frozen"
        agenda_version: int
        began_at: Moment

    class NeedRaised(AgendaEvent):
        TOPIC = "agenda.need_raised"
        topic_id: str

    class NeedMet(AgendaEvent):
        TOPIC = "agenda.need_met"
        topic_id: str

    class NeedDismissed(AgendaEvent):
        TOPIC = "agenda.need_dismissed"
        topic_id: str
        reason: Sealed[str]

    class SessionEnded(AgendaEvent):
        TOPIC = "agenda.session_ended"

    class NeedsAnswered(AgendaEvent):
        TOPIC = "agenda.needs_answered"

    class Closed(AgendaEvent):
        TOPIC = "agenda.closed"

    @staticmethod
    def create_id(conference_id: str, **_: Any) -> str:
        return PREFIX + conference_id

    @event(Opened)
    def __init__(self, conference_id: str, authority_id: str, id: str | None = None) -> None:  # noqa: A002
        self.authority_id = authority_id
        self.conference_id = conference_id
        self.state: State = "OPEN"
        self.topic_ids: list[str] = []
        self.items: dict[str, AgendaItem] = {}
        self.versions: list[tuple[AgendaItem, ...]] = []
        self.released: set[str] = set()
        """Topics that the invited bodies have been told of and that were not taken off since."""
        self.began_at: datetime | None = None
        self.open_needs: set[str] = set()

    @property
    def is_frozen(self) -> bool:
        return self.state in FROZEN

    def enter_topic(self, topic_id: str) -> None:
        self._ensure_state("OPEN", "IN_SESSION")
        self._topic_entered(topic_id)

    @event(TopicEntered)
    def _topic_entered(self, topic_id: str) -> None:
        self.topic_ids.append(topic_id)

    def place(self, topic_id: str, number: int, topic_area: str) -> None:
        self._ensure_changeable()
        self._ensure_free(number)
        self._item_placed(topic_id, number, topic_area)

    @event(ItemPlaced)
    def _item_placed(self, topic_id: str, number: int, topic_area: str) -> None:
        self.items[topic_id] = AgendaItem(topic_id=topic_id, number=number, topic_area=topic_area)

    def move(self, topic_id: str, number: int) -> None:
        self._ensure_changeable()
        self._ensure_free(number)
        self._item_moved(topic_id, number)

    @event(ItemMoved)
    def _item_moved(self, topic_id: str, number: int) -> None:
        self.items[topic_id] = self.items[topic_id].model_copy(update={"number": number})

    def remove(self, topic_id: str) -> None:
        self._ensure_changeable()
        self._item_removed(topic_id, self.items[topic_id].number)

    @event(ItemRemoved)
    def _item_removed(self, topic_id: str, number: int) -> None:
        del self.items[topic_id]
        self.released.discard(topic_id)

    def release(
        self,
        areas_without_youth_office: Sequence[str | None],
        override_reason: Sealed[str] | None = None,
    ) -> tuple[Finding, ...]:
        """R21: the first release, then numbered supplements; R13 and R19 hold for each.

        Returns what speaks against it, which needs the reason: that the first item is no situation picture (R19). Decided:
        that is an item of the topic area security_situation; its three sub-pictures stand in its text.
        """
        self._ensure_changeable()
        areas = {item.topic_area for item in self.items.values()}
        if PROTECTION_OF_MINORS in areas and areas_without_youth_office:
            raise YouthOfficeMissing(areas=list(areas_without_youth_office))
        items = tuple(sorted(self.items.values(), key=lambda item: item.number))
        findings = self._against(items)
        if not self.versions:
            self._released(1, items, findings, override_reason)
        elif items == self.versions[-1]:
            raise AlreadyDone(f"Version {len(self.versions)} of the agenda is released as it is.")
        else:
            self._supplemented(len(self.versions) + 1, items, findings, override_reason)
        return findings

    @event(Released)
    def _released(
        self,
        agenda_version: int,
        items: tuple[AgendaItem, ...],
        findings: tuple[Finding, ...],
        override_reason: Sealed[str] | None,
    ) -> None:
        self._publish(items)

    @event(Supplemented)
    def _supplemented(
        self,
        agenda_version: int,
        items: tuple[AgendaItem, ...],
        findings: tuple[Finding, ...],
        override_reason: Sealed[str] | None,
    ) -> None:
        self._publish(items)

    def _publish(self, items: tuple[AgendaItem, ...]) -> None:
        self.versions.append(items)
        self.released |= {item.topic_id for item in items}

    def _against(self, items: Sequence[AgendaItem]) -> tuple[Finding, ...]:
        if items and items[0].topic_area == SECURITY_SITUATION:
            return ()
        return (Finding(code="NoSituationPicture", rule="R19", conference_id=self.conference_id),)

    def cancel(self) -> None:
        if self.state == "OPEN":
            self._cancelled()

    @event(Cancelled)
    def _cancelled(self) -> None:
        self.state = "CANCELLED"

    def begin_session(self, began_at: datetime) -> None:
        if self.state == "OPEN":
            self._frozen(len(self.versions), began_at)

    @event(Frozen)
    def _frozen(self, agenda_version: int, began_at: datetime) -> None:
        self.state = "IN_SESSION"
        self.began_at = began_at

    def ensure_in_session(self, discussed_at: datetime) -> None:
        """R23: topics are discussed in session, not before it began."""
        if self.state != "IN_SESSION":
            raise NotInSession(state=self.state, needed=["IN_SESSION"])
        if self.began_at is not None and discussed_at < self.began_at:
            raise NotInSession(not_before=self.began_at.isoformat())

    def raise_need(self, topic_id: str) -> None:
        """R25: a need for action stays open until an action answers it, or the table says that nothing will."""
        self._need_raised(topic_id)

    @event(NeedRaised)
    def _need_raised(self, topic_id: str) -> None:
        self.open_needs.add(topic_id)

    def meet_need(self, topic_id: str) -> None:
        if topic_id in self.open_needs:
            self._need_met(topic_id)
            self._settle()

    @event(NeedMet)
    def _need_met(self, topic_id: str) -> None:
        self.open_needs.remove(topic_id)

    def dismiss_need(self, topic_id: str, reason: Sealed[str]) -> None:
        """R25: the need for action has no answer, and the reason says why."""
        if topic_id not in self.open_needs:
            raise NoOpenNeed(field="topic_id", open=sorted(self.open_needs))
        self._need_dismissed(topic_id, reason)
        self._settle()

    @event(NeedDismissed)
    def _need_dismissed(self, topic_id: str, reason: Sealed[str]) -> None:
        self.open_needs.remove(topic_id)

    def end_session(self) -> None:
        if self.state == "IN_SESSION":
            self._session_ended()
            self._settle()

    @event(SessionEnded)
    def _session_ended(self) -> None:
        self.state = "ENDED"

    def _settle(self) -> None:
        if self.state == "ENDED" and not self.open_needs:
            self._needs_answered()

    @event(NeedsAnswered)
    def _needs_answered(self) -> None:
        """R25. Changes no state, and happens once: after the session no need is raised any more."""

    def close(self) -> None:
        """The scheduler has closed the conference: nothing is added to its outcome."""
        if self.state == "ENDED":
            self._closed()

    @event(Closed)
    def _closed(self) -> None:
        self.state = "CLOSED"

    def ensure_takes_actions(self) -> None:
        """Actions come out of the session, and are entered until the conference is closed."""
        self._ensure_state("IN_SESSION", "ENDED")

    def _ensure_changeable(self) -> None:
        if self.is_frozen:
            raise AgendaFrozen
        self._ensure_state("OPEN")

    def _ensure_state(self, *needed: State) -> None:
        ensure_state(self.state, *needed)

    def _ensure_free(self, number: int) -> None:
        for item in self.items.values():
            if item.number == number:
                raise AlreadyDone(f"Number {number} is taken.", topic_id=item.topic_id)
