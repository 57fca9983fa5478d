"""Running systems to attack, on SQLite and on PostgreSQL: one with the demo played that all may share, or one's own."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.attack.filling import STORES, fill
from tests.deployment import Deployment, databases, deployed, files

DATABASES = ("sqlite", "postgresql")
_NUMBERS = itertools.count(1)


def _deployed(
    kind: str, request: pytest.FixtureRequest, folder: Path, **options: Any
) -> AbstractContextManager[Deployment]:
    return deployed(folder, _stores(kind, request, folder), **options)


def _stores(kind: str, request: pytest.FixtureRequest, folder: Path) -> dict[str, str]:
    if kind == "sqlite":
        return files(folder)
    server: str = request.getfixturevalue("postgres_server")
    return databases(server, f"attack_{next(_NUMBERS)}")


@pytest.fixture(scope="session", params=DATABASES)
def attacked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A system with the demo of 2025, shared by all: for attacks that leave it as it was."""
    with _deployed(request.param, request, tmp_path_factory.mktemp("attacked")) as system:
        system.demo()
        yield system


@pytest.fixture(scope="session", params=DATABASES)
def squatted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A system that goes on from the stores of one that was attacked (`squatting.py`), shared by what heals them."""
    folder = tmp_path_factory.mktemp("squatted")
    urls = _stores(request.param, request, folder)
    fill(urls, STORES / "squatted.json")
    with deployed(folder, urls) as system:
        yield system


@pytest.fixture(params=DATABASES)
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Deployment]]:
    """`start(environment=…)`: an empty system of one's own, for attacks that wound it."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(
            _deployed(request.param, request, tmp_path, **options)
        )
