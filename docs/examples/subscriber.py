"""Follows a stream of siko from where it last stopped; needs `siko-contracts` and `nats-py`, nothing else.

    python subscriber.py nats://127.0.0.1:8401 SIKO_SCHEDULER events.db
    python subscriber.py nats://nats.example.org SIKO_SCHEDULER events.db credentials

Each message names its own position and that of the message before it, so that nothing can be
missing unnoticed, and its epoch, so that a restored producer is noticed. What an event does and how
far we are is one transaction of our own database: an event takes effect once, however often this
program is ended.
"""

import asyncio
import sqlite3
import sys
from pathlib import Path

import nats
from nats.aio.msg import Msg
from nats.errors import Error, NotJSMessageError, TimeoutError  # noqa: A004 - the client raises its own
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError
from siko_contracts.events import HistoryLost, decode
from siko_contracts.messages import EPOCH, POSITION, PREVIOUS, attribute

SILENCE_SECONDS = 10.0


class MessageMissing(Exception):
    """The stream goes on behind an event that never came."""


class AnotherHistory(Exception):
    """The producer was restored: what we have applied is not what leads to this message."""


class Place:
    """How far we are, in the database that holds the effects too."""

    def __init__(self, file: str, stream: str) -> None:
        self.database = sqlite3.connect(file)
        self.stream = stream
        self.database.executescript(
            "CREATE TABLE IF NOT EXISTS place (stream PRIMARY KEY, position, sequence);"
            "CREATE TABLE IF NOT EXISTS events (stream, position, type, aggregate_id, event_id);"
            "CREATE TABLE IF NOT EXISTS epochs (stream, epoch, PRIMARY KEY (stream, epoch));"
        )
        found: tuple[int, int] | None = self.database.execute(
            "SELECT position, sequence FROM place WHERE stream = ?", [stream]
        ).fetchone()
        self.position, self.sequence = found or (0, 0)
        known = self.database.execute("SELECT epoch FROM epochs WHERE stream = ?", [stream])
        self.epochs: set[str] = {epoch for (epoch,) in known}

    def knows(self, epoch: str | None) -> bool:
        """Whether we have read in this epoch; messages of earlier versions name none."""
        return epoch is None or not self.epochs or epoch in self.epochs

    def forget(self) -> None:
        """Begin anew: nothing of this stream is certain any more."""
        with self.database:
            for table in ("events", "epochs", "place"):
                self.database.execute(f"DELETE FROM {table} WHERE stream = ?", [self.stream])  # noqa: S608 - our own names
        self.position, self.sequence, self.epochs = 0, 0, set()

    def apply(self, message: Msg) -> None:
        """MessageMissing where another event comes between the last one applied and this one.

        AnotherHistory where an epoch begins, and not with the loss of what we have applied last.
        """
        headers = message.headers or {}
        position, previous = int(headers[POSITION]), int(headers[PREVIOUS])
        epoch = headers.get(EPOCH)
        if position <= self.position and self.knows(epoch):
            return  # we have had it
        type_ = attribute(headers, "type")
        event = decode(type_, message.data)  # None: a type that is newer than our siko-contracts
        lost = event if isinstance(event, HistoryLost) else None
        if not self.knows(epoch) and not (lost and previous == self.position):
            raise AnotherHistory(f"{self.stream}: epoch {epoch} at {position}")
        if previous != self.position and not (lost and lost.from_ <= self.position <= lost.to):
            raise MessageMissing(f"{self.stream}: {previous} of {position} before it is missing")
        effect = event and [self.stream, position, type_, event.aggregate_id, event.event_id]
        sequence = message.metadata.sequence.stream
        with self.database:
            if lost:  # the producer's database was restored: what came from there never was
                self.database.execute(
                    "DELETE FROM events WHERE stream = ? AND position BETWEEN ? AND ?",
                    [self.stream, lost.from_, lost.to],
                )
            if effect:
                self.database.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?)", effect)
            if epoch:
                self.database.execute(
                    "INSERT OR IGNORE INTO epochs VALUES (?, ?)", [self.stream, epoch]
                )
            self.database.execute(
                "REPLACE INTO place VALUES (?, ?, ?)", [self.stream, position, sequence]
            )
        self.position, self.sequence = position, sequence
        self.epochs |= {epoch} if epoch else set()
        print(position, type_, event.aggregate_id if event else "-", flush=True)


def taken_by(message: Msg) -> tuple[str, str] | None:
    """Stream and consumer: others may have theirs deliver at our inbox too, and it is not they who say this."""
    try:
        return message.metadata.stream, message.metadata.consumer
    except NotJSMessageError:
        return None


async def read(jetstream: JetStreamContext, place: Place, first: int) -> None:
    """Applies what comes from this sequence on, until it has been silent for a while."""
    config = ConsumerConfig(
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=first,
        ack_policy=AckPolicy.NONE,  # our place is kept by us
        inactive_threshold=2 * SILENCE_SECONDS,
    )
    subscription = await jetstream.pull_subscribe("siko.>", stream=place.stream, config=config)
    ours = (await subscription.consumer_info()).name
    try:
        while True:
            for message in await subscription.fetch(500, timeout=SILENCE_SECONDS):
                if taken_by(message) == (place.stream, ours):
                    place.apply(message)
    except TimeoutError:
        pass  # nothing new, or the consumer is gone: begin anew behind our place
    finally:
        await subscription.unsubscribe()


async def filled_anew(jetstream: JetStreamContext, place: Place) -> bool:
    """Whether sequences are others now: ours does not hold the message that it held."""
    if not place.sequence:
        return False
    try:
        held = await jetstream.get_msg(place.stream, seq=place.sequence)
    except NotFoundError:
        return True
    headers = held.headers or {}
    return headers.get(POSITION) != str(place.position) or not place.knows(headers.get(EPOCH))


def login(credentials: str) -> dict[str, str]:
    """From the one line `user:password`; whoever has a login is answered in an inbox of its own."""
    user, _, password = Path(credentials).read_text().strip().partition(":")
    return {"user": user, "password": password, "inbox_prefix": f"_INBOX_{user}"}


async def follow(url: str, stream: str, file: str, credentials: str | None = None) -> None:
    """For ever. MessageMissing where not even the whole stream holds the next event."""
    place = Place(file, stream)
    as_whom = login(credentials) if credentials else {}
    client = await nats.connect(url, max_reconnect_attempts=-1, **as_whom)
    jetstream = client.jetstream()
    whole = False
    while True:
        before = place.position
        try:
            whole = whole or await filled_anew(jetstream, place)
            await read(jetstream, place, 1 if whole else place.sequence + 1)
            whole = False
        except MessageMissing:
            if whole:
                raise
            # lost on the way; or the stream was filled anew, and sequences are others now
            whole = place.position == before
        except AnotherHistory as restored:
            print(f"{restored}: read anew from the beginning", file=sys.stderr, flush=True)
            place.forget()
            whole = True
        except Error as error:
            print(f"NATS: {error}; again in a second", file=sys.stderr, flush=True)
            await asyncio.sleep(1)


if __name__ == "__main__":
    try:
        asyncio.run(follow(*sys.argv[1:5]))
    except MessageMissing as missing:
        sys.exit(f"{missing}; ask the operator to refill the stream, then start again")
    except KeyboardInterrupt:
        pass
