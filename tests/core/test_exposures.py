"""Which settings leave more open than need be: the network, and keys beside what they seal."""

import pytest
from pydantic import SecretStr
from siko_core.exposures import IN_THE_CLEAR, ONE_ROLE, exposures
from siko_core.settings import Settings

AWAY = "postgresql://s:hush@db.example.org/s"


def exposed(**given: str) -> list[tuple[str, str]]:
    addresses = {name: SecretStr(value) for name, value in given.items() if name != "nats_url"}
    plain = {name: value for name, value in given.items() if name == "nats_url"}
    return [(each.setting, each.kind) for each in exposures(Settings(**plain, **addresses))]


@pytest.mark.parametrize("address", [AWAY, f"{AWAY}?sslmode=prefer", f"{AWAY}?sslmode=disable",
    "postgresql://s@192.0.2.1/s", "postgresql://s@localhost,db.example.org/s", "postgresql://s@h/s?hostaddr=192.0.2.1"])  # fmt: skip
def test_a_database_on_another_machine_is_heard_unless_libpq_insists_on_tls(address):
    for name in ("database_url", "keys_url", "access_log_url"):
        assert exposed(**{name: address}) == [(f"SIKO_{name.upper()}", IN_THE_CLEAR)]


@pytest.mark.parametrize("address", [f"{AWAY}?sslmode=verify-full&sslrootcert=/ca.pem", f"{AWAY}?sslmode=require",
    "postgresql://s@127.0.0.1/s", "postgresql://s@/s?host=/run/postgresql", "sqlite:///s.db", "", "mysql://s"])  # fmt: skip
def test_nobody_hears_a_database_that_is_here_or_speaks_tls(address):
    assert exposed(database_url=address) == []


@pytest.mark.parametrize(("url", "is_heard"), [("nats://nats.example.org:4222", True), ("tls://nats.example.org:4222", False),
    ("nats://127.0.0.1:4222", False), ("nats://127.0.0.1:4222,nats://192.0.2.1:4222", True), ("localhost", False)])  # fmt: skip
def test_a_broker_on_another_machine_is_heard_without_tls(url, is_heard):
    assert exposed(nats_url=url) == ([("SIKO_NATS_URL", IN_THE_CLEAR)] if is_heard else [])


def test_keys_that_the_records_role_opens_are_exposed():
    record, keys = "postgresql://s@127.0.0.1/s", "postgresql://{}@127.0.0.1/s_keys"
    shared = exposed(database_url=record, keys_url=keys.format("s"))
    assert shared == [("SIKO_KEYS_URL", ONE_ROLE)]
    assert exposed(database_url=record, keys_url=keys.format("s_keys")) == []


@pytest.fixture
def database_url():
    """Looks like an address, and is none."""
    return "mysql://s"


async def test_a_malformed_address_ends_the_start_by_name(start_process):
    running = await start_process(until_ready=False)
    assert running.process.wait(20) == 2
    assert "SIKO_DATABASE_URL: use sqlite:///FILE or postgresql://" in running.said()
