"""The ruleset's part for invitations: decisions where the order is silent, as data."""

from dataclasses import dataclass

from siko_contracts.values import MANDATORY_CATEGORIES


@dataclass(frozen=True)
class Ruleset:
    """Every judgement names its ruleset, so that a rule change never rewrites old ones."""

    name: str
    mandatory_categories: tuple[str, ...]
    """R8: the categories that a `siko` must bring together in each of its areas."""
    counting_category: str
    """R3: a conference counts for an area if a body of this category of it was invited."""
    leadership_levels: tuple[str, ...]
    """R11: the levels of a deputy that keep the leadership level."""
    forwarding_days: int
    """R12: within how many days an intermediary confirms that it has forwarded an invitation."""
    forwarding_days_before_start: int
    """R12: and at the latest so many days before the conference."""
    reminders_after_days: tuple[int, ...]
    """After how many days without an answer a body is reminded."""
    reminders_before_start: tuple[int, ...]
    """How many days before the conference a body that has not answered is reminded."""
    answer_days: int
    """By how many days before the conference an answer is asked for."""


NRW_2024_1 = Ruleset(
    name="nrw-2024.1",
    mandatory_categories=MANDATORY_CATEGORIES,
    counting_category="administration",
    leadership_levels=("head", "deputy_head"),
    forwarding_days=14,
    forwarding_days_before_start=7,
    reminders_after_days=(21,),
    reminders_before_start=(14, 7),
    answer_days=14,
)
