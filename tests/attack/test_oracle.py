"""R38: what is not a partner body's own is answered as what does not exist, and what it may not know changes no answer.

The cells are made of `siko_contracts`: every command and query that a partner may give, every field of it that names
something. A new one is tested by itself, or a test fails and says which field it has nothing to put into.
"""

import json
import time
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import pytest
from pydantic import BaseModel
from siko.roles import AUDITOR, SignIn
from siko_contracts.access import HINTS_AT_PROBING, Access
from siko_contracts.commands import COMMANDS
from siko_contracts.commands.invitations import AnswerByLink
from siko_contracts.examples import example
from siko_contracts.fields import naming
from siko_contracts.queries import QUERIES

from tests.attack.conftest import DATABASES
from tests.attack.partners import (
    CITY,
    DISTRICT,
    HELD,
    MISSING,
    NEIGHBOUR,
    OPEN,
    PARTNERS,
    Partner,
    ident,
)
from tests.attack.story import SECRETARIAT, go_on, play
from tests.contracts.rights import COMMAND_ACCESS, QUERY_ACCESS
from tests.deployment import Deployment, databases, deployed, files
from tests.flow.asking import ask_all

NEVER = 1_000_000
"""No aggregate has this version, and no service this position: what may be done is decided, and changes nothing."""
KINDS = {
    "conference_id": "conference",
    "topic_id": "topic",
    "action_id": "action",
    "authority_id": "authority",
    "body_id": "body",
    "by_body_id": "body",
    "of_body_id": "body",
    "via": "body",
    "area": "area",
    "need_to_know": "body",
    "ids": "thing",
}
"""What a field names."""
FOR_LACK_OF_RIGHTS = {"NotAuthorised", "NotFound"}
LOGGED_SECONDS = 10.0
FREE_DAYS = "siko.query.scheduler.free_days"
TEXTS = "siko.query.agenda.texts"

Body = dict[str, Any]
Question = tuple[str, Body, SignIn]


@pytest.fixture(scope="module", params=DATABASES)
def system(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("oracle")
    urls = files(folder)
    if request.param == "postgresql":
        urls = databases(request.getfixturevalue("postgres_server"), "oracle")
    with deployed(folder, urls) as system:
        play(system)
        yield system


COMMANDED: dict[str, tuple[type[BaseModel], Access]] = {
    f"siko.command.{service}.{name}": (COMMANDS[service][name], access)
    for service, rows in COMMAND_ACCESS.items()
    for name, access in rows.items()
    if access.partner
}
QUERIED: dict[str, type[BaseModel]] = {
    f"siko.query.{service}.{name}": QUERIES[service][name]
    for service, rows in QUERY_ACCESS.items()
    for name, access in rows.items()
    if access.partner
}


def kind_of(field: str, access: Access) -> str:
    """A body that need not be the partner itself is named as the invited one."""
    return "invitation" if field in access.open_to_partner else KINDS[field]


def with_thing(body: Body, field: str, thing: str) -> Body:
    return body | {field: [thing] if isinstance(body.get(field), list) else thing}


def own_of(partner: Partner, model: type[BaseModel], access: Access) -> Body:
    """A valid command about what is the partner's own, which could never be carried out."""
    body = example(model) | {"expected_version": NEVER}
    body |= {"classification": "open", "contains_case_data": False}
    body = {
        f: v for f, v in body.items() if f in model.model_fields and f not in {"id", "effective_at"}
    }
    for field in naming(model):
        if field != "id":
            things = partner.things[kind_of(field, access)]
            body = with_thing(body, field, things.get("own", MISSING["topic"]))
    return body


def needed_of(model: type[BaseModel]) -> Body:
    """What a query must name: the open conference."""
    needed = {f: info for f, info in model.model_fields.items() if info.is_required()}
    return {f: [OPEN] if isinstance(example(model)[f], list) else OPEN for f in needed}


def others(partner: Partner, kind: str) -> dict[str, str]:
    """A thing is a conference, a topic, an action or a body."""
    if kind == "thing":
        kinds = ("conference", "topic", "action", "body")
        return {f"{each} {how}": at for each in kinds for how, at in others(partner, each).items()}
    return {how: thing for how, thing in partner.things[kind].items() if how != "own"}


def different(
    system: Deployment, cells: dict[tuple[str, ...], tuple[Question, Question]]
) -> list[str]:
    """Cells of which the two questions are not answered alike, with both answers."""
    answers = iter(ask_all(system, [question for both in cells.values() for question in both]))
    compared = zip(cells, answers, answers, strict=True)
    return [f"{cell}: {one} {other}" for cell, one, other in compared if one != other]


def test_every_field_that_names_something_has_things_to_put_into_it():
    for subject, model in {**{s: m for s, (m, _) in COMMANDED.items()}, **QUERIED}.items():
        for field in naming(model):
            assert field == "id" or field in KINDS, f"{subject}: add {field} to KINDS"
        for field, hint in get_type_hints(model).items():
            inner = [
                t
                for t in (hint, *get_args(hint))
                if isinstance(t, type) and issubclass(t, BaseModel)
            ]
            assert not [t for t in inner if naming(t)], f"{subject}: {field} names something within"
    fields = {field for model, _ in COMMANDED.values() for field in naming(model)}
    assert {"need_to_know", "by_body_id", "of_body_id"} <= fields


def test_a_command_about_what_is_not_ones_own_is_answered_as_about_what_does_not_exist(system):
    cells = {}
    for partner in PARTNERS:
        for subject, (model, access) in COMMANDED.items():
            own = own_of(partner, model, access)
            for field in (f for f in naming(model) if f != "id"):
                kind = kind_of(field, access)
                missing = subject, with_thing(own, field, MISSING[kind]), partner.sign_in
                for how, thing in others(partner, kind).items():
                    put = subject, with_thing(own, field, thing), partner.sign_in
                    cells[partner.body_id, subject, field, how] = put, missing
    assert len(cells) > 200
    found = different(system, cells)
    assert found == [], "\n".join(found)


def test_a_command_about_what_is_ones_own_is_judged_by_the_rules(system):
    """Else everything would be answered alike."""
    asked = [(s, own_of(p, *row), p.sign_in) for p in PARTNERS for s, row in COMMANDED.items()]
    answers = zip(asked, ask_all(system, asked), strict=True)
    judged = {s for (s, *_), told in answers if told["error"]["code"] not in FOR_LACK_OF_RIGHTS}
    assert judged == set(COMMANDED)


def test_a_taken_id_is_refused_alike_whatever_has_it(system):
    """That it is taken cannot be hidden from who brings it; ids are UUIDs, so nobody comes upon one by guessing."""
    taken = [t for kind in ("topic", "action") for t in CITY.things[kind].values() if ":" not in t]
    for subject, row in COMMANDED.items():
        own = own_of(CITY, *row)
        answers = ask_all(system, [(subject, own | {"id": each}, CITY.sign_in) for each in taken])
        told = {json.dumps(a).replace(t, "…") for a, t in zip(answers, taken, strict=True)}
        assert len(told) == 1, (subject, told)


def test_a_query_about_what_is_not_ones_own_is_answered_as_about_what_does_not_exist(system):
    cells = {}
    for partner in PARTNERS:
        for subject, model in QUERIED.items():
            needed = needed_of(model)
            for field in naming(model):
                kind = "invitation" if field == "body_id" else KINDS[field]
                missing = subject, with_thing(needed, field, MISSING[kind]), partner.sign_in
                for how, thing in others(partner, kind).items():
                    put = subject, with_thing(needed, field, thing), partner.sign_in
                    cells[partner.body_id, subject, field, how] = put, missing
    assert len(cells) > 60
    found = different(system, cells)
    assert found == [], "\n".join(found)


def test_another_authoritys_calendar_is_answered_as_one_of_nobody(system):
    """`free_days` would tell when others meet, and in which conference."""
    days = {"from": "2025-06-01", "to": "2025-06-30"}
    asked = ("pp-koeln", "pp-bonn", MISSING["authority"])
    questions = [(FREE_DAYS, days | {"authority_id": each}, SECRETARIAT) for each in asked]
    own, foreign, nobodys = ask_all(system, questions)
    assert "ConferenceOverlaps" in json.dumps(own)
    assert foreign == nobodys
    assert foreign["items"] == []


def test_what_a_partner_sees_of_an_agenda_is_numbered_without_holes(system):
    asked = (SECRETARIAT, *(partner.sign_in for partner in PARTNERS))
    about = {"conference_id": OPEN}
    answers = ask_all(system, [("siko.query.reporting.conference", about, who) for who in asked])
    numbers = [
        [item["number"] for item in answer["items"][0]["agenda"] if item["number"] is not None]
        for answer in answers
    ]
    assert numbers == [[1, 2, 3, 4, 5], [1, 2], [1, 2], [1, 2]]


def test_a_reader_reads_the_texts_of_exactly_those_topics_that_the_view_shows_it(system):
    """One rule with two homes (R22, R38): reporting's view and the agenda. Who only forwards reads no texts."""
    read: dict[str, set[str]] = {}
    for who in (SECRETARIAT, CITY.sign_in, NEIGHBOUR.sign_in, DISTRICT.sign_in):
        views = [
            ("siko.query.reporting.conference", {"conference_id": at}, who) for at in (HELD, OPEN)
        ]
        answers = ask_all(system, [*views, (TEXTS, {"ids": [HELD, OPEN]}, who)])
        items = [item for answer in answers[:2] for item in answer["items"]]
        shown = {topic["topic_id"] for item in items for topic in item["agenda"]}
        ids = {item["id"] for item in answers[2]["items"]}
        read[who.held_for] = ids - {HELD, OPEN}  # reasons of the conference itself
        assert OPEN not in ids or who == SECRETARIAT
        assert read[who.held_for] == (set() if who == DISTRICT.sign_in else shown), who
    assert len(read["pp-koeln"]) > len(read[CITY.body_id]) > len(read[NEIGHBOUR.body_id]) > 0


def test_a_line_about_texts_names_everything_that_was_read(system):
    question = TEXTS, {"ids": [ident(f"text {n}") for n in range(99)] + [OPEN]}, CITY.sign_in
    ask_all(system, [question])
    assert json.loads(logged(system, question, "given")[0]["about"])["ids"] == question[1]["ids"]


def own(subject: str, partner: Partner, **named: str) -> Question:
    return subject, own_of(partner, *COMMANDED[subject]) | named, partner.sign_in


CONFIRM = "siko.command.invitations.confirm_forwarding"
PROBES: dict[str, Question] = {
    "NotAuthorised": own(CONFIRM, NEIGHBOUR, by_body_id="br-koeln"),
    "NotFound": own(CONFIRM, NEIGHBOUR, body_id="schulamt-koeln"),
    "ForeignDeputy": own("siko.command.invitations.name_deputy", CITY, of_body_id="sta-koeln"),
    "AlreadyDone": own("siko.command.agenda.submit_topic", CITY, id=CITY.things["topic"]["placed"]),
    "NotYetKnown": ("siko.query.reporting.actions", {"at_least": {"agenda": NEVER}}, CITY.sign_in),
    "UnknownAnswerLink": (
        "siko.command.invitations.answer_by_link",
        example(AnswerByLink),
        SignIn.parse("service:portal"),
    ),
}


def logged(system: Deployment, question: Question, outcome: str) -> list[Body]:
    """Lines about the asker's like, the latest first."""
    subject, _, who = question
    _, kind, service, name = subject.split(".")
    asked = {"held_for": who.held_for, "outcome": outcome}
    [answer] = ask_all(system, [(f"siko.query.{service}.access_log", asked, AUDITOR)])
    return [item for item in answer["items"] if item["asked"] == f"{kind} {service}.{name}"]


@pytest.mark.parametrize("code", sorted(HINTS_AT_PROBING))
def test_a_refusal_that_hints_at_probing_is_in_the_access_log_with_all_that_was_named(system, code):
    question = PROBES[code]
    subject, body, _ = question
    before = len(logged(system, question, code))
    [answer] = ask_all(system, [question])
    assert answer["error"]["code"] == code
    assert "position" not in answer["error"]["details"]
    deadline = time.monotonic() + LOGGED_SECONDS
    while len(lines := logged(system, question, code)) == before:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    _, kind, service, name = subject.split(".")
    fields = naming(COMMANDS[service][name]) if kind == "command" else tuple(body)
    named = {field: body[field] for field in fields if field in body}
    assert named.items() <= json.loads(lines[0]["about"]).items()


def test_a_partner_reads_what_it_wrote_and_is_told_no_position_but_those_that_it_waited_for(system):
    respond = "siko.command.invitations.respond"
    body = own_of(CITY, *COMMANDED[respond]) | {"expected_version": None, "answer": "tentative"}
    [written] = ask_all(system, [(respond, body, CITY.sign_in)])
    waited_for = {"invitations": written["position"]}
    subject, about = "siko.query.reporting.invitations", {"conference_id": OPEN}
    read, unasked = ask_all(
        system, [(subject, about | at, CITY.sign_in) for at in ({"at_least": waited_for}, {})]
    )
    assert [item["answer"] for item in read["items"]] == ["TENTATIVE"]
    assert (read["position"], read["as_of"]) == (waited_for, None)
    assert (unasked["position"], unasked["as_of"]) == ({}, None)


def everything(partner: Partner) -> list[Question]:
    """Every query, all of it and a page of it; and a command that was done and changes nothing any more."""
    asked = [
        (subject, needed_of(model) | page)
        for subject, model in QUERIED.items()
        for page in ({}, {"limit": 1} if "limit" in model.model_fields else {})
    ]
    confirm = own_of(DISTRICT, *COMMANDED[CONFIRM]) | {"expected_version": None}
    again = [(CONFIRM, confirm, DISTRICT.sign_in)] if partner is DISTRICT else []
    return [*((subject, body, partner.sign_in) for subject, body in asked), *again]


def test_what_a_partner_may_not_know_changes_no_answer_to_it(system):
    """Items, counts, cursors, positions, moments, `complete`; last, for it goes on with the story."""
    asked = [question for partner in PARTNERS for question in everything(partner)]
    ask_all(system, asked)  # the forwarding is confirmed
    before = ask_all(system, asked)
    go_on(system)
    after = ask_all(system, asked)
    told = [
        f"{subject} {body} by {who}:\n  {was}\n  {now}"
        for (subject, body, who), was, now in zip(asked, before, after, strict=True)
        if was != now
    ]
    assert told == [], "\n".join(told)
    assert all(answer["ok"] for answer in before)
    assert any(answer.get("cursor") for answer in before)
