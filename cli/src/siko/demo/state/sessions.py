"""What the conferences of the state talk of: a situation picture and a topic, and what comes of that."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from random import Random

from siko_contracts.commands import Command
from siko_contracts.commands.agenda import (
    AcceptTopic,
    AnswerNeed,
    ConsentToAction,
    DiscussTopic,
    OutcomeEntry,
    PlaceItem,
    ProposeAction,
    ReleaseAgenda,
    SubmitTopic,
)
from siko_contracts.commands.scheduler import CloseConference, RegisterBody
from siko_contracts.words import TOPIC_AREAS

from siko.demo.steps import ident

SITUATION = "security_situation"
TALKED_OF = (
    "spatial_hotspots",
    "gangs_repeat_offenders_clans",
    "major_events",
    "joint_strategies_and_actions",
    "cooperation_structures",
)
RESULTS = {
    "noted": 40,
    "agreed": 25,
    "consented": 12,
    "proposed": 8,
    "dismissed": 10,
    "open": 5,
}
"""What comes of the topic, in percent.

Of an action all bodies consent at the table (`agreed`), one of them later (`consented`) or never (`proposed`). The table
answers a need for action with none (`dismissed`), or not at all (`open`), and then the conference cannot be closed (R25).
"""

LEADING = ("administration", "road_operator")
CONTRIBUTING = ("federal_police", "customs", "freight_authority")

Entry = tuple[date, time, Command, str]
"""Day, time, command, and who sends it."""


@dataclass(frozen=True)
class Session:
    """One conference's agenda; `lead` brings the topic and leads its action, `partner` contributes."""

    conference_id: str
    authority: str
    present: tuple[str, ...]
    lead: str
    partner: str
    topic_area: str
    result: str
    closes: bool
    """Before Christmas."""

    def steps(self, prepared_for: date, held_on: date) -> Iterator[Entry]:
        """Yield its steps. What changes the same agenda has moments of its own, so that every run has one order."""
        yield from self._prepared(prepared_for)
        yield from self._held(held_on)
        if self.closes:
            close = CloseConference(conference_id=self.conference_id)
            yield date(held_on.year, 12, 15), time(9), close, self._secretariat

    def _prepared(self, day: date) -> Iterator[Entry]:
        for number, (topic_area, body_id, by) in enumerate(
            (
                (SITUATION, self.authority, self._secretariat),
                (self.topic_area, self.lead, f"partner:leadership@{self.lead}"),
            ),
            1,
        ):
            topic_id = self._ident(f"topic {number}")
            submit = SubmitTopic(
                id=topic_id,
                conference_id=self.conference_id,
                body_id=body_id,
                topic_area=topic_area,
                title=TOPIC_AREAS[topic_area],
                contains_case_data=False,
            )
            accept = AcceptTopic(topic_id=topic_id)
            place = PlaceItem(conference_id=self.conference_id, topic_id=topic_id, number=number)
            yield day - timedelta(days=35), time(9, number), submit, by
            yield day - timedelta(days=14), time(9), accept, self._secretariat
            yield day - timedelta(days=14), time(10, number), place, self._secretariat
        release = ReleaseAgenda(conference_id=self.conference_id)
        yield day - timedelta(days=14), time(11), release, self._secretariat

    def _held(self, day: date) -> Iterator[Entry]:
        for number, outcomes in enumerate((("situation_picture",), self._outcomes), 1):
            discuss = DiscussTopic(
                conference_id=self.conference_id,
                topic_id=self._ident(f"topic {number}"),
                outcomes=tuple(OutcomeEntry(kind=kind) for kind in outcomes),
                bodies_present=self.present,
            )
            yield day, time(10, 30), discuss, self._secretariat
        if self.result == "dismissed":
            none = AnswerNeed(
                conference_id=self.conference_id,
                topic_id=self._ident("topic 2"),
                answer="none",
                reason="Die Stellen handeln schon in eigener Zuständigkeit.",
            )
            yield day, time(11), none, self._secretariat
        elif self._leads_to_action:
            yield day, time(11), self._proposed(day), self._secretariat
        if self.result == "consented":
            consent = ConsentToAction(action_id=self._ident("action"), body_id=self.partner)
            yield day + timedelta(days=7), time(11), consent, self._secretariat

    @property
    def _leads_to_action(self) -> bool:
        return self.result in {"agreed", "consented", "proposed"}

    @property
    def _outcomes(self) -> tuple[str, ...]:
        if self.result == "noted":
            return ("noted",)
        return ("need_for_action", "action") if self._leads_to_action else ("need_for_action",)

    def _proposed(self, day: date) -> ProposeAction:
        bodies = (self.lead, self.partner)
        return ProposeAction(
            id=self._ident("action"),
            conference_id=self.conference_id,
            topic_id=self._ident("topic 2"),
            title=f"Maßnahme: {TOPIC_AREAS[self.topic_area]}",
            lead_body_id=self.lead,
            contributing_body_ids=(self.partner,),
            due_on=day + timedelta(days=180),
            follow_up_on=day + timedelta(days=90),
            consents=bodies if self.result == "agreed" else (self.lead,),
        )

    @property
    def _secretariat(self) -> str:
        return f"secretariat@{self.authority}"

    def _ident(self, what: str) -> str:
        return ident(0, self.conference_id, what)


def draw_session(
    conference_id: str, authority: str, bodies: Sequence[RegisterBody], seed: int, *, closes: bool
) -> Session:
    """Draw it without touching the draws of the conferences; `bodies`: those invited."""
    draw = Random(f"{seed} {conference_id} session")
    result = draw.choices(list(RESULTS), list(RESULTS.values()))[0]
    lead = _first(bodies, LEADING)
    return Session(
        conference_id=conference_id,
        authority=authority,
        present=tuple(body.body_id for body in bodies),
        lead=lead,
        partner=_first([body for body in bodies if body.body_id != lead], CONTRIBUTING, authority),
        topic_area=draw.choice(TALKED_OF),
        result="noted" if closes and result == "open" else result,
        closes=closes,
    )


def _first(
    bodies: Sequence[RegisterBody], categories: tuple[str, ...], otherwise: str | None = None
) -> str:
    """Return the first body of these categories."""
    ids = (body.body_id for body in bodies if body.category in categories)
    first = next(ids, otherwise)
    if first is None:
        raise ValueError(f"nobody of {categories} is invited")
    return first
