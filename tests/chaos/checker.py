"""Judges a run by what everybody can see: nothing lost, nothing doubled, order kept, answers kept."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from tests.chaos.ledger import Entry
from tests.chaos.reading import Streamed

Item = Mapping[str, Any]
NEVER = {"VersionConflict", "AlreadyDone", "NotAuthorised"}
"""What is sent carries new ids and versions that only its sender moves: these would mean that it was done twice.

And everybody asks for what is theirs to do.
"""


@dataclass(frozen=True)
class Violation:
    kind: Literal["lost", "doubled", "order", "answer", "stuck"]
    text: str


@dataclass
class Seen:
    """All that the checker judges."""

    entries: Sequence[Entry]
    logs: Mapping[str, Sequence[Item]]
    streams: Mapping[str, Sequence[Streamed]]
    repeated: Sequence[tuple[Entry, Entry]] = ()
    """Accepted commands and what their repeat at the end was answered."""
    stuck: Sequence[str] = ()
    """What did not come to rest in time, or cannot be read."""
    more: Sequence[Violation] = ()
    """What was found while looking: views that differ from a fresh fold of the logs, parked events."""


def check(seen: Seen) -> list[Violation]:
    rules: tuple[Callable[[Seen], Iterator[Violation]], ...] = (
        _accepted_is_there,
        _decided_once,
        _refusals,
        _log_order,
        _streams_hold_the_logs,
        _reactions,
        _first_answers,
    )
    found = [violation for rule in rules for violation in rule(seen)]
    return [*found, *seen.more, *(Violation("stuck", text) for text in seen.stuck)]


def _accepted_is_there(seen: Seen) -> Iterator[Violation]:
    """Every accepted answer's events: the version it names, and those of its own decision."""
    for service, log in seen.logs.items():
        events = {item["event_id"]: item["position"] for item in log}
        decided = {item["command_id"] for item in log}
        for entry in seen.entries:
            if entry.service != service or entry.outcome != "accepted" or entry.answer is None:
                continue
            about = f"{service} {entry.command_id} {entry.subject}"
            named = f"{entry.answer['id']}@{entry.answer['version']}"
            if named not in events:
                yield Violation("lost", f"{about}: {named} was answered and is not in the log")
            elif entry.command_id not in decided and _always_changes(entry):
                yield Violation("lost", f"{about}: no event of it is in the log")
            elif (entry.answer["position"] or events[named]) < events[named]:
                yield Violation("answer", f"{about}: its position lies before its own {named}")


def _always_changes(entry: Entry) -> bool:
    """A second check of the same list, or the same day again, is accepted and changes nothing."""
    return entry.subject.rpartition(".")[2] not in {"check_coverage", "advance_clock", "release_invitations"}  # fmt: skip


def _decided_once(seen: Seen) -> Iterator[Violation]:
    """A decision's events stand together in the log: a command that stands there twice was decided twice."""
    for service, log in seen.logs.items():
        runs = Counter(key for key, _ in groupby(log, lambda item: item["command_id"]) if key)
        for command_id, count in runs.items():
            if count > 1:
                yield Violation("doubled", f"{service} {command_id} was decided {count} times")
    certain = {e.command_id: e for e in seen.entries if e.outcome == "refused" and not e.uncertain}
    for log in seen.logs.values():
        for item in log:
            if item["command_id"] in certain:
                entry = certain[item["command_id"]]
                yield Violation("answer", f"{entry.subject} was refused and has {item['event_id']}")


def _refusals(seen: Seen) -> Iterator[Violation]:
    for entry in seen.entries:
        if entry.outcome == "refused" and entry.answer:
            code = entry.answer["error"]["code"]
            if code in NEVER or entry.repeats:
                yield Violation("answer", f"{entry.subject} {entry.command_id}: {entry.answer}")
        elif entry.outcome == "unanswered":
            yield Violation("stuck", f"{entry.subject} {entry.command_id} was never answered")


def _log_order(seen: Seen) -> Iterator[Violation]:
    for service, log in seen.logs.items():
        positions = [item["position"] for item in log]
        if positions != sorted(set(positions)):
            yield Violation("order", f"{service}: the log's positions do not rise")
        versions: dict[str, int] = defaultdict(int)
        for item in log:
            expected = versions[item["aggregate_id"]] + 1
            if item["aggregate_version"] != expected:
                yield Violation("order", f"{service}: {item['event_id']} where @{expected} is due")
            versions[item["aggregate_id"]] = item["aggregate_version"]


def _streams_hold_the_logs(seen: Seen) -> Iterator[Violation]:
    """Each event once, in order, chained, in one epoch, with the content that its contract has."""
    for service, messages in seen.streams.items():
        log = {item["position"]: item for item in seen.logs[service]}
        counted = Counter(message.position for message in messages)
        for position in log.keys() - counted.keys():
            yield Violation("lost", f"{service}: position {position} is not on the stream")
        for position in counted.keys() - log.keys():
            yield Violation(
                "doubled", f"{service}: position {position} on the stream is not stored"
            )
        for position, count in counted.items():
            if count > 1:
                yield Violation("doubled", f"{service}: position {position} is on the stream {count} times")  # fmt: skip
        if len({message.epoch for message in messages}) > 1:
            yield Violation("order", f"{service}: its store was not restored, and it changed its epoch")  # fmt: skip
        previous = 0
        for message in messages:
            if message.previous != previous or message.position <= previous:
                yield Violation(
                    "order",
                    f"{service}: {message.position} names {message.previous} after {previous}",
                )
            previous = message.position
            item = log.get(message.position)
            named = message.id == f"{service}.{message.position}"
            if item and not (named and message.body == item["contract"]):
                yield Violation("order", f"{service}: {message.id} is not what the log holds")


def _reactions(seen: Seen) -> Iterator[Violation]:
    """What a fact of one service must have made in another, once."""
    for producer, follower, made in REACTIONS:
        if producer not in seen.logs or follower not in seen.logs:
            continue
        there = {(item["aggregate_id"], item["topic"]) for item in seen.logs[follower]}
        aggregates = {aggregate for aggregate, _ in there}
        for item in seen.logs[producer]:
            wanted = made(item)
            if wanted is None:
                continue
            aggregate, topics = wanted
            if not ((topics and {(aggregate, t) for t in topics} & there) or (not topics and aggregate in aggregates)):  # fmt: skip
                yield Violation(
                    "lost", f"{follower} has not made {aggregate} {topics} of {producer}'s {item['event_id']}"
                )  # fmt: skip


Made = Callable[[Item], tuple[str, tuple[str, ...]] | None]


def _of(type_: str, aggregate: str, *topics: str) -> Made:
    """An event of this contract makes this aggregate, or one of these events of it."""

    def made(item: Item) -> tuple[str, tuple[str, ...]] | None:
        if item["type"] != f"{type_}.v1" or item["contract"].get("attended") is False:
            return None
        return aggregate.format(**item["contract"]), topics

    return made


REACTIONS: tuple[tuple[str, str, Made], ...] = (
    ("scheduler", "invitations", _of("authority_registered", "known:{authority_id}")),
    ("scheduler", "invitations", _of("body_registered", "known:{body_id}")),
    ("scheduler", "invitations", _of("conference_scheduled", "list:{conference_id}")),
    ("scheduler", "invitations", _of("conference_cancelled", "list:{conference_id}",
                                     "invitation_list.cancelled", "invitation_list.frozen")),
    ("scheduler", "invitations", _of("conference_opened", "list:{conference_id}", "invitation_list.frozen")),
    ("scheduler", "agenda", _of("body_registered", "known:{body_id}")),
    ("scheduler", "agenda", _of("conference_scheduled", "agenda:{conference_id}")),
    ("scheduler", "agenda", _of("conference_scheduled", "known:{conference_id}", "agenda_known_conference.dated")),
    ("scheduler", "agenda", _of("conference_cancelled", "agenda:{conference_id}", "agenda.cancelled", "agenda.frozen")),
    ("scheduler", "agenda", _of("conference_opened", "agenda:{conference_id}", "agenda.frozen")),
    ("scheduler", "agenda", _of("conference_held", "agenda:{conference_id}", "agenda.session_ended")),
    ("invitations", "scheduler", _of("invitations_released", "{conference_id}",
                                     "conference.convened", "conference.cancelled")),
    ("invitations", "agenda", _of("invitations_released", "known:{conference_id}",
                                  "agenda_known_conference.invitations_released")),
    ("invitations", "agenda", _of("attendance_recorded", "known:{conference_id}",
                                  "agenda_known_conference.attendance_noted")),
)  # fmt: skip


def _first_answers(seen: Seen) -> Iterator[Violation]:
    """A repeat of an accepted command gets its first answer, whichever replica it reaches."""
    first = {e.command_id: e for e in seen.entries if e.outcome == "accepted" and not e.repeats}
    again = [(first[e.command_id], e) for e in seen.entries if e.repeats and e.command_id in first]
    for entry, repeat in (*again, *seen.repeated):
        if repeat.outcome == "unanswered":
            continue
        fields = ("ok", "id", "version", "findings")
        told = [{f: (e.answer or {}).get(f) for f in fields} for e in (entry, repeat)]
        positions = {(e.answer or {}).get("position") for e in (entry, repeat)} - {None}
        if told[0] != told[1] or len(positions) > 1:
            yield Violation(
                "answer", f"{entry.subject} {entry.command_id}: first {entry.answer}, then {repeat.answer}"
            )  # fmt: skip
