"""The page of the rules names each rule, and every place and test that it names exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import INLINE, ROOT, prose

PAGE = "docs/rules.md"
NUMBERS = {*range(1, 36), 37, 38, 39}
"""Those of the domain; there is no R36."""
SECTION = re.compile(r"^### (?:R(?P<number>\d+) )?.*$", re.MULTILINE)
NAMED = re.compile(r"^(?P<file>[\w/]+\.py)::(?P<name>\w+(?:(?:\.|::)\w+)*)$")
PACKAGES = {
    package.name: package for package in ROOT.glob("*/*/src/siko_*") if package.is_dir()
} | {"tests": ROOT / "tests"}


def rules() -> dict[int, str]:
    """Number -> what stands below it, up to the next heading."""
    text = prose(PAGE)
    found = list(SECTION.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return {
        int(match["number"]): text[match.end() : end].partition("\n## ")[0]
        for match, end in zip(found, ends, strict=True)
        if match["number"]
    }


def line(section: str, begins: str) -> list[str]:
    """The names in the line of a rule that begins so."""
    lines = [each for each in section.splitlines() if each.startswith(f"- {begins}: ")]
    return [name for each in lines for name in INLINE.findall(each)]


@cache
def names_in(file: Path) -> frozenset[str]:
    """Functions and classes of a module, and members of its classes as `Class.member`."""
    names: set[str] = set()
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {
                f"{node.name}.{member.name}"
                for member in node.body
                if isinstance(member, ast.FunctionDef | ast.ClassDef)
            }
    return frozenset(names)


def exists(code: str) -> bool:
    """Whether `siko_agenda/domain/action.py::Action.propose`, or `tests/…/test_x.py::test_y`, is there."""
    named = NAMED.match(code)
    if named is None:
        return False
    package, _, within = named["file"].partition("/")
    file = PACKAGES.get(package, ROOT / "nowhere") / within
    return file.is_file() and named["name"].replace("::", ".") in names_in(file)


def test_every_rule_of_the_domain_has_its_section():
    assert set(rules()) == NUMBERS
    assert len(re.findall(r"^### R\d+ ", prose(PAGE), re.MULTILINE)) == len(NUMBERS)


def test_every_place_and_every_test_on_the_page_exists():
    named = [code for code in INLINE.findall(prose(PAGE)) if "::" in code]
    assert len(named) > 2 * len(NUMBERS)
    assert [code for code in named if not exists(code)] == []


@pytest.mark.parametrize("number", sorted(NUMBERS))
def test_a_rule_has_code_and_tests_or_says_not_yet(number):
    section = rules()[number]
    code, tests = line(section, "Code"), line(section, "Tests")
    if section.strip().startswith("Not yet"):
        assert (code, tests) == ([], [])
    else:
        assert code
        assert tests
        assert all(test.startswith("tests/") for test in tests)


def test_a_rule_that_tests_name_is_built():
    text = "".join(file.read_text("utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
    tested = {int(number) for number in re.findall(r"def test_r(\d+)_", text)}
    unbuilt = {number for number, text in rules().items() if text.strip().startswith("Not yet")}
    assert tested <= NUMBERS
    assert tested & unbuilt == set()


def test_what_is_named_and_is_not_there_is_found():
    assert exists("siko_agenda/domain/action.py::Action.propose")
    assert not exists("siko_agenda/domain/action.py::Action.prolong")
    assert not exists("siko_agenda/domain/actions.py::Action.propose")
    assert not exists("tests/docs/test_rules.py::test_nothing")
