"""The house: the same rooms in every write service, small modules, whole packages."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WRITE_SERVICES = ("scheduler", "invitations", "agenda")
ROOMS = {"__init__.py", "py.typed", "domain", "application", "publishing.py", "service.py"}
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
MOST_LINES = 300


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir() if entry.name != "__pycache__"}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("service", WRITE_SERVICES)
def test_a_write_service_has_its_rooms_and_nothing_beside_them(service):
    assert names(ROOT / f"services/{service}/src/siko_{service}") - DATA == ROOMS
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
    assert len(module.read_text("utf-8").splitlines()) <= MOST_LINES


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
        "scheduler",
        "invitations",
        "agenda",
        "reporting",
        "cli",
    }
    assert len(MODULES) > 150
