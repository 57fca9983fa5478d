"""What can be said of a service's log by itself: whether its events follow each other, and its sealed texts."""

from collections.abc import Iterator, Mapping
from typing import Any

from siko_contracts.queries import DifferenceItem

Item = Mapping[str, Any]


class Chain:
    """Positions rise, and each aggregate's versions count from 1 without a hole."""

    def __init__(self) -> None:
        self.position = 0
        self.events = 0
        self.versions: dict[str, int] = {}

    def follow(self, item: Item) -> Iterator[DifferenceItem]:
        """`BrokenChain` with the fields that do not follow; the next event is judged from this one."""
        aggregate_id, version = item["aggregate_id"], item["aggregate_version"]
        broken = {
            "position": item["position"] <= self.position,
            "aggregate_version": version != self.versions.get(aggregate_id, 0) + 1,
            "event_id": item["event_id"] != f"{aggregate_id}@{version}",
        }
        self.position = max(self.position, item["position"])
        self.events += 1
        self.versions[aggregate_id] = version
        if any(broken.values()):
            yield difference(
                item, "BrokenChain", *(name for name, is_so in broken.items() if is_so)
            )


class Seals:
    """Each sealed text opens where it was sealed, and is erased together with those before it in its aggregate."""

    def __init__(self) -> None:
        self._open: set[str] = set()

    def follow(self, item: Item) -> Iterator[DifferenceItem]:
        """`SealBroken` and `MissingKey`, with the fields. A key that is gone is none by itself."""
        seals, owner = item.get("seals", ()), item["aggregate_id"]
        in_state: dict[str, list[str]] = {"open": [], "erased": [], "broken": []}
        for seal in seals:
            in_state[seal["state"]].append(seal["field"])
        if in_state["broken"]:
            yield difference(item, "SealBroken", *in_state["broken"])
        if in_state["open"]:
            self._open.add(owner)
        if in_state["erased"] and owner in self._open:
            yield difference(item, "MissingKey", *in_state["erased"])


def difference(item: Item, code: str, *fields: str) -> DifferenceItem:
    return DifferenceItem(
        position=item["position"], event_id=item["event_id"], code=code, fields=fields
    )
