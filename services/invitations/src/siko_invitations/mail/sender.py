"""Follows the service's own log and hands over what was written, beside the writer, which never waits for it.

What becomes of a letter is recorded as an event; the letter is known by the event with which it was written, so nothing
goes out twice but where it is unknown whether it had arrived, and then with the same bytes. The position up to which
all letters are settled is in the service's own database, and moves with those events. Of several replicas one sends.
"""

import asyncio
import hashlib
import heapq
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog
from siko_core.eventsourced.application import Saved
from siko_core.follower.follower import STANDBY_SECONDS
from siko_core.loops import repeat, retry
from siko_core.positions import OWN_LOG, OutOfStep, Step
from siko_core.refusals import Unavailable
from siko_core.threads import Threads
from siko_core.writer.job import service_job
from siko_core.writer.writer import RETRY_AFTER_S, Writer
from siko_documents.renderer import Renderer

from siko_invitations.application import Invitations, letters
from siko_invitations.domain.correspondence import Correspondence, Pins
from siko_invitations.mail.composition import Mail, compose
from siko_invitations.mail.drafts import Drafts, Undeliverable
from siko_invitations.mail.transport import Deferred, Refused, Transport

log = structlog.get_logger()
PAGE = 500
POLL_SECONDS = 0.5
PATIENCE_SECONDS = 24 * 3600.0
"""How long a letter is tried before it has failed: a mail server that is away for a weekday night is waited for."""
RETRY_SECONDS = (1.0, 5.0, 30.0, 120.0, 600.0, 1800.0)
MARK = "letters_from"
"""Where the log stood when the service could send mails for the first time: what was written before, people have carried."""


@dataclass(order=True)
class Due:
    """A letter to hand over, ordered by when it may be tried."""

    not_before: float
    position: int
    correspondence_id: str = field(compare=False)
    number: int = field(compare=False)
    since: float = field(compare=False)
    attempts: int = field(default=0, compare=False)
    begun: bool = field(default=False, compare=False)
    """Whether it has begun to go, in this process."""
    may_have_left: bool = field(default=False, compare=False)
    """Whether a server may have taken it without having said so, in this process or in one before."""


class Sender:
    """Hands over one letter at a time, those to one body about one conference in order. `run` it as a task."""

    def __init__(
        self,
        application: Invitations,
        writer: Writer,
        transport: Transport,
        *,
        take_lease: Callable[[str], Awaitable[bool]],
        patience_seconds: float = PATIENCE_SECONDS,
        retry_seconds: tuple[float, ...] = RETRY_SECONDS,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self.application = application
        self.writer = writer
        self.transport = transport
        self.take_lease = take_lease
        self.patience_seconds = patience_seconds
        self.retry_seconds = retry_seconds
        self.poll_seconds = poll_seconds
        self.drafts = Drafts(application)
        self.renderer = Renderer()
        self._threads = Threads("mail")
        self._failures = 0
        """Failures in a row that were about the server."""
        self._stored = self._read = 0
        self._has_passed_over = False
        """Whether a letter was passed over since the position was stored, because it must not go or has no address."""
        self._ready: list[Due] = []
        self._composed: tuple[Due, Mail, str] | None = None
        self._waiting: dict[str, deque[Due]] = {}
        """Letters of one correspondence, in order; the first of each is in `_ready`."""

    async def run(self) -> None:
        """Send until cancelled; after any error from the stored position."""
        try:
            await repeat(self._follow, self._failed)
        finally:
            self._threads.close()
            self.renderer.close()

    def _failed(self, error: Exception) -> float:
        if isinstance(error, OutOfStep):
            log.info("sender_overtaken")
        else:
            log.warning("sender_waits", reason=type(error).__name__)
        return self.retry_seconds[0]

    async def _follow(self) -> float:
        """Send while this replica holds the lease. Returns the pause until it asks for it again."""
        if not await self._is_ours():
            return STANDBY_SECONDS
        self._read = await self._start()
        self._ready, self._waiting = [], {}
        try:
            while await self._is_ours():
                await self._take_up()
                if self._ready and self._ready[0].not_before <= self._now():
                    await self._carry(heapq.heappop(self._ready))
                else:
                    await self.transport.rest()
                    await self._advance()
                    await asyncio.sleep(self._pause())
        finally:
            await self.transport.rest()
        return STANDBY_SECONDS

    def _is_ours(self) -> Awaitable[bool]:
        return self.take_lease(f"{self.application.name} {OWN_LOG}")

    async def _start(self) -> int:
        """Where to go on: at the stored position, or where the log ended when mails could be sent for the first time."""
        recorder = self.application.recorder
        place = await self.writer.place(OWN_LOG)
        last = await asyncio.to_thread(recorder.max_notification_id) or 0
        mark = await self.writer.on_thread(recorder.mark, MARK, str(last))
        self._stored = place.position
        return max(place.position, int(mark))

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _pause(self) -> float:
        waits = self._ready[0].not_before - self._now() if self._ready else self.poll_seconds
        return min(self.poll_seconds, max(waits, 0.0))

    async def _take_up(self) -> None:
        """Note the letters that were written since the last look."""
        for position, event in await asyncio.to_thread(self._written):
            due = Due(self._now(), position, event.originator_id, event.number, self._now())
            queue = self._waiting.setdefault(event.originator_id, deque())
            queue.append(due)
            if len(queue) == 1:
                heapq.heappush(self._ready, due)

    def _written(self) -> list[tuple[int, Correspondence.LetterWritten]]:
        recorder = self.application.recorder
        last = recorder.max_notification_id() or 0
        if last <= self._read:
            return []
        topics = [Correspondence.LetterWritten.TOPIC]
        page = recorder.select_notifications(
            self._read, PAGE, last, topics, inclusive_of_start=False
        )
        self._read = page[-1].id if len(page) == PAGE else last
        return [(stored.id, self.application.mapper.to_domain_event(stored)) for stored in page]

    async def _carry(self, due: Due) -> None:
        """Hand over one letter, or put it back for later."""
        pins = await self._begun(due)
        if pins is None:
            await self._pass_over(due)
            return
        try:
            mail, file_name = await self._threads.run(self._mail, due, pins)
            if await self._begun(due) is None:  # withdrawn while it was composed
                await self._pass_over(due)
                return
            await self._send(due, mail, file_name)
        except (Refused, Undeliverable) as error:
            await self._fail(due, error.code)
        except Deferred as error:
            await self._defer(due, error)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one letter holds up no other
            log.error("letter_not_composed", reason=type(error).__name__)  # noqa: TRY400 - a traceback may hold texts
            await self._defer(due, Deferred("not_composed", everything=False))
        else:
            self._failures = 0
            await self._settle(
                due,
                lambda: letters.hand_over(
                    self.application, due.correspondence_id, due.number, mail.sha256
                ),
            )

    async def _send(self, due: Due, mail: Mail, file_name: str) -> None:
        try:
            await self.transport.send(mail, file_name)
        except (Refused, Deferred):
            raise
        except Exception:
            due.may_have_left = True
            raise

    async def _begun(self, due: Due) -> Pins | None:
        known: list[tuple[bool, Pins | None]] = []

        def decide() -> Saved:
            letter = self.application, due.correspondence_id, due.number
            was_begun = letters.was_begun(*letter)
            saved, pins = letters.begin_handing_over(*letter)
            known[:] = [(was_begun, pins)]
            return saved

        await self._decide(decide)
        was_begun, pins = known[0]
        if was_begun and not due.begun:
            due.may_have_left = True
        due.begun = due.begun or pins is not None
        return pins

    async def _pass_over(self, due: Due) -> None:
        """It must not go, or has no address. What surely has not left is recorded, so that no cancellation follows it."""
        if due.begun and not due.may_have_left:
            await self._settle(
                due,
                lambda: letters.withhold(self.application, due.correspondence_id, due.number),
            )
        else:
            self._drop(due)
            self._has_passed_over = True

    async def _decide(self, decide: Callable[[], Saved | None], step: Step | None = None) -> None:
        """Have the writer decide and commit, as often as it takes: what was sent must be recorded."""

        def perform() -> Awaitable[object]:
            job = service_job(self.application, decide)
            job.raises, job.step = True, step
            return self.writer.perform(job)

        def failed(error: Exception) -> float:
            if not isinstance(error, Unavailable):
                raise error
            return RETRY_AFTER_S

        await retry(perform, failed)

    def _mail(self, due: Due, pins: Pins) -> tuple[Mail, str]:
        """Compose the mail, and a file name that tells its day and kind and nothing else. The last one is kept: it may
        be tried again.
        """
        if self._composed is not None and self._composed[0] is due:
            return self._composed[1:]
        draft = self.drafts.draft(due.correspondence_id, due.number, pins)
        pdfs = [
            (f"{letter.FILE_NAME}.pdf", self.renderer.render("letter", letter.page()))
            for letter in (draft.letter, *draft.enclosed)
        ]
        known_by = hashlib.sha256(draft.event_id.encode()).hexdigest()[:16]
        name = f"{draft.letter.written_on}-{draft.letter.FILE_NAME}-{known_by}"
        self._composed = due, compose(draft, pdfs), name
        return self._composed[1:]

    async def _defer(self, due: Due, error: Deferred) -> None:
        due.may_have_left = due.may_have_left or error.is_in_doubt
        if self._now() - due.since > self.patience_seconds:
            await self._fail(due, error.code)
            return
        if error.everything:
            log.warning("mail_waits", reason=error.code)
            await self.transport.rest()
            pause = self._pause_after(self._failures)
            self._failures += 1
            heapq.heappush(self._ready, due)
            await asyncio.sleep(pause)
        else:
            due.not_before = self._now() + self._pause_after(due.attempts)
            due.attempts += 1
            heapq.heappush(self._ready, due)

    def _pause_after(self, attempts: int) -> float:
        return self.retry_seconds[min(attempts, len(self.retry_seconds) - 1)]

    async def _fail(self, due: Due, code: str) -> None:
        log.warning("letter_failed", reason=code)
        await self._settle(
            due,
            lambda: letters.fail(self.application, due.correspondence_id, due.number, code),
        )

    async def _settle(self, due: Due, decide: Callable[[], Saved]) -> None:
        """Record what became of a letter, and up to where all are settled, in one commit."""
        self._drop(due)
        position = self._settled_up_to()
        await self._decide(decide, Step(OWN_LOG, self._stored, position, 0))
        self._stored, self._has_passed_over = position, False

    async def _advance(self) -> None:
        """Store the position where letters were passed over: they stay so, whatever is known of an address later."""
        if self._has_passed_over:
            position = self._settled_up_to()
            await self._decide(lambda: None, Step(OWN_LOG, self._stored, position, 0))
            self._stored, self._has_passed_over = position, False

    def _settled_up_to(self) -> int:
        open_letters = [queue[0].position for queue in self._waiting.values()]
        return min(open_letters) - 1 if open_letters else self._read

    def _drop(self, due: Due) -> None:
        """The letter is settled: the next one of its correspondence may go."""
        queue = self._waiting[due.correspondence_id]
        queue.popleft()
        if queue:
            heapq.heappush(self._ready, queue[0])
        else:
            del self._waiting[due.correspondence_id]
