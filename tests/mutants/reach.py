"""Which tests reach which line of a package, and how long each takes: one run of its own tests, on the code as it is."""

import importlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from coverage import Coverage, CoverageData

from tests.mutants.drawing import Mutant
from tests.mutants.forks import forked
from tests.mutants.targets import Target

LONGEST_S = 1800
PYTEST = (
    *("-q", "-x", "--hypothesis-seed=0", "-p", "no:cacheprovider"),
    *("-k", "not postgresql and not asyncapi"),  # the rules know neither database nor Node
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # libraries are loaded already
)
OURS = ("siko", "tests", "bench")


class UnchangedCodeFails(Exception):
    """The tests of the package fail without any mutant."""


@dataclass(frozen=True)
class Reach:
    """`lines`: file -> line -> tests. A line that only the import runs, such as a field of an event, has all of them."""

    seconds: dict[str, float]
    lines: dict[str, dict[int, frozenset[str]]]

    def tests(self, mutant: Mutant) -> list[str]:
        """Those that reach it, the fastest first; all that reach its module, if it is in a function that runs once."""
        reached = self.lines.get(str(mutant.file), {})
        lines = reached if mutant.is_cached else mutant.lines
        names = frozenset().union(*(reached.get(line, ()) for line in lines))
        return sorted(names or self.seconds, key=lambda name: (self.seconds[name], name))


class _Watch:
    """Tells coverage which test runs, and takes the time."""

    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        began = time.monotonic()
        self._coverage.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            self._coverage.switch_context("")
            self.seconds[item.nodeid] = time.monotonic() - began


def reach_of(target: Target, tests: Sequence[str]) -> Reach:
    """Run these tests of the package once. Raises UnchangedCodeFails if one of them fails.

    Afterwards the libraries that they use are loaded here, so that no further fork loads them again.
    """
    with tempfile.TemporaryDirectory(prefix="siko-mutants-") as folder:
        said, result = Path(folder) / "said", Path(folder) / "result.json"
        code = forked(lambda: _measure(target, tests, result), said, LONGEST_S, LONGEST_S)
        if code != 0:
            raise UnchangedCodeFails(said.read_text(errors="replace")[-4000:])
        found = json.loads(result.read_text())
    for name in found["libraries"]:
        with suppress(ImportError):
            importlib.import_module(name)
    lines = {
        file: {int(line): frozenset(names) for line, names in reached.items()}
        for file, reached in found["lines"].items()
    }
    return Reach(found["seconds"], lines)


def _measure(target: Target, tests: Sequence[str], result: Path) -> int:
    coverage = Coverage(data_file=None, config_file=False, include=[f"{target.folder}/*"])
    watch = _Watch(coverage)
    coverage.start()
    code = pytest.main([*PYTEST, *tests], plugins=[watch])
    coverage.stop()
    data = coverage.get_data()
    lines = {file: _by_line(data, file) for file in data.measured_files()}
    libraries = [name for name in sys.modules if not name.startswith(OURS)]
    found = {"seconds": watch.seconds, "lines": lines, "libraries": libraries}
    result.write_text(json.dumps(found))
    return int(code)


def _by_line(data: CoverageData, file: str) -> dict[int, list[str]]:
    """Line -> tests; without those that only the import runs."""
    reached = {
        line: sorted(name for name in names if name)
        for line, names in data.contexts_by_lineno(file).items()
    }
    return {line: names for line, names in reached.items() if names}
