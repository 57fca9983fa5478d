"""A figure of the bench: the product, the floor measured in the same run, and their ratio."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Row:
    """`floor` is None where the figure stands alone; `ratio` is then None too."""

    name: str
    engine: str
    product: float
    floor: float | None
    unit: str
    must: str = ""
    holds: bool = True

    @property
    def ratio(self) -> float | None:
        return None if self.floor is None else self.product / self.floor

    def as_json(self) -> dict[str, object]:
        row = {key: asdict(self)[key] for key in ("name", "engine", "product", "floor", "unit")}
        return row | {"ratio": self.ratio}


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
