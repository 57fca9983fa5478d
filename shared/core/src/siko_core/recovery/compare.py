"""Checks that a stream was filled from this store: the stream's last event must be in the store."""

import asyncio
import json
from typing import Any, NoReturn

import structlog
from eventsourcing.persistence import PersistenceError
from nats.aio.client import Client
from nats.errors import Error as NatsError
from siko_contracts.events import Event
from siko_contracts.exit_codes import UNREACHABLE
from siko_contracts.messages import stream

from siko_core.databases import StoreUnreachable
from siko_core.ending import end_process
from siko_core.eventsourced.application import EventSourcedApplication
from siko_core.eventsourced.history import is_lost
from siko_core.follower.tail import PublishedEvent, last_event
from siko_core.loops import retry
from siko_core.publishing import Contracts, to_contract

log = structlog.get_logger()
PAUSE_SECONDS = 0.2


class HistoriesDiffer(StoreUnreachable):
    """The stream has events that the store lacks. To continue would assign their positions a second time."""

    def __init__(self, service: str, what: str) -> None:
        super().__init__(
            f"{what}. Nothing is started, so that no position is given twice: `siko recover {service}`"
            f" (on servers `siko-{service} recover`) shows what is lost and makes it right"
        )


async def ensure_same_history(
    application: EventSourcedApplication, contracts: Contracts, client: Client
) -> None:
    """Raises HistoriesDiffer if the stream is ahead of the store, or was filled from another one. Call before any decision.

    Retries as long as the broker or the store does not answer.
    """

    async def ensure() -> None:
        last = await last_event(client, application.name)
        if last is not None:
            await asyncio.to_thread(ensure_stored, application, contracts, last)

    def failed(error: Exception) -> float:
        if not isinstance(error, NatsError | TimeoutError | PersistenceError):
            raise error
        log.warning("history_waits", stream=stream(application.name), reason=type(error).__name__)
        return PAUSE_SECONDS

    await retry(ensure, failed)


def ensure_stored(
    application: EventSourcedApplication, contracts: Contracts, last: PublishedEvent
) -> None:
    """Raises HistoriesDiffer if the store lacks this message's event. Read the stream first, then call this."""
    name = stream(application.name)
    here = stored_at(application, contracts, last.position)
    if (here is not None and is_published_as(here, last)) or is_lost(application, last.position):
        return
    end = application.recorder.max_notification_id() or 0
    if end < last.position:
        what = (
            f"the stream {name} ends at position {last.position}, the store at {end}:"
            " the database was restored to an earlier moment, or is another one"
        )
    else:
        what = (
            f"at position {last.position} the stream {name} has {_event_id(last)} ({last.type}), the store has"
            f" {here.event_id if here else 'nothing'}: the database is another one, or was restored and has gone on"
        )
    raise HistoriesDiffer(application.name, what)


def stored_at(
    application: EventSourcedApplication, contracts: Contracts, position: int
) -> Event | None:
    """The event at this position as its contract; None if the store has none."""
    rows = application.recorder.select_notifications(position, 1, position)
    return to_contract(contracts, application.mapper.to_domain_event(rows[0])) if rows else None


def is_published_as(event: Event, message: PublishedEvent) -> bool:
    """Whether the message is the publication of this event, possibly by an earlier version of siko."""
    changed = changed_fields(
        event.TYPE, event.model_dump_json().encode(), message.type, message.body
    )
    return not changed


def changed_fields(type_: str, body: bytes, published_type: str, published: bytes) -> set[str]:
    """Names of the fields that both bodies have and that differ; with `type` if it is another event.

    Fields may have been added since it was published; between two versions of a contract only the fields that every
    event has are compared.
    """
    if type_ == published_type and body == published:
        return set()
    here, there = _object(body), _object(published)
    names = (here.keys() & there.keys()) | {"event_id"}
    if type_ != published_type:
        names &= set(Event.model_fields)
    changed = {name for name in names if here.get(name) != there.get(name) or name not in here}
    is_same_type = type_.partition(".")[0] == published_type.partition(".")[0]
    return changed if is_same_type else {*changed, "type"}


def _object(body: bytes) -> dict[str, Any]:
    try:
        read = json.loads(body)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def end_service(service: str, error: HistoriesDiffer) -> NoReturn:
    """End the running process at once: nothing more may be decided on this store."""
    log.error("histories_differ", reason=str(error))
    end_process(UNREACHABLE, f"siko-{service}: {error}")


def _event_id(message: PublishedEvent) -> str:
    return str(json.loads(message.body)["event_id"])
