"""Sentences for the differences that `siko replay` and `siko doctor` report."""

from siko_contracts.characters import LINE
from siko_contracts.messages import stream
from siko_contracts.queries.audit import DifferenceItem

WORDS = {
    "Changed": "{fields}: not as on {stream}",
    "NotStored": "{stream} has this event, the store has not",
    "NotPublished": "the store has this event, and {stream} has gone on without it",
    "Withdrawn": "the store has this event, at a position that history_lost has given up",
    "Undecided": "no command that was answered has made this event, nor the service by itself",
    "Unreadable": "what the store has here cannot be read as an event",
    "SealBroken": "{fields}: not the text that was sealed here",
    "MissingKey": "{fields}: reads as erased, and an earlier text of the same aggregate does not",
    "Foreign": "{stream} has a message behind this position that is no event ({fields})",
    "BrokenChain": "{fields}: does not follow the events before it",
}


def described(service: str, item: DifferenceItem) -> str:
    """Return one line; line breaks and control characters of a tampered row are escaped."""
    words = WORDS.get(item.code, item.code + " {fields}")
    text = words.format(fields=", ".join(item.fields), stream=stream(service))
    event = f" ({item.event_id})" if item.event_id else ""
    line = f"position {item.position}{event}: {text}"
    return LINE.sub(lambda unseen: unseen[0].encode("unicode_escape").decode(), line)
