"""Checks of a service's log that need no stream: its chain of positions and versions, and its sealed texts."""

from collections.abc import Iterator, Mapping
from typing import Any

from siko_contracts.queries.audit import DifferenceItem

Item = Mapping[str, Any]


class Chain:
    """Verifies that positions increase and that each aggregate's versions count from 1 without a gap."""

    def __init__(self) -> None:
        self.position = 0
        self.events = 0
        self.versions: dict[str, int] = {}

    def follow(self, item: Item) -> Iterator[DifferenceItem]:
        """Yield `BrokenChain` with the fields that break the chain; the next event is compared with this one."""
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
                item, "BrokenChain", *(name for name, is_broken in broken.items() if is_broken)
            )


class Seals:
    """Verifies that each sealed text can be opened, or was erased with all earlier ones of its aggregate."""

    def __init__(self) -> None:
        self._open: set[str] = set()

    def follow(self, item: Item) -> Iterator[DifferenceItem]:
        """Yield `SealBroken` and `MissingKey` with the fields. A missing key alone is no difference: texts may be erased."""
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
