"""Values beyond what a store, a calendar or a token can hold: a refusal by name, not `Unavailable`, and nobody goes deaf."""

import asyncio
import base64
import json
import time

import nats

from tests.attack.asking import ANSWER_SECONDS, Question, ask, ask_all, send_raw, stored_otherwise
from tests.deployment import SERVICES

SECRETARIAT = "secretariat@pp-koeln"
UUID = "0192f0c4-0000-7000-8000-000000000001"
BEYOND = (2**63, 2**64, 10**30, 10**400)
DISCUSSION = {"conference_id": UUID, "topic_id": UUID, "outcomes": [], "bodies_present": []}


def test_numbers_beyond_what_a_store_holds_are_refused_by_name(attacked):
    numbers = {
        "query.scheduler.log": ("after",),
        "query.invitations.log": ("after", "limit"),
        "query.agenda.positions": ("at_least",),
        "query.reporting.conferences": ("at_least", "limit", "year"),
    }
    questions, fields = [], []
    for subject, names in numbers.items():
        for name in names:
            for number in (*BEYOND, -1):
                value = {"scheduler": number} if name == "at_least" else number
                questions.append(Question(subject, {name: value}))
                fields.append("at_least.scheduler" if name == "at_least" else name)
    for answer, field in zip(ask_all(attacked, *questions), fields, strict=True):
        assert answer["error"]["code"] == "InvalidCommand", answer
        assert list(answer["error"]["details"]) == [field]


def test_the_highest_position_is_one_behind_which_there_is_nothing(attacked):
    for service in ("scheduler", "invitations", "agenda"):
        answer = ask(attacked, f"query.{service}.log", {"after": 2**63 - 1})
        assert answer["items"] == []


def test_a_cursor_that_no_answer_has_given_is_refused_by_name(attacked):
    pages = {
        "query.scheduler.access_log": "",
        "query.scheduler.dead_letters": "scheduler.",
        "query.reporting.dead_letters": "scheduler.",
        "query.reporting.withdrawn": "scheduler.",
    }
    questions = [
        Question(subject, {"cursor": f"{before}{number}"})
        for subject, before in pages.items()
        for number in (*BEYOND, -1, "x", "")
    ]
    for answer, question in zip(ask_all(attacked, *questions), questions, strict=True):
        assert answer["error"]["code"] == "InvalidCommand", (question, answer)
        assert list(answer["error"]["details"]) == ["cursor"]


def test_what_no_store_can_hold_is_refused_in_every_filter(attacked):
    filters = [
        ("query.scheduler.history", "aggregate_id"),
        ("query.scheduler.dead_letters", "id"),
        ("query.reporting.dead_letters", "aggregate_id"),
        ("query.reporting.dead_letters", "cursor"),
        ("query.agenda.access_log", "subject"),
        ("query.agenda.access_log", "outcome"),
        ("query.reporting.conferences", "state"),
        ("query.reporting.invitations", "conference_id"),
        ("query.scheduler.what_if", "ruleset"),
    ]
    questions = [
        Question(subject, {field: f"a{bad}b"}) for subject, field in filters for bad in "\0\ud800"
    ]
    for answer, question in zip(ask_all(attacked, *questions), questions, strict=True):
        assert answer["error"]["code"] == "InvalidCommand", (question, answer)
        assert list(answer["error"]["details"]) == list(question.body)


NO_TIMES = ("1", True, float("nan"), float("inf"), 10**30, 10**400, [], {})
NO_TEXTS = ("a\ud800", "a\0", "", 7, ["a"])
WRONG_CLAIMS = [
    *({claim: value} for claim in ("exp", "iat", "nbf") for value in NO_TIMES),
    *({claim: value} for claim in ("jti", "sub", "function", "authority_id") for value in NO_TEXTS),
    {"sub": "a\u202eb"},
    {"function": "a\x1b[2J"},
    {"jti": "x" * 5000},
]


def test_a_claim_that_is_none_is_not_accepted(attacked):
    subject = "query.scheduler.positions"
    questions = [Question(subject, {}, SECRETARIAT, claims) for claims in WRONG_CLAIMS]
    for answer, question in zip(ask_all(attacked, *questions), questions, strict=True):
        assert not answer["ok"], question.claims
        assert answer["error"]["code"] == "NotAuthorised", (question.claims, answer)
    assert ask(attacked, subject, {}, SECRETARIAT, {"nested": [[[]]], "exp": time.time() + 9})["ok"]


def test_a_token_that_nests_without_end_is_not_accepted(attacked):
    part = base64.urlsafe_b64encode(b"[" * 5000).rstrip(b"=").decode()
    answer = ask(attacked, "query.scheduler.positions", {}, Authorization=f"Bearer {part}.e30.e30")
    assert answer["error"]["code"] == "NotAuthorised"


BEYOND_BOUNDS = [
    ("agenda.place_item", {"conference_id": UUID, "topic_id": UUID, "number": 2**63}, "number"),
    ("agenda.place_item", {"conference_id": UUID, "topic_id": UUID, "number": 0}, "number"),
    ("agenda.discuss_topic", DISCUSSION | {"outcomes": [{"kind": "noted"}] * 51}, "outcomes"),
    ("agenda.discuss_topic", DISCUSSION | {"bodies_present": ["stadt-koeln"] * 501}, "bodies_present"),
    ("agenda.accept_topic", {"topic_id": UUID, "expected_version": 2**63}, "expected_version"),
    ("scheduler.cancel_conference", {"conference_id": UUID, "reason": "x", "effective_at": "1900-01-01T00:00:00+14:00"}, "effective_at"),
    ("scheduler.plan_conference", {"authority_id": "pp-koeln", "kind": "siko", "areas": ["Köln"] * 501}, "areas"),
    ("scheduler.plan_conference", {"authority_id": "pp-koeln", "kind": "siko", "month": "20٢٧-05"}, "month"),
]  # fmt: skip


def test_numbers_dates_and_lists_of_commands_have_bounds(attacked):
    questions = [Question(f"command.{name}", body, SECRETARIAT) for name, body, _ in BEYOND_BOUNDS]
    answers = ask_all(attacked, *questions)
    for answer, (command, _, name) in zip(answers, BEYOND_BOUNDS, strict=True):
        assert answer["error"]["code"] == "InvalidCommand", (command, answer)
        assert list(answer["error"]["details"]) == [name]


def test_an_event_that_cannot_be_read_is_no_mistake_of_who_asks(attacked):
    """It was `InvalidCommand` with the names of the stored event's fields."""
    with stored_otherwise(attacked, "scheduler", "pp-koeln@1", '"name":', '"nome":'):
        answer = ask(attacked, "query.scheduler.register")
    assert (answer["error"]["code"], answer["error"]["details"]) == ("Failed", {})


BROKEN_HEADERS = (
    b"NATS/1.0 \xff\xff\xff\r\n\r\n", b"NATS/1.0", b"N", b"", b"NATS/1.0\r\na: \xff\r\n\r\n",
    b"NATS/1.0 503\r\n\r\n", b"NATS/1.0 100 \xff\r\n\r\n",
)  # fmt: skip


def test_a_message_with_broken_headers_makes_no_service_deaf(attacked):
    """Of a guest without a token. The task that reads ended with it: what came after was not heard for 15 s."""

    async def heard() -> float:
        client = await nats.connect(attacked.nats_url)
        try:
            for service in SERVICES:
                for headers in BROKEN_HEADERS:
                    await send_raw(client, f"siko.query.{service}.positions", "", headers, b"{}")
            await client.flush()
            began = time.monotonic()
            for service in SERVICES:
                subject = f"siko.query.{service}.positions"
                answer = await client.request(subject, b"{}", ANSWER_SECONDS)
                assert json.loads(answer.data)["error"]["code"] == "NotAuthorised"
            return time.monotonic() - began
        finally:
            await client.close()

    assert asyncio.run(heard()) < 5


def test_a_command_that_is_refused_does_not_move_the_manual_clock(attacked):
    now = ask(attacked, "query.scheduler.positions")["as_of"]
    refused = ask(
        attacked,
        "command.scheduler.cancel_conference",
        {"conference_id": UUID, "reason": "x"},
        SECRETARIAT,
        Siko_Now="2199-01-01T00:00:00+01:00",
    )
    assert refused["ok"] is False
    assert ask(attacked, "query.scheduler.positions")["as_of"] == now
