"""Topics of the demo's agendas: submitted, accepted, placed, discussed with their outcomes."""

from dataclasses import dataclass
from datetime import time

from siko_contracts.commands.agenda import (
    AcceptTopic,
    DiscussTopic,
    OutcomeEntry,
    PlaceItem,
    ReleaseAgenda,
    SubmitTopic,
)

from siko.demo.steps import AUTHORITY, SECRETARIAT, Script, at_body


@dataclass(frozen=True)
class Topic:
    """One item, in the order of the agenda."""

    body_id: str
    topic_area: str
    title: str
    text: str
    outcomes: tuple[OutcomeEntry, ...]
    classification: str = "open"


def situation(title: str, outcome: str) -> Topic:
    """Return the first item of every agenda (R19)."""
    return Topic(
        AUTHORITY,
        "security_situation",
        title,
        "Einsatzgeschehen, Kriminalität und Verkehrsunfälle im Zuständigkeitsbereich.",
        (OutcomeEntry(kind="situation_picture", text=outcome),),
        classification="vs_nfd",
    )


def topic_id(script: Script, number: int) -> str:
    return script.id(f"topic {number}")


def prepare(script: Script, topics: tuple[Topic, ...]) -> None:
    """Submit topics five weeks before, release the agenda two weeks before (R20, R21)."""
    for number, topic in enumerate(topics, 1):
        script.do(
            -35,
            time(9, number),
            SubmitTopic(
                id=topic_id(script, number),
                conference_id=script.conference_id,
                body_id=topic.body_id,
                topic_area=topic.topic_area,
                title=topic.title,
                text=topic.text,
                classification=topic.classification,
                contains_case_data=False,
            ),
            by=SECRETARIAT if topic.body_id == AUTHORITY else at_body("leadership", topic.body_id),
        )
        script.do(-28, time(9, number), AcceptTopic(topic_id=topic_id(script, number)))
        script.do(
            -21,
            time(9, number),
            PlaceItem(
                conference_id=script.conference_id,
                topic_id=topic_id(script, number),
                number=number,
            ),
        )
    script.do(
        -14,
        time(9),
        ReleaseAgenda(conference_id=script.conference_id),
        milestone="Tagesordnung freigegeben",
    )


def discuss(script: Script, topics: tuple[Topic, ...], present: tuple[str, ...]) -> None:
    """Discuss topics one after the other, each with its outcomes (R23, R24)."""
    for number, topic in enumerate(topics, 1):
        script.do(
            0,
            time(10 + number // 2, 30 * (number % 2)),
            DiscussTopic(
                conference_id=script.conference_id,
                topic_id=topic_id(script, number),
                outcomes=topic.outcomes,
                bodies_present=present,
            ),
        )
