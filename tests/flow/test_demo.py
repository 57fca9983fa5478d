"""A year of Köln and Leverkusen, from commands to verdicts, and what people can ask about it afterwards."""

from collections import Counter

from siko.demo.other_conferences import cancelled

SERVICES = ("scheduler", "invitations", "agenda")


def koeln(compliance):
    return {row["area"]: row for row in compliance if row["authority_id"] == "pp-koeln"}


def test_the_demo_fulfils_both_areas_and_the_motorways_and_lists_the_gap_of_the_second_conference(
    played,
):
    rows = koeln(played.compliance)
    assert {area: row["verdict"] for area, row in rows.items()} == {
        "Köln": "FULFILLED",
        "Leverkusen": "FULFILLED",
        None: "FULFILLED",
    }
    assert rows["Köln"]["gaps"] == []
    [gap] = rows["Leverkusen"]["gaps"]
    assert (gap["code"], gap["area"], gap["body_id"]) == (
        "BodyNotInvited",
        "Leverkusen",
        "ag-leverkusen",
    )


def test_the_demo_prints_what_the_query_answers(played):
    answer = played.system.json("query", "reporting", "compliance", "year=2025")
    assert played.compliance == answer["items"]


def test_all_47_authorities_have_a_verdict_for_each_of_their_63_areas(played):
    counted = Counter(row["kind"] for row in played.compliance)
    assert counted == {"siko": 63, "siko_ap": 5}
    assert len({row["authority_id"] for row in played.compliance}) == 47


def test_every_evidence_id_is_found_by_siko_history(played):
    evidence = {e for row in koeln(played.compliance).values() for e in row["evidence"]}
    missed = next(row for row in played.compliance if row["verdict"] == "MISSED")
    for event_id in evidence | set(missed["evidence"]):
        items = played.system.json("history", event_id)["items"]
        assert event_id in {event["event_id"] for event in items}


def test_a_repeat_of_the_demo_changes_nothing(played):
    before = [played.system.replay(service) for service in SERVICES]
    assert played.system.demo() == played.compliance
    assert [played.system.replay(service) for service in SERVICES] == before


def test_views_of_the_past_differ_from_now_and_say_what_was_known_then(played):
    query = ("query", "reporting", "compliance", "year=2025", "authority_id=pp-koeln")
    then = koeln(played.system.json(*query, "as_of=2025-04-30T12:00:00+02:00")["items"])
    assert {area: row["verdict"] for area, row in then.items()} == {
        "Köln": "FULFILLED",
        "Leverkusen": "FULFILLED",
        None: "OPEN",
    }
    assert then["Leverkusen"]["gaps"] == []


def test_the_conference_file_holds_what_every_service_knows_of_the_joint_conference(played):
    conferences = played.system.json("query", "reporting", "conferences", "year=2025")["items"]
    joint = next(c for c in conferences if c["areas"] == ["Köln", "Leverkusen"])
    [file] = played.system.json(
        "query", "reporting", "conference", f"conference_id={joint['conference_id']}"
    )["items"]
    assert file["state"] == "HELD"
    answers = {i["answer"] for i in file["invitations"]}
    assert answers >= {"ACCEPTED", "TENTATIVE", "DECLINED", "DEPUTY_NAMED"}
    assert {i["via"] for i in file["invitations"] if i["category"] == "school_office"} == {
        "br-koeln"
    }
    assert len(file["agenda"]) == 3
    [action] = file["actions"]
    assert action["state"] == "AGREED"


def test_a_restart_keeps_everything(up, tmp_path, played):
    with up(tmp_path / "data") as system:
        compliance = system.demo()
    with up(tmp_path / "data") as system:
        answer = system.json("query", "reporting", "compliance", "year=2025")
    assert answer["items"] == compliance == played.compliance


def test_r12_the_demo_chases_a_district_government_and_whoever_has_not_answered(played):
    """Of the conference that was called off: asked 49 days before, confirmed 30 days before."""
    conference_id = cancelled(2025).conference_id
    (hop,) = played.system.json(
        "query", "reporting", "forwarding", f"conference_id={conference_id}"
    )["items"]
    assert (hop["via"], hop["state"], hop["reminders"]) == ("br-koeln", "WITHDRAWN", 1)
    assert hop["due_on"] < hop["forwarded_at"]
    rows = played.system.json(
        "query", "reporting", "invitations", f"conference_id={conference_id}"
    )["items"]
    assert {row["body_id"] for row in rows if row["reminders"]}.isdisjoint(
        {"sta-koeln", "stadt-koeln"}
    )
    by_body = {row["body_id"]: row for row in rows}
    assert (by_body["lg-koeln"]["reminders"], by_body["ag-koeln"]["dispatched_by"]) == (2, "mail")
