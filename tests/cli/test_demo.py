"""The demo's script: real bodies, working days, ids that every run repeats. Played in tests/system."""

from collections import Counter
from typing import Any

import pytest
from siko.client import connect
from siko.demo import _require_manual_clock, _require_own_conferences
from siko.demo.joint_conference import joint
from siko.demo.other_conferences import LEFT_OUT, leverkusen, motorways
from siko.demo.player import CONFERENCES, made_by_demo
from siko.demo.state import stories
from siko.demo.state.register import state
from siko.demo.steps import invited
from siko.demo.verdicts import BECAUSE, show_verdicts
from siko.german.codes import VERDICTS
from siko.import_nrw import shipped
from siko.output import Failure, Output
from siko_contracts.commands.agenda import ProposeAction, SubmitTopic
from siko_contracts.commands.invitations import (
    ConfirmForwarding,
    NameDeputy,
    RecordAttendance,
    RemoveBody,
    Respond,
)
from siko_contracts.commands.scheduler import ScheduleConference
from siko_contracts.exit_codes import REFUSED

YEARS = range(2008, 2051)


def of(script, kind: type) -> list[Any]:
    return [step.command for step in script.steps if isinstance(step.command, kind)]


@pytest.mark.parametrize("conference", CONFERENCES)
def test_ids_are_the_same_in_every_run_and_different_in_every_year(conference):
    first, again, other = conference(2025), conference(2025), conference(2024)
    assert [step.command_id for step in first.steps] == [step.command_id for step in again.steps]
    ids = [step.command_id for step in (*first.steps, *other.steps)]
    assert len(set(ids)) == len(ids)


def test_the_ids_of_2025_never_change():
    assert {conference(2025).conference_id for conference in CONFERENCES} == {
        "4ce98245-7d77-5e5f-bacb-eccbaf7325fd",
        "c4ac879d-e67c-5641-9c54-8a114a077c11",
        "a0d3655b-4396-5845-8276-02a899cde16f",
        "fa859b9c-2cfe-5c93-ab86-1ab6ad852973",
    }


@pytest.mark.parametrize("year", YEARS)
def test_everything_happens_within_the_year_and_conferences_on_wednesdays(year):
    for conference in CONFERENCES:
        script = conference(year)
        assert script.day.weekday() == 2
        assert {step.at.date().year for step in script.steps} == {year}


def test_the_joint_conference_invites_all_bodies_of_the_mandatory_categories_of_both_areas():
    bodies = {body.body_id for body in invited(("Köln", "Leverkusen"))}
    assert {command.body_id for command in of(joint(2025), RecordAttendance)} == bodies
    assert {"schulamt-koeln", "ag-leverkusen", "stadt-koeln"} < bodies
    assert "br-koeln" not in bodies


def test_r12_both_school_offices_are_forwarded_by_the_district_government():
    forwarded = {(c.body_id, c.by_body_id) for c in of(joint(2025), ConfirmForwarding)}
    assert forwarded == {("schulamt-koeln", "br-koeln"), ("schulamt-leverkusen", "br-koeln")}


def test_the_joint_conference_has_answers_of_every_kind_over_every_channel():
    script = joint(2025)
    responses = of(script, Respond)
    assert {response.answer for response in responses} == {"accepted", "tentative", "declined"}
    assert {response.channel for response in responses} == {
        "portal", "itip", "mail", "phone", "letter",
    }  # fmt: skip
    assert {deputy.level for deputy in of(script, NameDeputy)} == {"deputy_head", "other"}


def test_the_joint_conference_has_three_topics_and_an_action_with_a_consent_to_come():
    script = joint(2025)
    assert [topic.topic_area for topic in of(script, SubmitTopic)] == [
        "security_situation", "protection_of_minors", "joint_strategies_and_actions",
    ]  # fmt: skip
    (action,) = of(script, ProposeAction)
    involved = {action.lead_body_id, *action.contributing_body_ids}
    assert set(action.consents) < involved


def test_the_second_conference_leaves_out_the_local_court_alone():
    script = leverkusen(2025)
    assert [command.body_id for command in of(script, RemoveBody)] == [LEFT_OUT]
    present = {command.body_id for command in of(script, RecordAttendance)}
    assert {body.body_id for body in invited(("Leverkusen",))} - present == {LEFT_OUT}


def test_r34_the_motorway_conference_is_attended_by_the_affected_bodies():
    attended = Counter(command.body_id for command in of(motorways(2025), RecordAttendance))
    assert len(attended) == 10
    assert {"tank-und-rast", "br-koeln", "feuerwehr-leverkusen"} < set(attended)


async def test_a_system_on_the_systems_clock_is_refused_before_anything_is_sent(nats_url, services):
    await services.answer(
        "siko.command.scheduler.*",
        lambda _: {
            "ok": False,
            "error": {"code": "InvalidCommand", "details": {"Siko-Now": "the system clock runs"}},
        },
    )
    async with connect(nats_url) as client:
        with pytest.raises(Failure) as failed:
            await _require_manual_clock(client)
    assert failed.value.exit_code == REFUSED
    assert "siko up --demo" in failed.value.message


async def answering(services, *conference_ids: str) -> None:
    for service in ("scheduler", "invitations", "agenda"):
        await services.answer(f"siko.query.{service}.positions", lambda _: {"ok": True})
    items = [{"conference_id": conference_id} for conference_id in conference_ids]
    await services.answer("siko.query.reporting.*", lambda _: {"ok": True, "items": items})


async def test_a_conference_that_the_demo_did_not_make_is_left_alone(nats_url, services):
    await answering(services, *made_by_demo(2025), "somebody-elses")
    async with connect(nats_url) as client:
        with pytest.raises(Failure, match="somebody-elses") as failed:
            await _require_own_conferences(client, made_by_demo(2025))
    assert failed.value.exit_code == REFUSED


async def test_conferences_of_demos_are_no_hindrance(nats_url, services):
    await answering(services, *made_by_demo(2025), *made_by_demo(2024))
    async with connect(nats_url) as client:
        await _require_own_conferences(client, made_by_demo(2025) | made_by_demo(2024))


def item(authority_id: str, verdict: str, **fields: Any) -> dict[str, Any]:
    return {
        "authority_id": authority_id,
        "area": "Leverkusen",
        "year": 2025,
        "kind": "siko",
        "verdict": verdict,
        "gaps": [],
        "evidence": [],
        "ruleset": "nrw-2024.1",
        "days_since_last": 50,
    } | fields


@pytest.mark.parametrize("verdict", VERDICTS)
async def test_a_verdict_is_explained_in_german_with_gaps_and_evidence(
    nats_url, services, capsys, verdict
):
    gap = {"code": "BodyNotInvited", "rule": "R9", "area": "Leverkusen"}
    gap |= {"category": "ordinary_court", "body_id": LEFT_OUT, "conference_id": "c2"}
    event = {
        "event_id": "c1@7",
        "topic": "conference.held",
        "type": "conference_held.v1",
        "effective_at": "2025-03-12T11:30:00Z",
    }
    await services.answer("siko.query.*.history", lambda _: {"ok": True, "items": [event]})
    items = [item("pp-koeln", verdict, gaps=[gap], evidence=["c1@7"]), item("pp-bonn", "MISSED")]
    async with connect(nats_url) as client:
        await show_verdicts(client, 2025, items, Output.TABLE)
    told = capsys.readouterr().out
    for said in (
        f"Sicherheitskonferenz Leverkusen 2025: {VERDICTS[verdict]}. {BECAUSE[verdict]} (Regelwerk nrw-2024.1).",
        "ordentliche Gerichtsbarkeit, ag-leverkusen, nicht eingeladen (R9), Konferenz c2",
        "c1@7  Konferenz durchgeführt, 12.03.2025",
        "Übrige Behörden (1):",
        "Sicherheitskonferenz: 1 nicht erfüllt",
    ):
        assert said in told


@pytest.mark.parametrize("seed", range(5))
def test_every_state_story_holds_its_own_ids_and_repeats_itself(seed):
    told, again = stories(2025, seed), stories(2025, seed)
    assert told.steps == again.steps
    command_ids = [step.command_id for step in told.steps]
    assert len(set(command_ids)) == len(command_ids)
    scheduled = [s.command for s in told.steps if isinstance(s.command, ScheduleConference)]
    assert {c.id or c.conference_id for c in scheduled} <= told.conference_ids
    assert len(told.steps) > 900


def test_another_seed_is_another_story():
    assert stories(2025, 1).fulfilled != stories(2025, 2).fulfilled


def test_made_up_bodies_are_marked_and_cover_every_area_that_has_none():
    made_up = state(1).bodies
    assert all(body.name.endswith("(synthetisch)") and not body.verified for body in made_up)
    administrations = {a for b in made_up if b.category == "administration" for a in b.areas}
    assert administrations == set(shipped().areas_without_bodies())
    for body in made_up:
        assert (
            body.category != "school_office"
            or body.via == state(1).districts[state(1).areas[body.areas[0]]]
        )
