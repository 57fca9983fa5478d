"""The mutants that no test can notice, each with the reason: `explained.toml`, beside this."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.mutants.drawing import Mutant

FILE = Path(__file__).with_name("explained.toml")


@dataclass(frozen=True)
class Explanation:
    """`where` and the change are the mutant's own; they stay the same while other code changes."""

    where: str
    before: str
    after: str
    because: str


@cache
def explanations() -> tuple[Explanation, ...]:
    entries = tomllib.loads(FILE.read_text("utf-8"))["mutant"]
    return tuple(Explanation(**entry) for entry in entries)


def reason(mutant: Mutant) -> str | None:
    """Why nobody can notice it; None if that is not said."""
    for entry in explanations():
        if entry.where == mutant.where and (entry.before, entry.after) == mutant.change:
            return entry.because
    return None
