"""What is mutated, and by which tests that must be noticed: the rules of each service and of the contracts' rights."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Target:
    """A package: `rooms` are its folders and modules that hold rules, `tests` its own tests."""

    package: str
    source: str
    rooms: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def folder(self) -> Path:
        return ROOT / self.source / self.package

    def files(self) -> Iterator[Path]:
        """The modules with rules, in a fixed order."""
        for room in self.rooms:
            place = self.folder / room
            yield from [place] if place.is_file() else sorted(place.rglob("*.py"))


def _service(name: str, *rooms: str, stores: bool = True) -> Target:
    """`stores`: events, so that their committed samples are its tests too."""
    samples = ("tests/contracts/test_stored.py",) if stores else ()
    return Target(f"siko_{name}", f"services/{name}/src", rooms, (f"tests/{name}", *samples))


TARGETS = (
    _service("scheduler", "domain", "application"),
    _service("invitations", "domain", "application"),
    _service("agenda", "domain", "application"),
    _service("reporting", "views", "readers.py", stores=False),
    Target(
        "siko_contracts",
        "shared/contracts/src",
        ("access.py", "requests.py", "commands", "queries"),
        ("tests/contracts",),
    ),
)
