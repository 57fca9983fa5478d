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


NRW_2024_1 = Ruleset(
    name="nrw-2024.1",
    mandatory_categories=MANDATORY_CATEGORIES,
    counting_category="administration",
    leadership_levels=("head", "deputy_head"),
)
