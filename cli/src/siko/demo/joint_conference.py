"""The demo's first conference: Köln and Leverkusen together, every kind of answer, three topics, one action."""

from base64 import b64encode
from datetime import time, timedelta

from siko_contracts.commands.agenda import ConsentToAction, OutcomeEntry, ProposeAction
from siko_contracts.commands.invitations import (
    ImportReply,
    IssueAnswerLink,
    NameDeputy,
    Respond,
    RevokeAnswerLink,
    SettleReply,
)

from siko.demo.steps import (
    AUTHORITY,
    Script,
    accept,
    at_body,
    attended,
    convene,
    held,
    invited,
    open_session,
    second_wednesday,
)
from siko.demo.topics import Topic, discuss, prepare, situation, topic_id

NAME = "joint"
AREAS = ("Köln", "Leverkusen")
LEAD = "jugendamt-koeln"
AT_THE_TABLE = "schulamt-koeln"
NOTICE = """From: poststelle@hza-koeln.example.org
Subject: Abwesenheit: Einladung
Auto-Submitted: auto-replied

Die Poststelle ist heute nicht besetzt.
"""
"""Comes to the mailbox and is no answer."""
LATER = "sta-koeln"
"""Contributes too, and consents two weeks after the conference (R27)."""

TOPICS = (
    situation("Lagebild Köln und Leverkusen", "Gemeinsames Lagebild aller Stellen."),
    Topic(
        LEAD,
        "protection_of_minors",
        "Schutz von Kindern und Jugendlichen auf Schulwegen",
        "Zusammenarbeit von Schulen, Jugendämtern und Polizei.",
        (
            OutcomeEntry(kind="need_for_action", text="Hinweise erreichen die Stellen zu spät."),
            OutcomeEntry(kind="action", text="Gemeinsamer Meldeweg."),
        ),
    ),
    Topic(
        "stadt-leverkusen",
        "joint_strategies_and_actions",
        "Gemeinsame Präsenz an den Stadtgrenzen",
        "Ordnungspartnerschaft der beiden Städte mit Polizei und Bundespolizei.",
        (OutcomeEntry(kind="cooperation", text="Die Städte bereiten eine Vereinbarung vor."),),
    ),
)
ABSENT = "olg-koeln"
OTHER_LEVELS = {"stadt-koeln": "deputy_head", "bpoli-flughafen-koeln-bonn": "other"}


def joint(year: int) -> Script:
    script = Script(year, NAME, "Köln und Leverkusen", second_wednesday(year, 3))
    convene(script, AREAS)
    _answers(script)
    prepare(script, TOPICS)
    open_session(script)
    levels = {body.body_id: OTHER_LEVELS.get(body.body_id, "head") for body in invited(AREAS)}
    attended(script, levels | {ABSENT: None})
    discuss(script, TOPICS, tuple(body_id for body_id in levels if body_id != ABSENT))
    _action(script)
    held(script)
    return script


def _answers(script: Script) -> None:
    """Accepted, tentative, declined, by deputies of both levels, changed, and one that never comes."""
    accept(script, -40, "portal", "sta-koeln", "stadt-leverkusen", "jugendamt-koeln")
    accept(script, -39, "letter", "ag-koeln", "schulamt-leverkusen")
    accept(script, -38, "mail", "ag-leverkusen", "hza-koeln", "schulamt-koeln")
    accept(script, -37, "itip", "bpoli-koeln")
    about = script.conference_id
    for command in (
        Respond(
            conference_id=about,
            body_id="lg-koeln",
            answer="tentative",
            channel="itip",
            comment="Ein Sitzungstag steht noch nicht fest.",
        ),
        Respond(conference_id=about, body_id="zfa-essen", answer="tentative", channel="phone"),
        Respond(
            conference_id=about,
            body_id=ABSENT,
            answer="declined",
            channel="mail",
            comment="Am selben Tag tagt das Präsidium.",
        ),
        NameDeputy(
            conference_id=about,
            body_id="stadt-koeln",
            function="Allgemeine Vertretung im Amt",
            level="deputy_head",
            channel="mail",
        ),
        NameDeputy(
            conference_id=about,
            body_id="bpoli-flughafen-koeln-bonn",
            function="Leitung des Einsatzdienstes",
            level="other",
            channel="phone",
        ),
    ):
        script.do(-34, time(15), command)
    script.do(-20, time(10), IssueAnswerLink(conference_id=about, body_id="lg-koeln"))
    accept(script, -10, "phone", "lg-koeln")
    held = script.id("reply")
    message = b64encode(NOTICE.encode()).decode()
    script.do(-36, time(8), ImportReply(id=held, authority_id=AUTHORITY, message=message))
    script.do(-36, time(9), SettleReply(reply_id=held))
    script.do(-10, time(16), RevokeAnswerLink(conference_id=about, body_id="lg-koeln"))


def _action(script: Script) -> None:
    action_id = script.id("action")
    script.do(
        0,
        time(12, 15),
        ProposeAction(
            id=action_id,
            conference_id=script.conference_id,
            topic_id=topic_id(script, 2),
            title="Gemeinsamer Meldeweg für Hinweise an Schulen",
            lead_body_id=LEAD,
            contributing_body_ids=(AT_THE_TABLE, LATER),
            due_on=script.day + timedelta(days=180),
            follow_up_on=script.day + timedelta(days=90),
            consents=(LEAD, AT_THE_TABLE),
        ),
    )
    script.do(
        14,
        time(11),
        ConsentToAction(action_id=action_id, body_id=LATER),
        by=at_body("leadership", LATER),
        milestone="Maßnahme vereinbart",
    )
