"""The broker says how it is to who has the login for it; it has no monitoring port, which would need none."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .brokers import Broker, deployed, listens_on, local
from .conftest import BIN


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with local(tmp_path_factory.mktemp("local")) as broker:
        yield broker


def test_the_broker_listens_for_clients_and_for_nobody_else(here: Broker, tmp_path: Path) -> None:
    """A monitoring port would tell without a login where everybody listens."""
    with deployed(tmp_path) as there:
        for broker in (here, there):
            assert listens_on(broker.pid) == {broker.url.removeprefix("nats://")}


def test_the_broker_says_how_it_is_to_who_has_the_login_for_it(here: Broker) -> None:
    for user, code, said in (("health", 0, "healthy\n"), ("operator", 3, "")):
        done = subprocess.run(
            [BIN / "siko", "topology", "health"],
            env={
                "PATH": "",
                "SIKO_NATS_URL": here.url,
                "SIKO_NATS_CREDENTIALS_FILE": str(here.logins / user / "credentials"),
            },
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (code, said), done.stderr
