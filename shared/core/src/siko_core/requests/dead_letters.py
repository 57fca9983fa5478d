"""Dead letters on the bus: publishes a notice when an event is parked; lists, replays and discards for operators."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any, Protocol

import structlog
from pydantic import BaseModel
from siko_contracts.access import SEES_BODIES
from siko_contracts.answers import Settled
from siko_contracts.commands.operations import (
    DiscardDeadLetters,
    LettersCommand,
    ReplayDeadLetters,
)
from siko_contracts.messages import command_subject, dead_subject, query_subject
from siko_contracts.queries import QueryAnswer
from siko_contracts.queries.operations import AccessLog, DeadLetterItem, DeadLetters
from siko_contracts.values import NRW

from siko_core import cursors
from siko_core.faults import fault_of, is_permanent
from siko_core.follower.parking import now
from siko_core.identity import headers
from siko_core.identity.guard import Door, Guard
from siko_core.identity.identity import IDENTITY
from siko_core.letters import DISCARDED, PARKED, REPLAYED, Letter, LetterFilter, Settlement
from siko_core.loops import repeat
from siko_core.refusals import AlreadyDone, CommandIdTaken, NotFound, StillFailing
from siko_core.requests.broker import Broker
from siko_core.requests.subscriber import Handle
from siko_core.writer.claims import scoped

log = structlog.get_logger()
NOTICE = ("producer", "position", "aggregate_id", "event_id", "type")
DEFAULT_ACTOR = f"secretariat@{NRW}"
WATCH_SECONDS = 10.0


class Keeper(Protocol):
    """A service's access to its dead letters; each method is one transaction."""

    async def letters(self, selection: LetterFilter) -> Sequence[Letter]: ...

    async def count_parked(self) -> int: ...

    async def change(
        self, selection: LetterFilter, changed: Callable[[Letter], Letter], *, replay: bool = False
    ) -> Sequence[Letter]:
        """Change the letters selected, after applying them again if `replay`. All or nothing."""


class DeadLetterOffice:
    """Answers operators' requests about dead letters and publishes a notice for each event that is parked."""

    def __init__(self, service: str, broker: Broker, guard: Guard) -> None:
        self.service = service
        self.broker = broker
        self.guard = guard
        self.parked = 0
        self.keeper: Keeper
        self._one = asyncio.Lock()
        for query, read in ((DeadLetters, self.list), (AccessLog, guard.read_access_log)):
            self._take(query, read, query_subject(service, query.NAME), guard.query(query))
        for model in (ReplayDeadLetters, DiscardDeadLetters):
            subject = command_subject(service, model.NAME)
            self._take(model, self.settle, subject, guard.command(model))

    def _take(self, model: type[BaseModel], handle: Handle, subject: str, door: Door) -> None:
        self.broker.serve(subject, queue=self.service, model=model, handle=handle, door=door)

    async def watch(self) -> None:
        """Refresh the number of parked events periodically, whichever replica parked them."""

        async def count() -> float:
            self.parked = await self.keeper.count_parked()
            return WATCH_SECONDS

        def failed(error: Exception) -> float:  # whatever it is: the last count stays
            log.info("dead_letters_not_counted", reason=type(error).__name__)
            return WATCH_SECONDS

        await repeat(count, failed)

    async def tell(self, letters: Sequence[Letter]) -> None:
        """Log and publish a notice for each letter, with ids only. Call after the commit.

        Delivery is best effort: a client that must not miss a letter queries the list.
        """
        for letter in letters:
            say = log.error if letter.error else log.warning
            say("event_parked", letter=letter.id, error=letter.error, found_in=letter.found_in)
            notice = {name: getattr(letter, name) for name in NOTICE}
            try:
                client = await self.broker.connect()
                await client.publish(dead_subject(self.service), json.dumps(notice).encode())
            except Exception as error:  # noqa: BLE001 - only a notice: the letter is in the table
                log.warning("notice_not_sent", letter=letter.id, reason=type(error).__name__)

    async def list(self, query: DeadLetters) -> QueryAnswer:
        selection = LetterFilter(
            id=query.id,
            state=query.state,
            producer=query.producer,
            aggregate_id=query.aggregate_id,
            after=cursors.place(query.cursor) if query.cursor else None,
            limit=query.limit + 1,
        )
        async with self._one:  # concurrent lists share one thread
            letters = await self.keeper.letters(selection)
        shown, cursor = cursors.page(letters, query.limit, _cursor)
        identity = IDENTITY.get()
        with_body = query.id is not None and (identity is None or identity.role in SEES_BODIES)
        return QueryAnswer(
            items=[_item(letter, with_body=with_body) for letter in shown],
            cursor=cursor,
        )

    async def settle(self, command: LettersCommand) -> Settled:
        """Replay or discard what the command names. Idempotent: a repeat by the same asker gets the same answer."""
        actor, command_id = headers.asked_by()
        settlement = Settlement(
            state=REPLAYED if isinstance(command, ReplayDeadLetters) else DISCARDED,
            settled_at=now(),
            settled_by=f"{actor.function}@{actor.body_id}" if actor else DEFAULT_ACTOR,
            reason=command.reason,
            command_id=scoped(command_id, headers.asker()),
        )
        selection = await self._selection(command)
        if any(
            not _is_asked(selection, settlement, letter)
            for letter in await self._settled(settlement)
        ):
            raise CommandIdTaken
        if settlement.state == DISCARDED:
            await self.keeper.change(selection, settlement.of)
        else:
            await self._replay(selection, settlement)
        settled = await self._settled(settlement)
        if not settled:
            raise AlreadyDone("nothing of it is parked any more")
        return Settled(
            id=settled[0].aggregate_id,
            version=len(settled),
            letters=[letter.id for letter in settled],
        )

    async def _settled(self, settlement: Settlement) -> Sequence[Letter]:
        """Return the letters that this asker's command has settled before."""
        settled = await self.keeper.letters(LetterFilter(command_id=settlement.command_id))
        if settled:
            return settled
        command_id, _, _ = settlement.command_id.partition(" ")
        before = await self.keeper.letters(
            LetterFilter(command_id=command_id)
        )  # written by an earlier version
        return [letter for letter in before if letter.settled_by == settlement.settled_by]

    async def _selection(self, command: LettersCommand) -> LetterFilter:
        """Select the parked letters that the command names.

        A replay by id includes the aggregate's letters before it, to keep their order. Raises NotFound if nothing of
        it was ever parked.
        """
        named = LetterFilter(
            id=command.id, producer=command.producer, aggregate_id=command.aggregate_id, limit=1
        )
        letters = await self.keeper.letters(named)
        if not letters:
            name = command.id or command.aggregate_id
            raise NotFound(f"nothing of {name!r} was ever parked here", id=name)
        if command.id and isinstance(command, ReplayDeadLetters):
            (letter,) = letters
            return LetterFilter(
                producer=letter.producer,
                aggregate_id=letter.aggregate_id,
                up_to=letter.position,
                state=PARKED,
            )
        return replace(named, state=PARKED, limit=None)

    async def _replay(self, selection: LetterFilter, settlement: Settlement) -> None:
        """Replay all in one transaction; if that fails, one by one. Raises StillFailing at the first that fails again."""
        try:
            await self.keeper.change(selection, settlement.of, replay=True)
        except Exception as error:
            if not is_permanent(error):
                raise
        else:
            return
        for letter in await self.keeper.letters(selection):
            alone = LetterFilter(id=letter.id, state=PARKED)
            try:
                await self.keeper.change(alone, settlement.of, replay=True)
            except Exception as error:
                if not is_permanent(error):
                    raise
                fault = fault_of(error, attempts=1)
                await self.keeper.change(alone, partial(Letter.failed_again, fault=fault))
                raise StillFailing(
                    letter=letter.id, error=fault.error, found_in=fault.found_in
                ) from error


def _is_asked(selection: LetterFilter, settlement: Settlement, settled: Letter) -> bool:
    """Whether a command with this selection can be the one that settled the letter."""
    return (
        (settlement.state, settlement.reason) == (settled.state, settled.reason)
        and selection.id in {None, settled.id}
        and selection.producer in {None, settled.producer}
        and selection.aggregate_id in {None, settled.aggregate_id}
        and (selection.up_to is None or settled.position <= selection.up_to)
    )


def _item(letter: Letter, *, with_body: bool) -> dict[str, Any]:
    item = DeadLetterItem.model_validate(asdict(letter) | {"body": None})
    return item.model_dump(mode="json") | ({"body": _shown(letter.body)} if with_body else {})


def _shown(body: bytes) -> Any:
    """Return JSON parsed, anything else as text."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode(errors="replace")


def _cursor(letter: Letter) -> str:
    return cursors.of_place(letter.producer, letter.position)
