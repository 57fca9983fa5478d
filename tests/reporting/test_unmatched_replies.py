"""What was held of what came to the mailbox, for the authority whose mailbox it is."""

from siko_contracts.events.invitations import ReplyHeld, ReplySettled
from siko_contracts.queries.reporting import UnmatchedReplies
from siko_core.identity.identity import Identity
from siko_reporting.readers import narrowed
from siko_reporting.views import VIEWS


def held(happened, reply_id, at="2025-02-03", **fields):
    return happened(ReplyHeld, at, reply_id=reply_id, cause="forged", **fields)


def test_a_held_reply_is_open_until_it_is_settled(happened, items):
    about = {"conference_id": "joint", "body_id": "stadt-koeln", "answer": "accepted"}
    events = [held(happened, "r1", **about), held(happened, "r2", "2025-02-01")]
    assert [row["reply_id"] for row in items("unmatched_replies", events)] == ["r2", "r1"]
    events.append(happened(ReplySettled, "2025-02-04", reply_id="r1"))
    (settled,) = items("unmatched_replies", events, state="settled")
    assert settled == about | {
        "reply_id": "r1",
        "authority_id": "pp-koeln",
        "cause": "forged",
        "received_at": "2025-02-03T12:00:00Z",
        "state": "settled",
    }
    (open_,) = items("unmatched_replies", events, state="open")
    assert (open_["reply_id"], open_["conference_id"]) == ("r2", None)


def test_an_authority_sees_what_came_to_its_own_mailbox(happened, items):
    events = [held(happened, "r1"), held(happened, "r2", authority="pp-bonn")]
    reader = Identity(sub="somebody", role="secretariat", authority_id="pp-bonn")
    query = narrowed(reader, VIEWS["unmatched_replies"], UnmatchedReplies())
    asked = query.model_dump(include={"authority_id"})
    assert [row["reply_id"] for row in items("unmatched_replies", events, **asked)] == ["r2"]
