"""The house: the same rooms in every write service, small modules, whole packages."""

import ast
import re
import tomllib
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.graph import circle, graph

ROOT = Path(__file__).parent.parent
WRITE_SERVICES = ("scheduler", "invitations", "agenda")
ROOMS = {"__init__.py", "py.typed", "domain", "application", "publishing.py", "service.py"}
BESIDE = {"invitations": {"mail", "mailbox.py"}}
"""What a service has to do with the world beside broker and store: a module or package each (ADR 0008)."""
DATA = {"data"}
"""What a package ships beside its code."""
PACKAGES = sorted(
    project.parent
    for pattern in ("shared/*", "services/*", "cli")
    for project in (ROOT / place / "pyproject.toml" for place in ROOT.glob(pattern))
    if project.is_file()
)
MODULES = sorted(
    module
    for folder in ("shared", "services", "cli", "tests", "bench", "docs")
    for module in (ROOT / folder).rglob("*.py")
    if not {"__pycache__", ".venv", "node_modules"} & set(module.parts)
)
MOST_LINES = 400
QUESTIONED_LINES = 300
"""More are a question in review: is it one matter?"""
SOURCES = [module for module in MODULES if "src" in module.parts]
CORE_PACKAGES = sorted((ROOT / "shared/core/src/siko_core").glob("*/__init__.py"))
HANDED_ON = {"event"}
"""The library's decorator, so that domains know no library."""
DOMAINS = [module for module in SOURCES if module.parent.name == "domain"]


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir() if entry.name != "__pycache__"}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("service", WRITE_SERVICES)
def test_a_write_service_has_its_rooms_and_nothing_beside_them(service):
    rooms = names(ROOT / f"services/{service}/src/siko_{service}")
    assert rooms - DATA == ROOMS | BESIDE.get(service, set())
    assert names(ROOT / f"services/{service}/src") == {f"siko_{service}"}


@pytest.mark.parametrize("service", WRITE_SERVICES)
def test_the_rooms_hold_modules_only_and_refusals_are_in_the_domain(service):
    source = ROOT / f"services/{service}/src/siko_{service}"
    for room in ("domain", "application"):
        assert all(name.endswith(".py") for name in names(source / room)), room
        assert "__init__.py" in names(source / room)
    assert "refusals.py" in names(source / "domain")


@pytest.mark.parametrize("module", MODULES, ids=relative)
def test_no_module_is_longer_than_can_be_read_at_once(module):
    lines = len(module.read_text("utf-8").splitlines())
    if lines > QUESTIONED_LINES:
        warnings.warn(f"{relative(module)} has {lines} lines: is it one matter?", stacklevel=1)
    assert lines <= MOST_LINES


def test_the_berlin_calendar_is_in_one_module():
    knows_berlin = re.compile(r"Europe/Berlin|astimezone\(BERLIN\)\.date\(\)")
    found = [relative(module) for module in SOURCES if knows_berlin.search(module.read_text())]
    assert found == ["shared/core/src/siko_core/calendar.py"]


def test_a_task_goes_on_after_errors_in_one_place():
    """An endless loop that catches and sleeps is `siko_core.loops.repeat`, one that ends with success is `retry`."""
    loops = {
        relative(module)
        for module in SOURCES
        for loop in ast.walk(ast.parse(module.read_text()))
        if isinstance(loop, ast.While) and isinstance(loop.test, ast.Constant)
        if {"except", "sleep"} <= set(map(step, ast.walk(loop)))
    }
    assert loops == {"shared/core/src/siko_core/loops.py"}


def step(node: ast.AST) -> str | None:
    if isinstance(node, ast.ExceptHandler):
        is_limit = node.type is not None and ast.unparse(node.type) == "TimeoutError"
        return None if is_limit else "except"  # the limit of a wait is no failure
    return node.attr if isinstance(node, ast.Attribute) else None


def test_a_process_ends_at_once_in_one_place():
    ends = {relative(module) for module in SOURCES if "os._exit(" in module.read_text()}
    between_fork_and_exec = "cli/src/siko/supervisor.py"
    assert ends == {"shared/core/src/siko_core/ending.py", between_fork_and_exec}


def test_an_id_is_composed_by_create_id_alone():
    """`list:<conference_id>` is written once, in the aggregate whose id it is."""
    elsewhere = {
        f"{relative(module)}:{node.lineno}"
        for module in SOURCES
        if module.is_relative_to(ROOT / "services")
        for node in outside_of("create_id", ast.parse(module.read_text()))
        if composes_id(node)
    }
    assert elsewhere == set()


def outside_of(function: str, tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.FunctionDef) and node.name == function):
            yield node
            yield from outside_of(function, node)


def composes_id(node: ast.AST) -> bool:
    """f"list:{conference_id}", f"{scope}:{year}" and "list:{}"."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and re.match(r"[a-z_]+:\{", node.value) is not None
    if not isinstance(node, ast.JoinedStr):
        return False
    parts = [part.value for part in node.values if isinstance(part, ast.Constant)]
    return any(re.fullmatch(r"[a-z_]*:", str(part)) for part in parts)


@pytest.mark.parametrize("module", DOMAINS, ids=relative)
def test_an_event_is_applied_beside_the_command_that_triggers_it(module):
    """The nearest method above an `@event` method calls it; other `@event` methods may stand between."""
    for aggregate in ast.walk(ast.parse(module.read_text())):
        command = None
        for method in getattr(aggregate, "body", ()) if isinstance(aggregate, ast.ClassDef) else ():
            if not isinstance(method, ast.FunctionDef):
                continue
            decorators = [ast.unparse(decorator) for decorator in method.decorator_list]
            if not any(decorator.startswith("event(") for decorator in decorators):
                command = method
            elif method.name != "__init__":
                assert command is not None
                calls = [ast.unparse(n.func) for n in ast.walk(command) if isinstance(n, ast.Call)]
                assert f"self.{method.name}" in calls, f"{aggregate.name}.{method.name}"


@pytest.mark.parametrize("module", DOMAINS, ids=relative)
def test_the_states_of_an_aggregate_are_typed(module):
    """A misspelt state is an error of mypy's: each assigned state is of an alias of literals in the same module."""
    tree = ast.parse(module.read_text())
    literals = {
        statement.targets[0].id
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and ast.unparse(statement.value).startswith("Literal[")
    }
    for aggregate in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        nodes = list(ast.walk(aggregate))
        assigned = {ast.unparse(t) for n in nodes if isinstance(n, ast.Assign) for t in n.targets}
        typed = {
            ast.unparse(node.target): ast.unparse(node.annotation)
            for node in nodes
            if isinstance(node, ast.AnnAssign)
        }
        for state in {"self.state", "self.answer"} & {*assigned, *typed}:
            assert typed.get(state) in literals, f"{aggregate.name}: {state}"


@pytest.mark.parametrize("package", PACKAGES, ids=relative)
def test_a_package_is_typed_and_says_what_it_is(package):
    (source,) = [entry for entry in (package / "src").iterdir() if entry.name != "__pycache__"]
    assert (source / "py.typed").is_file()
    readme = (package / "README.md").read_text("utf-8")
    assert len(readme.splitlines()) > 5
    project = tomllib.loads((package / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["readme"] == "README.md"
    assert project["description"]
    assert source.name == project["name"].replace("-", "_")


def test_all_packages_are_looked_at():
    assert {package.name for package in PACKAGES} >= {
        "contracts",
        "core",
        "documents",
        "itip",
        "scheduler",
        "invitations",
        "agenda",
        "reporting",
        "cli",
    }
    assert len(MODULES) > 150


def test_no_packages_of_the_house_import_each_other_in_a_circle():
    assert circle(graph()) == []


CORE = ROOT / "shared/core/src/siko_core"


def test_the_readme_of_core_has_every_room_with_its_own_sentence():
    rows = {
        path.stem if path.is_file() else path.name: first_sentence(path)
        for path in CORE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    rows.pop("__init__")
    readme = (ROOT / "shared/core/README.md").read_text("utf-8")
    listed = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", readme, re.MULTILINE))
    assert listed == rows


def first_sentence(path: Path) -> str:
    module = path / "__init__.py" if path.is_dir() else path
    docstring = ast.get_docstring(ast.parse(module.read_text("utf-8")))
    assert docstring, path
    return docstring.splitlines()[0]


@pytest.mark.parametrize("module", CORE_PACKAGES, ids=relative)
def test_a_package_of_core_hands_on_nothing(module):
    """A name has one home. The packages' own names, handed on, made reporting load the eventsourcing library."""
    (sentence,) = ast.parse(module.read_text("utf-8")).body
    assert isinstance(sentence, ast.Expr)


def test_a_name_of_core_is_imported_from_the_module_that_defines_it():
    elsewhere = [
        f"{relative(module)}: {node.module}.{alias.name}"
        for module in SOURCES
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("siko_core")
        for alias in node.names
        if alias.name not in HANDED_ON and alias.name in imported_by(str(node.module))
    ]
    assert elsewhere == []


@cache
def imported_by(name: str) -> set[str]:
    """Names that a module of core has from elsewhere, and so does not define."""
    path = ROOT / "shared/core/src" / name.replace(".", "/")
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    nodes = ast.walk(ast.parse(file.read_text("utf-8")))
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    return {alias.asname or alias.name for node in imports for alias in node.names}
