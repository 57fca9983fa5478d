"""What a body is written about a conference: which letters, how each left the house, and which failed."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from siko_contracts.values import DeliveryCode, LetterKind, Told
from siko_core.eventsourced.aggregates import Aggregate, Created, event

from siko_invitations.domain.meeting import Meeting

Cause = Literal["cancelled", "postponed", "withdrawn"]
Status = Literal["due", "begun", "withheld", "handed_over", "failed"]


class Pins(Told):
    """What a letter is made of, by the latest event of each: fixed when its handing over begins, so that every attempt
    sends the same bytes.
    """

    authority: str
    """Of the authority, for its name, head and sender."""
    addressee: str
    """Of the body that the letter goes to, for its name, function and contact."""
    body: str
    """Of the invited body: another one where the letter goes to an intermediary (R12)."""


@dataclass(frozen=True)
class Letter:
    """One that was written."""

    number: int
    kind: LetterKind
    to_body_id: str
    event_id: str
    meeting: Meeting
    status: Status = "due"
    pins: Pins | None = None

    @property
    def is_settled(self) -> bool:
        return self.status in {"withheld", "handed_over", "failed"}


class Correspondence(Aggregate):
    """All letters to one body about one conference, in order. A letter is due until it is handed over or has failed.

    The sender reads it from the log and never decides: whether a letter may still go is judged here.
    """

    TOPIC = "correspondence"

    class Event(Aggregate.Event):
        conference_id: str
        body_id: str

    class Opened(Created):
        TOPIC = "correspondence.opened"
        conference_id: str
        body_id: str

    class LetterWritten(Event):
        """`before`: of a change, what was written last. `cause`: of a cancellation. `reminded_by`: id of the event of
        the invitation that a reminder tells of, with the words that a secretariat has chosen.
        """

        TOPIC = "correspondence.letter_written"
        number: int
        kind: LetterKind
        to_body_id: str
        meeting: Meeting
        before: Meeting | None = None
        cause: Cause | None = None
        reminded_by: str | None = None

    class HandingOverBegun(Event):
        TOPIC = "correspondence.handing_over_begun"
        number: int
        pins: Pins

    class Withheld(Event):
        """It was cancelled after its handing over had begun, and surely before it left."""

        TOPIC = "correspondence.withheld"
        number: int

    class HandedOver(Event):
        """`sha256`: of the whole mail as it was sent."""

        TOPIC = "correspondence.handed_over"
        channel: ClassVar[str] = "mail"
        number: int
        kind: LetterKind
        letter: str
        sha256: str

    class DeliveryFailed(Event):
        """`code`: of the server, or why none was asked; never its text, which may name persons."""

        TOPIC = "correspondence.delivery_failed"
        channel: ClassVar[str] = "mail"
        number: int
        kind: LetterKind
        letter: str
        code: DeliveryCode

    @staticmethod
    def create_id(conference_id: str, body_id: str, **_: Any) -> str:
        return f"correspondence:{conference_id}:{body_id}"

    @event(Opened)
    def __init__(
        self,
        authority_id: str,
        conference_id: str,
        body_id: str,
        id: str | None = None,  # noqa: A002
    ) -> None:
        self.conference_id = conference_id
        self.body_id = body_id
        self.letters: dict[int, Letter] = {}

    def trigger_event(self, event_class: Any, **kwargs: Any) -> None:
        super().trigger_event(
            event_class, conference_id=self.conference_id, body_id=self.body_id, **kwargs
        )

    @property
    def last(self) -> Letter | None:
        return self.letters[max(self.letters)] if self.letters else None

    @property
    def is_running(self) -> bool:
        """Whether the body was written that it is invited, and not since that it is not."""
        return self.last is not None and self.last.kind != "cancellation"

    @property
    def has_failed(self) -> bool:
        """Whether what the body was written last could not be delivered; a reminder says nothing new."""
        asking = [letter for letter in self.letters.values() if letter.kind != "reminder"]
        return bool(asking) and asking[-1].status == "failed"

    def invite(self, to_body_id: str, meeting: Meeting) -> None:
        if not self.is_running:
            kind: LetterKind = "invitation" if to_body_id == self.body_id else "forwarding_request"
            self._write(kind, to_body_id, meeting)

    def change(self, to_body_id: str, meeting: Meeting) -> None:
        """Another time or place; a no-op if the body was written that already."""
        if self.last is None or not self.is_running or self.last.meeting == meeting:
            return
        kind: LetterKind = "change" if to_body_id == self.body_id else "forwarding_request"
        self._write(kind, to_body_id, meeting, before=self.last.meeting)

    def remind(self, to_body_id: str, reminded_by: str) -> None:
        """Of the answer; or the intermediary of the forwarding, which it is asked for again."""
        if self.last is not None and self.is_running:
            kind: LetterKind = "reminder" if to_body_id == self.body_id else "forwarding_request"
            self._write(kind, to_body_id, self.last.meeting, reminded_by=reminded_by)

    def cancel(self, cause: Cause) -> None:
        """About the meeting that the body was written of last."""
        if self.last is not None and self.is_running:
            self._write("cancellation", self.last.to_body_id, self.last.meeting, cause=cause)

    def _write(
        self,
        kind: LetterKind,
        to_body_id: str,
        meeting: Meeting,
        *,
        before: Meeting | None = None,
        cause: Cause | None = None,
        reminded_by: str | None = None,
    ) -> None:
        number = len(self.letters) + 1
        self._letter_written(
            *(number, kind, to_body_id, meeting),
            before=before,
            cause=cause,
            reminded_by=reminded_by,
        )

    @event(LetterWritten)
    def _letter_written(
        self,
        number: int,
        kind: LetterKind,
        to_body_id: str,
        meeting: Meeting,
        *,
        before: Meeting | None,
        cause: Cause | None,
        reminded_by: str | None,
    ) -> None:
        self._note(Letter(number, kind, to_body_id, self.next_event_id, meeting))

    def begin_handing_over(self, number: int, pins: Pins) -> Pins | None:
        """Begin to hand over a letter, and return what it is made of; None if it must not go, or no more.

        An invitation does not go once it is cancelled, and a cancellation only if an invitation may have arrived.
        """
        letter = self.letters[number]
        if letter.is_settled or not self.may_go(letter):
            return None
        if letter.pins is None:
            self._handing_over_begun(number, pins)
        return self.letters[number].pins

    @event(HandingOverBegun)
    def _handing_over_begun(self, number: int, pins: Pins) -> None:
        self._note(self.letters[number], status="begun", pins=pins)

    def may_go(self, letter: Letter) -> bool:
        """Whether what has followed or gone before leaves the letter its sense."""
        if letter.kind != "cancellation":
            later = (each for each in self.letters.values() if each.number > letter.number)
            return all(each.kind != "cancellation" for each in later)
        arrived = False
        for each in self.letters.values():
            if each.number < letter.number:
                is_cancelled = each.kind == "cancellation" and each.status == "handed_over"
                arrived = not is_cancelled and (arrived or each.status in {"begun", "handed_over"})
        return arrived

    def withhold(self, number: int) -> None:
        """It has not left, and will not."""
        if self.letters[number].status == "begun":
            self._withheld(number)

    @event(Withheld)
    def _withheld(self, number: int) -> None:
        self._note(self.letters[number], status="withheld")

    def hand_over(self, number: int, sha256: str) -> None:
        letter = self.letters[number]
        if not letter.is_settled:
            self._handed_over(number, letter.kind, letter.event_id, sha256)

    @event(HandedOver)
    def _handed_over(self, number: int, kind: LetterKind, letter: str, sha256: str) -> None:
        self._note(self.letters[number], status="handed_over")

    def fail(self, number: int, code: DeliveryCode) -> None:
        """It was refused for good, or came back: a letter that was handed over may fail too."""
        letter = self.letters[number]
        if letter.status != "failed":
            self._delivery_failed(number, letter.kind, letter.event_id, code)

    @event(DeliveryFailed)
    def _delivery_failed(
        self, number: int, kind: LetterKind, letter: str, code: DeliveryCode
    ) -> None:
        self._note(self.letters[number], status="failed")

    def _note(self, letter: Letter, **changed: Any) -> None:
        self.letters = self.letters | {letter.number: Letter(**(vars(letter) | changed))}
