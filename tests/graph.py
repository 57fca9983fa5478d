"""`make graph`: who imports whom, package by package, floor by floor; ends with 1 where there is a circle.

Floors are counted from below: a package stands one floor above the highest of those that it imports.
"""

import sys
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp

HOUSE = (
    "siko_contracts",
    "siko_core",
    "siko_documents",
    "siko_itip",
    "siko_scheduler",
    "siko_invitations",
    "siko_agenda",
    "siko_reporting",
    "siko",
)
ROOMS = {"siko_core"}
"""Packages that are shown by their parts; the others are shown whole."""

Graph = Mapping[str, AbstractSet[str]]


@cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph(*HOUSE, cache_dir=None)


def graph() -> dict[str, set[str]]:
    """What each package of the house, and each part of those in ROOMS, imports of the others."""
    arrows: dict[str, set[str]] = {}
    modules = imports()
    for importer in modules.modules:
        here = _shown(importer)
        arrows.setdefault(here, set())
        for imported in modules.find_modules_directly_imported_by(importer):
            there = _shown(imported)
            if there not in (here, *ROOMS):
                arrows[here].add(there)
    return {name: those for name, those in arrows.items() if name not in ROOMS}


def _shown(module: str) -> str:
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] in ROOMS else parts[0]


def circle(arrows: Graph) -> list[str]:
    """Packages that import each other in a ring; empty where there is none."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        ring: list[str] = error.args[1]
        return ring
    return []


def floors(arrows: Graph) -> list[list[str]]:
    """The packages of each floor, the lowest first. Raises CycleError where there is a circle."""
    floor_of: dict[str, int] = {}
    for name in TopologicalSorter(arrows).static_order():
        floor_of[name] = 1 + max((floor_of[below] for below in arrows.get(name, ())), default=-1)
    return [
        sorted(name for name, floor in floor_of.items() if floor == number)
        for number in range(1 + max(floor_of.values()))
    ]


def lines(arrows: Graph) -> Iterator[str]:
    for number, names in reversed([*enumerate(floors(arrows))]):
        for name in names:
            below = " ".join(sorted(arrows.get(name, ())))
            yield f"{number}  {name:<28} {'-> ' + below if below else ''}".rstrip()


def main() -> int:
    arrows = graph()
    if ring := circle(arrows):
        print(f"a circle: {' -> '.join(ring)}", file=sys.stderr)
        return 1
    print("\n".join(lines(arrows)))
    return 0


if __name__ == "__main__":
    sys.path[:0] = map(str, Path(__file__).parents[1].glob("*/*/src"))
    raise SystemExit(main())
