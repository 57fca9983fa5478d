"""Whatever arrives when: the same facts end in the same verdicts (R1-R6)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from siko_contracts.commands import scheduler as commands

DAYS = (
    "2025-01-09",
    "2025-03-17",
    "2025-05-05",
    "2025-05-06",
    "2025-10-01",
    "2025-11-12",
    "2025-12-31",
    "2026-01-01",
    "2026-02-02",
    "2026-04-02",
)
"""On each of them the clock may be advanced or not; the last one comes always, and seals the year."""

CONFERENCES = {
    "0193b3a0-0000-7000-8000-00000000000a": ("2025-05-05", ("Köln",)),
    "0193b3a0-0000-7000-8000-00000000000b": ("2025-11-12", ("Köln", "Leverkusen")),
}
LATENESS = st.integers(0, len(DAYS) - 1)


@dataclass(frozen=True)
class Story:
    ticks: frozenset[str]
    arrivals: dict[str, int]
    """Conference -> index of the day from which on its frozen list is known here."""
    recorded: dict[str, int]
    """Conference -> index of the day on which somebody records that it was held."""
    counts: dict[str, bool]
    gaps: dict[str, tuple[str, ...]]
    other_order: bool


@st.composite
def stories(draw: st.DrawFn) -> Story:
    names = tuple(CONFERENCES)
    return Story(
        ticks=frozenset(draw(st.sets(st.sampled_from(DAYS)))),
        arrivals={name: draw(LATENESS) for name in names},
        recorded={name: draw(LATENESS) for name in names},
        counts={name: draw(st.booleans()) for name in names},
        gaps={name: draw(st.sampled_from([(), ("lg-koeln",)])) for name in names},
        other_order=draw(st.booleans()),
    )


def told(house: Any, story: Story) -> dict[str, tuple[str, Any, Any]]:
    """The verdicts at the end; records before the seal, lists whenever they come."""
    house.day("2025-01-02")
    for name, (day, areas) in CONFERENCES.items():
        house.schedule(f"{day}T09:00:00Z", *areas, id=name)
        house.release(name, "2025-01-02T12:00:00Z")
    names = sorted(CONFERENCES, reverse=story.other_order)
    for index, day in enumerate(DAYS):
        if day in story.ticks or day == DAYS[-1]:
            house.day(day)
        for name in names:
            date, areas = CONFERENCES[name]
            if date == day:
                opened = commands.OpenConference(conference_id=name)
                house.done(opened, now=f"{day}T09:00:00Z")
            began = DAYS.index(date)
            if index == min(max(story.recorded[name], began), len(DAYS) - 2):
                record = commands.RecordHeld(
                    conference_id=name,
                    started_at=f"{date}T09:00:00Z",
                    ended_at=f"{date}T11:00:00Z",
                )
                house.done(record, now=f"{day}T13:00:00Z")
            if index == max(story.arrivals[name], began):
                covered = dict.fromkeys(areas, (story.counts[name], story.gaps[name]))
                house.freeze(name, f"{date}T09:00:00Z", covered)
    return {
        scope: (verdict.verdict, verdict.gaps, verdict.evidence)
        for scope in ("Köln", "Leverkusen")
        for verdict in [house.verdict(scope, 2025)]
    }


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(story=stories(), also=stories())
def test_verdicts_depend_neither_on_ticks_nor_on_when_the_facts_of_others_arrive(
    a_house: Callable[[Path], Any], story: Story, also: Story
) -> None:
    other = Story(
        ticks=also.ticks,
        arrivals=also.arrivals,
        recorded=story.recorded,
        counts=story.counts,
        gaps=story.gaps,
        other_order=also.other_order,
    )
    with TemporaryDirectory() as first, TemporaryDirectory() as second:
        assert told(a_house(Path(first)), story) == told(a_house(Path(second)), other)
