"""Marks in every sealed and confidential field and in tokens, through a whole conference: nowhere but where they belong."""

import asyncio
import base64
import json
import time
import urllib.request
from dataclasses import replace
from typing import Any

import nats
import pytest
from siko.client import connect
from siko.demo.joint_conference import joint
from siko.demo.player import CONFERENCES, play
from siko.demo.steps import AUTHORITY, CONVENOR, SECRETARIAT
from siko.issuer import Issuer
from siko.roles import AUDITOR, IMPORT, SignIn
from siko_contracts.answers import Refusal
from siko_contracts.commands import Command
from siko_contracts.commands.invitations import SetContact
from siko_contracts.messages import PRODUCERS, stream

MARK = "Kanarienvogel"
SEALED = {
    "title", "text", "reason", "comment", "note", "name", "email", "postal_address", "salutation",
    "purpose", "error", "override_reason",
}  # fmt: skip
"""Fields of commands that hold texts; `name` of a body or an authority is public (contracts §3)."""
PUBLIC = {"register_authority", "register_body", "change_body"}


class Silent:
    def day(self, day) -> None: ...
    def say(self, text) -> None: ...


def marked(value: Any, name: str = "", path: str = "") -> Any:
    """The command's document with a mark of its own in every text that is not for the bus."""
    if isinstance(value, dict):
        return {key: marked(each, key, f"{path}.{key}") for key, each in value.items()}
    if isinstance(value, list):
        return [marked(each, name, f"{path}.{index}") for index, each in enumerate(value)]
    if name in SEALED and isinstance(value, str):
        return f"{MARK} {path} {value}"[:300]
    return value


def with_marks(command: Command) -> Command:
    if command.NAME in PUBLIC:
        return command
    document = command.model_dump(mode="json", exclude_none=True)
    if command.NAME == "respond":
        document |= {"comment": "so"}
    return type(command).model_validate(marked(document))


def scripts():
    def of(conference):
        def make(year: int):
            script = conference(year)
            script.steps = [replace(s, command=with_marks(s.command)) for s in script.steps]
            return script

        return make

    return [of(conference) for conference in CONFERENCES]


@pytest.fixture(scope="module")
def sung(up, tmp_path_factory):
    """A system on which the demo was played with marks, what it answered to what was wrong, and the tokens used."""
    with up(tmp_path_factory.mktemp("canaries") / "data") as system:
        answers, tokens = asyncio.run(_play(system))
        yield system, answers, tokens


async def _play(system) -> tuple[list[Any], list[str]]:
    answers: list[Any] = []
    async with connect(system.run["nats_url"], 60, system.folder) as client:
        await play(client, 2025, Silent(), scripts())
        contact = dict.fromkeys(("email", "salutation", "name"), "so") | {"postal_address": ["so"]}
        command = with_marks(SetContact.model_validate(contact | {"body_id": "ag-koeln"}))
        document = command.model_dump(mode="json", exclude_none=True)
        assert (await client.acting(SECRETARIAT).command("invitations", command.NAME, document)).ok
        issuer = Issuer(system.folder)
        whos = [SECRETARIAT, CONVENOR, AUDITOR, IMPORT, SignIn.parse("partner@stadt-bonn")]
        for step in joint(2025).steps:
            command = with_marks(step.command)
            body = command.model_dump(mode="json", exclude_none=True)
            spoilt = [body, body | {"unknown": MARK}, body | {"expected_version": MARK}]
            for who in whos:
                for document in spoilt:
                    answer = await client.acting(who).command(step.service, command.NAME, document)
                    if isinstance(answer, Refusal):
                        answers.append(answer.model_dump(mode="json"))
        raw = await nats.connect(system.run["nats_url"])
        bad = [issuer.token(who)[:-5] + "AAAAA" for who in whos]
        for token in bad:
            headers = {"Authorization": f"Bearer {token}", "Siko-Actor": MARK}
            reply = await raw.request("siko.query.agenda.log", b"{}", timeout=5, headers=headers)
            answers.append([reply.data.decode(), dict(reply.headers or {})])
        await raw.close()
        tokens = [client.acting(who)._token() for who in whos]
        return answers, [str(token) for token in tokens] + bad


def signatures(tokens: list[str]) -> list[str]:
    """Of a token what nobody else has: its signature, and its claims."""
    return [part for token in tokens for part in token.split(".")[1:]]


def found_in(text: str, marks: list[str]) -> list[str]:
    return [mark for mark in marks if mark in text]


def marks_of(tokens: list[str]) -> list[str]:
    return [MARK, base64.b64encode(MARK.encode()).decode()[:12], *signatures(tokens)]


def test_the_marks_did_arrive(sung):
    """Else nothing else here says anything: the auditor finds them in every field that holds texts."""
    system, answers, _ = sung
    opened = "".join(json.dumps(system.replay(s), ensure_ascii=False) for s in PRODUCERS)
    fields = ("title", "text", "reason", "comment", "outcomes.0.text")
    for field in (*fields, "email", "salutation", "name", "postal_address.0"):
        assert f"{MARK} .{field}" in opened, field
    assert opened.count(MARK) > 50
    assert len(answers) > 200


def test_no_log_holds_a_mark_or_a_token(sung):
    system, _, tokens = sung
    for log in (system.folder / "logs").iterdir():
        assert found_in(log.read_text(), marks_of(tokens)) == [], log.name


def test_no_answer_to_what_was_refused_holds_a_mark_or_a_token(sung):
    _, answers, tokens = sung
    for answer in answers:
        text = json.dumps(answer, ensure_ascii=False)
        assert found_in(text, marks_of(tokens)) == [], text


def test_no_metric_and_no_page_holds_a_mark_or_a_token(sung):
    system, _, tokens = sung
    for service in system.run["services"].values():
        for page in ("/metrics", "/readyz", "/livez", "/asyncapi.json"):
            with urllib.request.urlopen(service["url"] + page, timeout=20) as answer:
                assert found_in(answer.read().decode(), marks_of(tokens)) == []


def test_no_stream_holds_a_mark_or_a_token(sung):
    system, _, tokens = sung
    count = asyncio.run(_read_streams(system.run["nats_url"], marks_of(tokens)))
    assert count > 500


async def _read_streams(url: str, marks: list[str]) -> int:
    client = await nats.connect(url)
    jetstream = client.jetstream()
    count = 0
    for producer in PRODUCERS:
        info = await jetstream.stream_info(stream(producer))
        for subject in info.config.subjects:
            subscription = await jetstream.subscribe(subject, ordered_consumer=True)
            deadline = time.monotonic() + 60
            for _ in range(info.state.messages):
                message = await subscription.next_msg(timeout=10)
                text = f"{message.subject} {dict(message.headers or {})} {message.data.decode()}"
                assert found_in(text, marks) == []
                assert time.monotonic() < deadline
                count += 1
            await subscription.unsubscribe()
    await client.close()
    return count


def test_no_database_holds_a_mark_or_a_token_in_the_clear(sung):
    """Sealed is sealed, also in the files, the access log and the broker's store."""
    system, _, tokens = sung
    marks = [mark.encode() for mark in marks_of(tokens)]
    own = system.folder / "identity"
    for file in system.folder.rglob("*"):
        if file.is_file() and own not in file.parents and "token" not in file.name:
            data = file.read_bytes()
            assert [mark for mark in marks if mark in data] == [], file


def test_the_authority_is_the_demos(sung):
    system, _, _ = sung
    answer = system.json("query", "reporting", "conferences", f"authority_id={AUTHORITY}")
    assert len(answer["items"]) == 4
