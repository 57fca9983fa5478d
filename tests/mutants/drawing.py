"""Which mutants there are, by the operators of `mutmut`, and which of them a seed draws."""

import difflib
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider
from mutmut.mutation.mutators import mutation_operators

from tests.mutants.targets import ROOT, Target

TYPES = m.Subscript(value=m.Name("Literal") | m.Name("Annotated") | m.Name("Callable"))
UNTOUCHED = (
    m.Annotation()
    | m.Import()
    | m.ImportFrom()
    | m.Decorator()
    | m.If(test=m.Name("TYPE_CHECKING"))
    | m.Call(func=m.Name("len") | m.Name("isinstance") | m.Name("TypeVar"))
    | m.Expr(value=m.SimpleString())
    | TYPES
)
"""Types, which mypy judges, docstrings, and what always fails at once."""


CACHED = m.Decorator(decorator=m.Name("cache"))


def removed(node: cst.Raise | cst.Expr) -> Iterable[cst.CSTNode]:
    """A refusal is not raised, a call is left out: the one common operator that `mutmut` lacks."""
    if isinstance(node, cst.Raise) or m.matches(node.value, m.Call()):
        yield cst.Pass()


OPERATORS: Sequence[tuple[type, Callable[[Any], Iterable[cst.CSTNode]]]] = (
    *mutation_operators,
    (cst.Raise, removed),
    (cst.Expr, removed),
)


class Place(NamedTuple):
    """A line of a module."""

    file: Path
    line: int


@dataclass(frozen=True)
class Mutant:
    """One change of one node. `lines`: those of the node, and the first of its statement."""

    target: Target
    file: Path
    line: int
    lines: frozenset[int]
    function: str
    is_cached: bool
    """In a function that runs once: the tests that use its result do not reach it."""
    module: cst.Module
    node: cst.CSTNode
    becomes: cst.CSTNode

    @property
    def where(self) -> str:
        """`siko_scheduler/domain/days.py:against`"""
        file = self.file.relative_to(ROOT / self.target.source).as_posix()
        return f"{file}:{self.function}"

    @cached_property
    def code(self) -> str:
        """The module with the change."""
        changed = self.module.deep_replace(self.node, self.becomes)
        return changed.code if isinstance(changed, cst.Module) else ""

    @cached_property
    def change(self) -> tuple[str, str]:
        """The lines before and after it, without indents: with `where` it stays the same while other code changes."""
        before, after = self.module.code.splitlines(), self.code.splitlines()
        lines = list(difflib.ndiff(before, after))
        return tuple(
            "\n".join(line[2:].strip() for line in lines if line.startswith(mark))
            for mark in ("- ", "+ ")
        )  # type: ignore[return-value]


class _Visitor(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider, ParentNodeProvider)

    def __init__(self, target: Target, file: Path, module: cst.Module) -> None:
        self._target = target
        self._file = file
        self._module = module
        self.mutants: list[Mutant] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if m.matches(node, UNTOUCHED) or _is_prose(node):
            return False
        for kind, operator in OPERATORS:
            if isinstance(node, kind):
                for becomes in operator(node):
                    self._add(node, becomes)
        return True

    def _add(self, node: cst.CSTNode, becomes: cst.CSTNode) -> None:
        at = self.get_metadata(PositionProvider, node)
        names, statement, is_cached = self._around(node)
        first = self.get_metadata(PositionProvider, statement).start.line
        lines = frozenset({first, *range(at.start.line, at.end.line + 1)})
        function = ".".join(names) or "module"
        where = (self._target, self._file, at.start.line, lines, function, is_cached)
        self.mutants.append(Mutant(*where, self._module, node, becomes))

    def _around(self, node: cst.CSTNode) -> tuple[list[str], cst.CSTNode, bool]:
        """The names of the classes and functions around the node, its innermost statement, whether one is cached."""
        names: list[str] = []
        is_cached = False
        statement: cst.CSTNode | None = None
        while not isinstance(node, cst.Module):
            if isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
                statement = statement or node
            if isinstance(node, cst.FunctionDef | cst.ClassDef):
                names.insert(0, node.name.value)
                is_cached |= any(m.matches(each, CACHED) for each in node.decorators)
            node = self.get_metadata(ParentNodeProvider, node)
        return names, statement or node, is_cached


def _is_prose(node: cst.CSTNode) -> bool:
    """What people read, such as the words of a refusal, is no rule."""
    return (isinstance(node, cst.SimpleString) and " " in node.value) or isinstance(
        node, cst.FormattedString
    )


@cache
def mutants_of(target: Target, file: Path) -> list[Mutant]:
    """Every mutant of a module, in the order of its code."""
    wrapper = MetadataWrapper(cst.parse_module(file.read_text("utf-8")))
    visitor = _Visitor(target, file, wrapper.module)
    wrapper.visit(visitor)
    return visitor.mutants


def drawn(targets: Iterable[Target], seed: int, number: int) -> Iterator[Mutant]:
    """So many mutants, each of another line: a line with many arguments is not drawn more often than its neighbour."""
    at: dict[Place, list[Mutant]] = {}
    for target in targets:
        for file in target.files():
            for mutant in mutants_of(target, file):
                at.setdefault(Place(file, mutant.line), []).append(mutant)
    dice = random.Random(seed)
    places = dice.sample(sorted(at), min(number, len(at)))
    return (dice.choice(at[place]) for place in sorted(places))
