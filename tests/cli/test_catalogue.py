"""A command or query is found, read and filled in without a service: its form is its contract."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from siko.catalogue import commands_of, queries_of
from siko.contract_fields import example_of, fields_of
from siko.german import codes, requests
from siko.key_values import parse
from siko.output import Failure, Output
from siko.query import query
from siko.send import send
from siko.services import SERVICES
from siko_agenda.domain import action, topic_submission
from siko_contracts.commands import agenda, invitations, scheduler
from siko_contracts.queries.reporting import Conferences
from siko_invitations.domain import invitation
from siko_scheduler.domain import conference, judging

from tests.cli.test_main import SIKO, siko

REQUESTS = {
    (service, name): model
    for service in SERVICES
    for name, model in (commands_of(service) | queries_of(service)).items()
}


def names_in(*arguments: str) -> set[str]:
    return {line.split()[0] for line in siko(*arguments).stdout.splitlines()}


def test_commands_and_queries_of_a_service_are_listed_with_their_roles() -> None:
    assert names_in("commands", "scheduler") >= {"schedule_conference", "replay_dead_letters"}
    assert names_in("queries", "reporting") >= {"compliance", "positions"}
    items = json.loads(siko("commands", "invitations", "--output", "json").stdout)["items"]
    roles = {item["command"]: item["roles"] for item in items}
    assert roles["release_invitations"] == ["convenor"]


def test_without_a_service_those_of_all_are_listed() -> None:
    lines = siko("queries", "--output", "jsonl").stdout.splitlines()
    assert {json.loads(line)["service"] for line in lines} == set(SERVICES)


def test_help_behind_a_command_lists_its_fields_with_type_words_and_an_example() -> None:
    shown = siko("send", "scheduler", "schedule_conference", "--help").stdout
    assert "Konferenz ansetzen" in shown
    assert "secretariat" in shown
    row = next(line for line in shown.splitlines() if line.startswith("kind *"))
    assert "siko_ap (Siko-AP)" in row
    assert "A planned conference that gets its date." in shown
    assert "siko send scheduler schedule_conference authority_id=pp-koeln" in shown


def test_help_behind_a_query_lists_its_parameters() -> None:
    shown = siko("query", "reporting", "conferences", "--data", "/nowhere", "-h").stdout
    assert "HELD (durchgeführt)" in shown


def test_help_behind_a_service_lists_what_it_knows() -> None:
    assert "discuss_topic" in names_in("send", "agenda", "--help")
    assert "compliance" in names_in("query", "reporting", "--help")


def test_fields_within_a_field_are_listed_too() -> None:
    nested = dict(
        path_and_field
        for field in fields_of(agenda.DiscussTopic)
        for path_and_field in field.nested()
    )
    assert nested["outcomes.kind"].required
    gaps = {
        path: field.meaning
        for each in fields_of(invitations.ReleaseInvitations)
        for path, field in each.nested()
    }
    assert gaps["accepted_gaps.reason"] == "why. Sealed."


@pytest.mark.parametrize(("service", "name"), REQUESTS, ids=lambda part: part)
def test_every_request_has_german_words_and_each_of_its_fields_a_meaning(
    service: str, name: str
) -> None:
    assert name in requests.COMMANDS | requests.QUERIES
    fields = [path for each in fields_of(REQUESTS[service, name]) for path in each.nested()]
    assert [path for path, field in fields if not field.meaning] == []


@pytest.mark.parametrize(("service", "name"), REQUESTS, ids=lambda part: part)
def test_what_the_help_shows_as_an_example_is_accepted(service: str, name: str) -> None:
    model = REQUESTS[service, name]
    pairs = example_of(model, name)
    assert TypeAdapter(model).validate_json(json.dumps(parse(model, pairs)))
    for field in fields_of(model, name):
        if not field.required and name not in {"replay_dead_letters", "discard_dead_letters"}:
            one = {**parse(model, pairs), **parse(model, [f"{field.name}={field.example}"])}
            if field.name == "effective_at" and name == "release_invitations":
                one |= {"evidence": "x"}
            if field.name == "evidence":
                one |= {"effective_at": "2027-03-10T09:00:00+01:00"}
            assert TypeAdapter(model).validate_json(json.dumps(one)), field.name


def test_states_are_those_of_the_services() -> None:
    words = codes.STATES
    assert set(words["conferences"]) == set(conference.State.__args__)
    assert set(words["invitations"]) == set(invitation.State.__args__)
    assert set(words["actions"]) == set(action.State.__args__)
    assert set(words["agenda"]) == set(topic_submission.State.__args__)
    assert set(codes.VERDICTS) == set(judging.VerdictName.__args__)
    assert set(codes.FIELDS["answer"]) == set(invitation.AnswerState.__args__)


def test_states_and_verdicts_are_called_as_in_the_glossary() -> None:
    text = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| (\w+) \| (`[A-Z_]+` .*) \|$", text, re.MULTILINE))
    tables = {
        "conference": codes.CONFERENCES,
        "invitation": codes.INVITATIONS,
        "answer": codes.FIELDS["answer"],
        "topic": codes.TOPICS,
        "action": codes.ACTIONS,
    }
    for name, words in tables.items():
        assert dict(re.findall(r"`([A-Z_]+)` ([^,]+)", rows[name])) == words, name
    verdicts = re.findall(r"^\| `([A-Z_]+)` \| ([^|]+) \|", text, re.MULTILINE)
    assert dict(verdicts) == codes.VERDICTS


@pytest.mark.parametrize(
    ("pairs", "field"),
    [
        (["conference_id=c1"], "reason"),
        (["conference_id=c 1@", "reason=x"], "conference_id"),
        (["conference_id=c1", "reason=x", "effective_at=gestern"], "effective_at"),
    ],
)
def test_an_error_of_form_is_told_before_anybody_is_asked(
    pairs: list[str], field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIKO_NATS_URL", "nats://127.0.0.1:1")
    with pytest.raises(Failure) as failed:
        send("scheduler", "cancel_conference", pairs, *[None] * 4, Output.JSON, None)
    assert (failed.value.exit_code, failed.value.code) == (1, "InvalidCommand")
    assert set(failed.value.details) == {field}
    assert "siko send scheduler cancel_conference --help" in failed.value.message


def test_an_error_in_a_querys_form_is_told_before_anybody_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SIKO_NATS_URL", "nats://127.0.0.1:1")
    with pytest.raises(Failure) as failed:
        query("reporting", "compliance", ["kind=sikko"], Output.JSON, None)
    assert "'siko_ap'" in failed.value.details["kind"]


def completed(words: str) -> list[str]:
    """What bash offers for the last of these words, which it has split at each `=`."""
    given = shlex.split(words) + ([""] if words.endswith(" ") else [])
    done = subprocess.run(
        [SIKO],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ
        | {
            "_SIKO_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(given) - 1),
        },
    )
    return done.stdout.split()


def test_the_shell_completes_services_commands_fields_and_words() -> None:
    assert completed("siko send s") == ["scheduler"]
    assert completed("siko send scheduler sched") == ["schedule_conference"]
    assert completed("siko query reporting compl") == ["compliance"]
    command = "siko send scheduler schedule_conference "
    assert completed(f"{command}kin") == ["kind=siko", "kind=siko_ap"]
    assert completed(f"{command}kind =") == ["siko", "siko_ap"]
    assert completed(f"{command}kind = siko_") == ["siko_ap"]
    assert "place=" in completed(f"{command}kind = siko pl")
    assert completed(f"{command}kind = siko kin") == []
    assert completed("siko query reporting conferences state = H") == ["HELD"]
    assert completed("siko commands sch") == ["scheduler"]
    assert "outcomes.kind=" in {
        f"{offer.partition('=')[0]}=" for offer in completed("siko send agenda discuss_topic out")
    }
    assert "focal_point" in completed("siko send agenda discuss_topic outcomes.kind = ")


def test_a_querys_states_are_its_own() -> None:
    state = next(field for field in fields_of(Conferences, "conferences") if field.name == "state")
    assert "HELD" in state.words
    assert "FORWARDED" not in state.words


def test_the_fields_of_a_form_are_those_of_its_contract() -> None:
    names = {field.name for field in fields_of(scheduler.CancelConference)}
    assert names == set(scheduler.CancelConference.model_fields)
