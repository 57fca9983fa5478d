"""Rulesets: rules as data, and which of them were adopted. Every verdict names its ruleset."""

import tomllib
from collections.abc import Iterable
from datetime import date, timedelta
from importlib.resources import files
from typing import Literal

from pydantic import PositiveInt, field_validator
from siko_contracts.values import Kind, Value
from siko_core.eventsourced.aggregates import Aggregate, Created, event

from siko_scheduler.domain.period import year_ends

Interval = Literal["calendar_year", "rolling_12_months"]
MonthAndDay = tuple[int, int]


class Blackout(Value):
    """Days before Easter on which nobody meets in these districts."""

    districts: tuple[str, ...]
    first_day_before_easter: PositiveInt
    last_day_before_easter: PositiveInt


class Rules(Value):
    """What was decided where the order is silent; the comments stand in the files."""

    name: str
    applies_from: date
    obligations_from: date
    at_risk_from: MonthAndDay
    sealed_after: MonthAndDay
    conference_length: timedelta
    notice_days: int
    discouraged_days: tuple[MonthAndDay, ...]
    intervals: dict[Kind, Interval]
    blackouts: tuple[Blackout, ...]

    @field_validator("applies_from")
    @classmethod
    def _begins_a_year(cls, applies_from: date) -> date:
        """A year is judged by one ruleset."""
        if (applies_from.month, applies_from.day) != (1, 1):
            raise ValueError("a ruleset applies from a 1 January")
        return applies_from


def _shipped() -> dict[str, Rules]:
    folder = files("siko_scheduler") / "data" / "rulesets"
    texts = (file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".toml"))
    rulesets = (Rules.model_validate(tomllib.loads(text)) for text in texts)
    return {rules.name: rules for rules in sorted(rulesets, key=lambda rules: rules.name)}


RULESETS = _shipped()
NRW_2024_1 = RULESETS["nrw-2024.1"]


def rules_for(year: int, adopted: Iterable[Rules]) -> Rules:
    """The rules of that year: of the adopted ones the latest that applies in it."""
    in_order = sorted(adopted, key=lambda rules: rules.applies_from) or [NRW_2024_1]
    applying = [rules for rules in in_order if rules.applies_from <= year_ends(year)]
    return applying[-1] if applying else in_order[0]


class Ruleset(Aggregate):
    """A ruleset is adopted once, when the scheduler first starts with it."""

    TOPIC = "ruleset"

    class Adopted(Created):
        TOPIC = "ruleset.adopted"
        ruleset: str
        applies_from: date

    @staticmethod
    def create_id(ruleset: str, **_: object) -> str:
        return f"ruleset:{ruleset}"

    @event(Adopted)
    def __init__(self, ruleset: str, applies_from: date) -> None:
        self.rules = RULESETS[ruleset].model_copy(update={"applies_from": applies_from})
