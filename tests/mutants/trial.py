"""Whether a mutant is noticed: the tests that reach its line run against a copy of the package with the change."""

import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from tests.mutants.drawing import Mutant
from tests.mutants.forks import TIMED_OUT, forked
from tests.mutants.reach import PYTEST, Reach

Outcome = Literal["noticed", "timed out", "survived", "in vain"]
"""`in vain`: the tests did not run against the copy, or not at all; nothing is known of the mutant."""
NOT_THE_COPY = 71
CPU_S = 20
LONGEST_S = 300.0


@dataclass(frozen=True)
class Verdict:
    mutant: Mutant
    outcome: Outcome
    tests: int
    said: str

    @property
    def is_noticed(self) -> bool:
        return self.outcome in {"noticed", "timed out"}


def tried(mutant: Mutant, reach: Reach) -> Verdict:
    tests = reach.tests(mutant)
    seconds = sum(reach.seconds[name] for name in tests)
    with tempfile.TemporaryDirectory(prefix="siko-mutants-") as folder:
        copy = _copy(mutant, Path(folder))
        said = Path(folder) / "said"
        code = forked(
            lambda: _run(copy, mutant.target.package, _Choice(tests, reach)),
            said,
            CPU_S + int(3 * seconds),
            LONGEST_S + 10 * seconds,
        )
        text = said.read_text(errors="replace")
    return Verdict(mutant, _outcome(code, text), len(tests), text[-2000:])


def _copy(mutant: Mutant, folder: Path) -> Path:
    """The package with the change; what was compiled of the other modules stays valid."""
    package = mutant.target.folder
    shutil.copytree(package, folder / package.name)
    (folder / package.name / mutant.file.relative_to(package)).write_text(mutant.code, "utf-8")
    return folder


class _Choice:
    """Which of the tests in these files run, in which order.

    A parameter that only the mutant makes, such as a command of another name, runs first.
    """

    def __init__(self, tests: list[str], reach: Reach) -> None:
        self._order = {name: number for number, name in enumerate(tests)}
        self._functions = {_function(name) for name in tests}
        self._known = reach.seconds.keys()

    @property
    def files(self) -> list[str]:
        return list(dict.fromkeys(name.partition("::")[0] for name in self._order))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chosen = [item for item in items if self._is_chosen(item.nodeid)]
        items[:] = sorted(chosen, key=lambda item: self._order.get(item.nodeid, -1))

    def _is_chosen(self, name: str) -> bool:
        if name in self._order:
            return True
        return name not in self._known and _function(name) in self._functions


def _function(name: str) -> str:
    """The test without its parameters."""
    return name.partition("[")[0]


def _run(copy: Path, package: str, choice: _Choice) -> int:
    sys.path.insert(0, str(copy))
    os.environ["PYTHONPATH"] = str(copy)  # for what a test starts
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(copy / "hypothesis")
    code = pytest.main([*PYTEST, "--no-header", "--tb=line", *choice.files], plugins=[choice])
    loaded = sys.modules.get(package)
    if loaded is not None and not str(loaded.__file__).startswith(str(copy)):
        return NOT_THE_COPY
    return int(code)


def _outcome(code: int, said: str) -> Outcome:
    """A test fails, or a module or a conftest of the tests can no longer be imported."""
    if code == TIMED_OUT:
        return "timed out"
    if code in {pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED}:
        return "noticed"
    if code == pytest.ExitCode.USAGE_ERROR and "while loading conftest" in said:
        return "noticed"
    return "survived" if code == pytest.ExitCode.OK else "in vain"
