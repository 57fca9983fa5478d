"""A figure of the bench: the product, the floor measured in the same run, their ratio, and its goal."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """The bound that the ratio must keep, and the one it aims at; without a floor, for the product itself."""

    must: float
    aim: float | None = None
    more_is_better: bool = True

    def holds(self, figure: float, bound: float) -> bool:
        return figure >= bound if self.more_is_better else figure <= bound

    def shown(self, bound: float) -> str:
        return f"{'≥' if self.more_is_better else '≤'} {bound:g}"


GOALS: dict[str, Goal | None] = {
    "append_64": Goal(0.9, 2),
    "append_64_rules": None,
    "append_64_slow": Goal(4, 8),
    "append_vs_stock": Goal(8, 20),
    "conflicts": Goal(0.8, 0.95),
    "reply": Goal(4, 2, more_is_better=False),
    "identity": Goal(0.3, 0.1, more_is_better=False),
    "fair": Goal(3, 2, more_is_better=False),
    "visible": Goal(4, 2, more_is_better=False),
    "visible_tail": Goal(5, 3, more_is_better=False),
    "pipeline": Goal(0.35, 0.6),
    "relay": Goal(0.6, 0.85),
    "rebuild": Goal(0.3, 0.45),
    "load_1000": Goal(3, 5),
    "growth": Goal(1.2, 1.05, more_is_better=False),
    "idle_cpu": Goal(2, 1, more_is_better=False),
    "memory": Goal(90, 70, more_is_better=False),
    "start": Goal(6, more_is_better=False),
    "help": Goal(0.4, more_is_better=False),
    "command_to_view_p50": Goal(20, more_is_better=False),
}


WITHOUT_GOAL = {("append_vs_stock", "sqlite")}
"""A commit in the same process costs so little that a stock save is bound by Python, as ours is."""


@dataclass(frozen=True)
class Row:
    """One figure on one database; without a floor `floor` and `ratio` are None."""

    name: str
    engine: str
    product: float
    floor: float | None
    unit: str

    @property
    def ratio(self) -> float | None:
        return None if self.floor is None else self.product / self.floor

    @property
    def judged(self) -> float:
        """Return the figure that the goal is compared with."""
        return self.product if self.ratio is None else self.ratio

    @property
    def goal(self) -> Goal | None:
        return None if (self.name, self.engine) in WITHOUT_GOAL else GOALS[self.name]

    @property
    def holds(self) -> bool:
        return self.goal is None or self.goal.holds(self.judged, self.goal.must)

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "engine": self.engine,
            "ratio": self.ratio,
            "product": self.product,
            "floor": self.floor,
            "unit": self.unit,
        }


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
