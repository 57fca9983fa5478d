"""Test support for services: past events, commands and foreign events in, new events out."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import reduce
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import SecretStr
from siko_contracts.events import Event
from siko_contracts.messages import ACTOR as ACTOR_HEADER
from siko_contracts.messages import COMMAND_ID, NOW
from siko_contracts.values import Actor

from siko_core.eventsourced.application import EventSourcedApplication, Saved
from siko_core.follower.message import Followed
from siko_core.identity.headers import HEADERS, asker, metadata_of
from siko_core.metadata import Metadata, deciding
from siko_core.positions import Step
from siko_core.publishing import Contracts, to_contract
from siko_core.refusals import Refused, refusal_of
from siko_core.sealed import Sealed, sealed_fields
from siko_core.settings import Settings
from siko_core.store.open import open_application
from siko_core.writer.job import Job, command_job, service_job
from siko_core.writer.reactions import Reactions, ignore
from siko_core.writer.writer import Writer

ACTOR = Actor(function="secretariat", body_id="pp-koeln")
PRODUCER = "others"
"""A desk receives the events of all other services as if they had one log."""
A = TypeVar("A", bound=EventSourcedApplication)


@contextmanager
def at(moment: str, *, recorded: str | None = None) -> Iterator[datetime]:
    """Events triggered within the block happened at this moment (RFC 3339)."""
    happened = datetime.fromisoformat(moment)
    recorded_at = datetime.fromisoformat(recorded) if recorded else happened
    with deciding(Metadata(effective_at=happened, recorded_at=recorded_at, actor=ACTOR)):
        yield happened


def new(aggregate: Any) -> list[Any]:
    """Return the events that an aggregate has not saved yet."""
    return list(aggregate.collect_events())


def given(*events: Any) -> Any:
    """Return the aggregate that results from these events."""
    return reduce(lambda aggregate, event: event.mutate(aggregate), events, None)


def sealed(text: str = "…") -> Sealed[str]:
    """Return a sealed text for tests that need no keyring; `text` is its ciphertext."""
    return Sealed(key_id="key", seal_id="seal", ciphertext=text)


class Desk(Generic[A]):
    """An application with a real writer on a real store, and no broker: commands in, contracts out."""

    def __init__(
        self,
        application_class: type[A],
        contracts: Contracts,
        folder: Path,
        *,
        policy: Callable[[Event, A], None] = ignore,
        database_url: str | None = None,
    ) -> None:
        name = application_class.name
        self.settings = Settings(
            database_url=SecretStr(database_url or f"sqlite:///{folder}/{name}.db"),
            keys_url=SecretStr(f"sqlite:///{folder}/{name}-keys.db"),
            clock="manual",
        )
        self.application, self.clock = open_application(application_class, self.settings)
        self.writer = Writer(self.application)
        self.reactions = Reactions(self.application, policy, self.clock, self.writer)
        self.translations = contracts

    def send(
        self,
        method: Callable[[Any, Any], Saved],
        command: Any,
        *,
        now: str | None = None,
        actor: str | None = None,
        command_id: str | None = None,
    ) -> Any:
        """Execute a command; return an `Answer` or a `Refusal`. `now` advances the manual clock.

        Raises SealBroken if it sealed a text under another path than that of the event's field.
        """
        headers = {NOW: now, ACTOR_HEADER: actor, COMMAND_ID: command_id}
        token = HEADERS.set({name: value for name, value in headers.items() if value})
        try:
            metadata, by = metadata_of(command, self.clock), asker()
        except Refused as refused:
            return refusal_of(refused)
        finally:
            HEADERS.reset(token)
        before = self.application.recorder.max_notification_id() or 0
        outcome = self._outcome(command_job(self.application, method, command, metadata, asker=by))
        for event in self._stored(before):
            for path, text in sealed_fields(event):
                self.application.keyring.open(event.originator_id, path, text)
        return outcome

    def follow(self, *events: Event) -> None:
        """Deliver these events of other services in one batch."""
        place = self.application.recorder.place(PRODUCER).position
        batch = [
            Followed(
                type=event.TYPE,
                body=event.model_dump_json().encode(),
                position=position,
                previous=position - 1,
                sequence=position,
                event=event,
            )
            for position, event in enumerate(events, place + 1)
        ]
        last = place + len(batch)
        self._outcome(self.reactions.job(batch, Step(PRODUCER, place, last, last)))

    def start(self, at_start: Callable[[A, str], Saved | None], ruleset: str) -> None:
        """Execute the decision that the service takes when it starts."""
        self._outcome(service_job(self.application, lambda: at_start(self.application, ruleset)))

    @property
    def contracts(self) -> list[Event]:
        """All events published so far, including bare notices."""
        return [to_contract(self.translations, event) for event in self._stored(0)]

    def _stored(self, after: int) -> list[Any]:
        stored = self.application.recorder.select_notifications(
            after, 100_000, inclusive_of_start=False
        )
        return [self.application.mapper.to_domain_event(event) for event in stored]

    def _outcome(self, job: Job) -> Any:
        left: Sequence[Job] = [job]
        while left:
            left = self.writer.committer.commit(left)
        if isinstance(job.outcome, Exception):
            raise job.outcome
        return job.outcome
