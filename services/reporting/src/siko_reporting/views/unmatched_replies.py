"""What came to the mailbox of an authority and was not counted as an answer, until somebody has looked at it."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import assert_never

from siko_contracts.events.invitations import ReplyHeld, ReplySettled
from siko_contracts.queries.reporting import UnmatchedReplies, UnmatchedReplyItem

from siko_reporting.views.base import Document, Visibility, asked_for

NAME = "unmatched_replies"
EVENTS = (ReplyHeld, ReplySettled)
VISIBLE = Visibility("asks for its own")
KEYED_BY = None
ORDER = ("received_at", "reply_id")
INITIAL: Document = {}
KEPT = {"reply_id", "authority_id", "cause", "conference_id", "body_id", "answer"}

ReplyFact = ReplyHeld | ReplySettled


def key(event: ReplyFact) -> str:
    return event.reply_id


def evolve(document: Document, event: ReplyFact) -> Document:
    match event:
        case ReplyHeld():
            fields = event.model_dump(mode="json", include={*KEPT, "effective_at"})
            return {"received_at": fields.pop("effective_at"), "state": "open", **fields}
        case ReplySettled():
            return {**document, "state": "settled"}
        case _:
            assert_never(event)


def items(
    documents: Iterable[Document], query: UnmatchedReplies, _: date | None
) -> Iterator[UnmatchedReplyItem]:
    for document in documents:
        item = UnmatchedReplyItem.model_validate(document)
        if asked_for(item, query, "authority_id", "conference_id", "state"):
            yield item
