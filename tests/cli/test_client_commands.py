"""`siko send`, `query` and `history` on a real broker, as a person or program calls them."""

import asyncio
import io
import json
from typing import Any

import pytest
from siko.history import history
from siko.key_values import parse
from siko.output import Failure, Output
from siko.query import query
from siko.send import send
from siko_contracts.commands import COMMANDS, agenda, invitations, scheduler
from siko_contracts.exit_codes import DONE, REFUSED, WRONG_USAGE
from siko_contracts.messages import PRODUCERS
from siko_contracts.queries.reporting import Compliance

ACCEPTED = {"ok": True, "id": "c1", "version": 2, "position": 17, "findings": []}
NOT_FOUND = {"ok": False, "error": {"code": "NotFound", "message": "…", "details": {}}}


@pytest.fixture(autouse=True)
def here(nats_url, monkeypatch):
    monkeypatch.setenv("SIKO_NATS_URL", nats_url)


def sent(*pairs: str, command: str = "cancel_conference", **options: Any) -> int:
    given = {"json_file": None, "actor": None, "now": None, "command_id": None} | options
    return send("scheduler", command, list(pairs), output=Output.JSON, data=None, **given)


def test_lists_numbers_and_booleans_are_read_as_the_field_asks():
    body = parse(
        scheduler.ScheduleConference, ["areas=Köln, Leverkusen", "kind=siko", "expected_version=3"]
    )
    assert body == {"areas": ["Köln", "Leverkusen"], "kind": "siko", "expected_version": 3}
    assert parse(scheduler.ScheduleConference, ['areas=["Köln"]']) == {"areas": ["Köln"]}
    assert parse(agenda.SubmitTopic, ["contains_case_data=false"]) == {"contains_case_data": False}
    assert parse(Compliance, ['at_least={"scheduler": 17}', "year=2025"]) == {
        "at_least": {"scheduler": 17},
        "year": 2025,
    }


def test_a_string_that_looks_like_a_number_stays_a_string():
    assert parse(invitations.SetContact, ["name=0815"]) == {"name": "0815"}


def test_lists_of_objects_may_be_json():
    gaps = parse(
        invitations.ReleaseInvitations, ['accepted_gaps=[{"area": "Köln", "reason": "x"}]']
    )
    assert gaps == {"accepted_gaps": [{"area": "Köln", "reason": "x"}]}


def test_an_equals_sign_in_a_value_belongs_to_it():
    assert parse(scheduler.CancelConference, ["reason=a=b"]) == {"reason": "a=b"}


def test_every_command_of_every_service_can_be_written_as_pairs():
    for models in COMMANDS.values():
        for model in models.values():
            assert parse(model, [f"{name}=1" for name in model.model_fields])


async def test_a_command_is_sent_and_its_answer_shown(services, capsys):
    await services.answer("siko.command.scheduler.cancel_conference", lambda _: ACCEPTED)
    code = await asyncio.to_thread(sent, "conference_id=c1", "reason=Großlage")
    assert code == DONE
    assert services.bodies() == [{"conference_id": "c1", "reason": "Großlage"}]
    assert json.loads(capsys.readouterr().out) == ACCEPTED


async def test_what_every_service_takes_from_its_operators_can_be_sent_to_each(services, capsys):
    settled = {"ok": True, "id": "c1", "version": 1, "letters": ["scheduler.17"]}
    await services.answer("siko.command.reporting.discard_dead_letters", lambda _: settled)
    code = await asyncio.to_thread(
        *(send, "reporting", "discard-dead-letters", ["id=scheduler.17", "reason=x"]),
        *(None, None, None, None, Output.TABLE, None),
    )
    assert code == DONE
    assert services.bodies() == [{"id": "scheduler.17", "reason": "x"}]
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["Kennung", "Zurückgestellte", "Ereignisse"],
        ["c1", "scheduler.17"],
    ]


@pytest.mark.parametrize("service", [*PRODUCERS, "reporting"])
async def test_what_every_service_answers_its_operators_can_be_asked_of_each(
    service, services, capsys
):
    answer = {"ok": True, "items": [{"id": "scheduler.17"}], "position": {}}
    await services.answer(f"siko.query.{service}.dead_letters", lambda _: answer)
    await asyncio.to_thread(query, service, "dead_letters", ["limit=1"], Output.JSONL, None)
    assert json.loads(capsys.readouterr().out) == {"id": "scheduler.17"}


async def test_pairs_go_over_the_json_that_comes_from_standard_input(services, monkeypatch):
    await services.answer("siko.command.scheduler.cancel_conference", lambda _: ACCEPTED)
    monkeypatch.setattr("sys.stdin", io.StringIO('{"conference_id": "c1", "reason": "alt"}'))
    await asyncio.to_thread(sent, "reason=neu", json_file="-")
    assert services.bodies() == [{"conference_id": "c1", "reason": "neu"}]


async def test_a_refused_command_ends_with_its_code(services):
    await services.answer("siko.command.scheduler.cancel_conference", lambda _: NOT_FOUND)
    with pytest.raises(Failure) as failed:
        await asyncio.to_thread(sent, "conference_id=c1", "reason=x")
    assert (failed.value.exit_code, failed.value.code) == (REFUSED, "NotFound")


async def test_a_refusal_for_lack_of_rights_says_who_has_them(services):
    error = {"code": "NotAuthorised", "message": "…", "details": {"role": "partner"}}
    refusal = {"ok": False, "error": error}
    await services.answer("siko.command.scheduler.add_word", lambda _: refusal)
    pairs = ("vocabulary=outcome", "code=x", "label=x")
    with pytest.raises(Failure) as failed:
        await asyncio.to_thread(sent, *pairs, command="add_word")
    assert failed.value.details == {"role": "partner", "may": "ministry"}


async def test_a_script_gets_the_id_alone(services, capsys):
    await services.answer("siko.command.scheduler.cancel_conference", lambda _: ACCEPTED)
    await asyncio.to_thread(sent, "conference_id=c1", "reason=x", only_id=True)
    assert capsys.readouterr().out == "c1\n"


async def test_a_script_waits_until_every_service_has_applied_what_followed(services):
    """Reporting is behind at first, and what invitations do of it comes later still."""
    rounds = iter(range(100))

    def reporting(_: Any) -> dict[str, Any]:
        seen = {"scheduler": 17, "invitations": 5, "agenda": 0} if next(rounds) else {}
        return {"ok": True, "items": [], "position": seen}

    own = {"scheduler": {"scheduler": 17}, "invitations": {"scheduler": 17, "invitations": 5}}
    own["agenda"] = {"scheduler": 17, "invitations": 5, "agenda": 0}
    own["scheduler"] |= {"invitations": 5, "agenda": 0}
    for service, position in own.items():
        answer = {"ok": True, "items": [], "position": position}
        await services.answer(f"siko.query.{service}.positions", lambda _, it=answer: it)
    await services.answer("siko.query.reporting.positions", reporting)
    await services.answer("siko.command.scheduler.cancel_conference", lambda _: ACCEPTED)
    await asyncio.to_thread(sent, "conference_id=c1", "reason=x", wait=True)
    assert next(rounds) >= 3


def test_an_unknown_field_is_refused_and_the_nearest_known_one_named():
    with pytest.raises(Failure) as failed:
        sent("conference=c1")
    assert (failed.value.exit_code, failed.value.code) == (REFUSED, "InvalidCommand")
    assert "conference_id" in failed.value.details["conference"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: sent(command="cancel_conferense"), "cancel_conference"),
        (lambda: sent("conference_id"), "key=value"),
        (lambda: sent("reason=a", "reason=b"), "twice"),
        (lambda: sent(json_file="/nowhere/x.json"), "/nowhere/x.json"),
        (lambda: sent("conference_id=c1", "reason=x", actor="secretariat"), "<function>@<body_id>"),
        (lambda: sent("conference_id=c1", "reason=x", command_id="17"), "UUID"),
        (
            lambda: send("reporting", "cancel_conference", [], *[None] * 4, Output.JSON, None),
            "reporting knows no command",
        ),
        (lambda: query("reprting", "compliance", [], Output.JSON, None), "reporting"),
        (lambda: query("reporting", "complianse", [], Output.JSON, None), "compliance"),
    ],
)
def test_wrong_usage_says_what_is_wrong_and_asks_nobody(wrong, said):
    with pytest.raises(Failure) as failed:
        wrong()
    assert failed.value.exit_code == WRONG_USAGE
    assert said in failed.value.message


def page(message) -> dict[str, Any]:
    """Three items on pages of two."""
    asked = json.loads(message.data)
    items = [{"area": name} for name in ("Köln", "Leverkusen", "Bonn")]
    begin = int(asked.get("cursor") or 0)
    more = str(begin + 2) if begin + 2 < len(items) else None
    return {"ok": True, "items": items[begin : begin + 2], "cursor": more, "position": {}}


async def test_lines_go_through_all_pages(services, capsys):
    await services.answer("siko.query.reporting.compliance", page)
    await asyncio.to_thread(query, "reporting", "compliance", ["year=2025"], Output.JSONL, None)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["area"] for line in lines] == ["Köln", "Leverkusen", "Bonn"]
    assert services.bodies() == [{"year": 2025}, {"year": 2025, "cursor": "2"}]


async def test_json_is_one_answer_as_it_came(services, capsys):
    await services.answer("siko.query.reporting.compliance", page)
    await asyncio.to_thread(query, "reporting", "compliance", [], Output.JSON, None)
    answer = json.loads(capsys.readouterr().out)
    assert (len(answer["items"]), answer["cursor"]) == (2, "2")


def event(position: int, aggregate_id: str, version: int, day: int = 1) -> dict[str, Any]:
    moment = f"2025-01-{day:02}T09:00:00Z"
    return {
        "position": position,
        "event_id": f"{aggregate_id}@{version}",
        "aggregate_id": aggregate_id,
        "aggregate_version": version,
        "topic": "conference.scheduled",
        "type": "recorded.v1",
        "contract": {},
        "event": {"reason": "gelöscht"},
        "recorded_at": moment,
        "effective_at": moment,
        "authority_id": "pp-koeln",
    }


async def known_to(services, knowing: str, *items: dict[str, Any]) -> None:
    for service in PRODUCERS:
        answer = {"ok": True, "items": items} if service == knowing else NOT_FOUND
        await services.answer(f"siko.query.{service}.history", lambda _, answer=answer: answer)


async def test_an_aggregates_history_is_found_wherever_it_is(services, capsys):
    await known_to(services, "agenda", event(1, "agenda:c1", 1), event(2, "agenda:c1", 2))
    assert await asyncio.to_thread(history, "agenda:c1", None, Output.JSONL, None) == DONE
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event_id"] for line in lines] == ["agenda:c1@1", "agenda:c1@2"]
    assert services.bodies()[0] == {"aggregate_id": "agenda:c1"}


async def test_an_events_id_shows_its_aggregate_with_that_event_marked(services, capsys):
    await known_to(services, "scheduler", event(1, "c1", 1), event(2, "c1", 2))
    await asyncio.to_thread(history, "c1@2", None, Output.JSON, None)
    items = json.loads(capsys.readouterr().out)["items"]
    assert [item.get("marked", False) for item in items] == [False, True]


async def test_notes_of_two_services_under_one_id_are_both_shown(services, capsys):
    noted = {"ok": True, "items": [event(1, "known:lg-koeln", 1)]}
    await services.answer("siko.query.scheduler.history", lambda _: NOT_FOUND)
    for service in ("invitations", "agenda"):
        await services.answer(f"siko.query.{service}.history", lambda _: noted)
    await asyncio.to_thread(history, "known:lg-koeln", None, Output.JSONL, None)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["service"] for line in lines] == ["invitations", "agenda"]


async def test_a_service_that_is_away_does_not_hide_what_another_has(services, capsys):
    found = {"ok": True, "items": [event(1, "c1", 1)]}
    await services.answer("siko.query.scheduler.history", lambda _: found)
    await services.answer("siko.query.invitations.history", lambda _: NOT_FOUND)
    assert await asyncio.to_thread(history, "c1", None, Output.JSONL, None) == DONE
    assert "Did not answer: agenda" in capsys.readouterr().err


@pytest.mark.parametrize("id_", ["c1@3", "nowhere"])
async def test_what_no_service_has_is_not_found(services, id_):
    if id_ == "nowhere":
        await known_to(services, "none")
    else:
        await known_to(services, "scheduler", event(1, "c1", 1))
    with pytest.raises(Failure) as failed:
        await asyncio.to_thread(history, id_, None, Output.TABLE, None)
    assert (failed.value.exit_code, failed.value.code) == (REFUSED, "NotFound")
