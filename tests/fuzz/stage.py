"""A small world to ask about: the real register, a conference in session, one with invitations out and one called off."""

from dataclasses import replace
from random import Random
from uuid import UUID

from siko.client import Client
from siko.demo.joint_conference import TOPICS, joint
from siko.demo.other_conferences import cancelled
from siko.demo.player import send
from siko.demo.steps import Script, accept, bodies, convene, invited, second_wednesday
from siko.demo.topics import prepare, situation, topic_id
from siko.import_nrw import shipped
from siko.import_nrw.dispatch import carry_out
from siko.import_nrw.plan import Plan
from siko.quiescence import settle
from siko.roles import AUDITOR, IMPORT
from siko_contracts.commands.scheduler import RecordHeld

from tests.fuzz.documents import Pools

YEAR = 2025
CREATED = 80
OWN = ("pp-koeln", "pp-bonn")
BODIES = ("body_id", "by_body_id", "of_body_id", "via", "into_body_id", "lead_body_id", "contributing_body_ids", "consents",
          "need_to_know", "bodies_present")  # fmt: skip
"""Fields that name a body."""


def _register() -> Plan:
    """Of two authorities; the rest would only take time."""
    whole = shipped()
    return replace(
        whole,
        authorities=[each for each in whole.authorities if each.authority_id in OWN],
        areas=[each for each in whole.areas if each.authority_id in OWN],
        duties=[each for each in whole.duties if each.authority_id in OWN],
    )


def _scripts() -> list[Script]:
    in_session, called_off = joint(YEAR), cancelled(YEAR)
    coming = Script(YEAR, "fuzz", "Leverkusen", second_wednesday(YEAR, 5))
    convene(coming, ("Leverkusen",))
    accept(coming, -40, "mail", "stadt-leverkusen")
    prepare(coming, (situation("Lagebild", "Lagebild."),))
    return [in_session, coming, called_off]


async def stage(client: Client) -> Pools:
    """Plays it up to a spring day; returns what can be asked about then."""
    client = client.acting(AUDITOR)
    await carry_out(client.acting(IMPORT), _register())
    await settle(client)
    in_session, coming, called_off = _scripts()
    now = coming.moment(-45)
    steps = sorted(
        (each for script in (in_session, coming, called_off) for each in script.steps),
        key=lambda step: step.at,
    )
    service = "scheduler"
    for step in steps:
        if step.at > now or isinstance(step.command, RecordHeld):
            continue
        if step.service != service:
            await settle(client)
            service = step.service
        await send(client, step, YEAR)
    await settle(client)
    random = Random(YEAR)
    created = [str(UUID(int=random.getrandbits(128), version=4)) for _ in range(CREATED)]
    conferences = [in_session.conference_id, coming.conference_id, called_off.conference_id]
    topics = [topic_id(in_session, number) for number in range(1, len(TOPICS) + 1)]
    topics.append(topic_id(coming, 1))
    known = sorted({body.body_id for body in invited(("Köln", "Leverkusen"))})
    areas = ["Köln", "Leverkusen", "Bonn", "Aachen"]
    authorities = [*["pp-koeln"] * 9, "pp-bonn"]
    aggregates = [
        *authorities[-2:],
        *known[:5],
        *(f"area:{area}" for area in areas),
        *(f"obligation:siko:{area}:{YEAR}" for area in areas),
        *(f"{of}:{conference}" for of in ("list", "agenda", "known") for conference in conferences),
        *(f"invitation:{conferences[0]}:{body_id}" for body_id in known[:5]),
        "clock",
        *topics,
    ]
    some = {
        "created": created,
        "own": authorities,
        "ended": [f"some-code-{number}" for number in range(1, 10)],
        "conference_id": [*conferences * 60, *created],
        "like": [*conferences, *created[:3]],
        "topic_id": [*topics * 40, *created],
        "action_id": [*[in_session.id("action")] * 80, *created],
        "refers_to": created,
        "aggregate_id": aggregates,
        "id": ["scheduler.17", "agenda.1", *created[:3]],
        "ruleset": ["nrw-2024.1", "nrw-2024.1-rolling"],
        "state": ["PLANNED", "SCHEDULED", "SENT", "AGREED", "HELD"],
        "outcome": ["given", "NotFound", "NotAuthorised"],
        "subject": ["secretariat@pp-koeln", "auditor@nrw"],
        "classification": ["open", "vs_nfd", "vs_v"],
        "sections": list(
            next(d for d in shipped().duties if d.authority_id == "pp-koeln").sections
        ),
        "district": ["br-koeln"],
        "authority_id": authorities,
        "to_authority_id": authorities,
        "area": areas,
        "areas": areas,
        **{field: [*known, *known, *(body.body_id for body in bodies())] for field in BODIES},
    }
    return Pools(some, now)
