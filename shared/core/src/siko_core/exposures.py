"""Finds settings that expose logins, tokens, texts or keys to more people or machines than necessary."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from siko_core.databases import parse
from siko_core.settings import LOOPBACK, Settings, is_here

IN_THE_CLEAR, ONE_ROLE = "in_the_clear", "one_role"
CURES = {
    IN_THE_CLEAR: (
        "what passes the network is in the clear, logins and texts too",
        "tls:// and SIKO_NATS_CA_FILE for NATS, sslmode=verify-full&sslrootcert=FILE for PostgreSQL",
    ),
    ONE_ROLE: (
        "one role of the database opens the record and the keys that seal it",
        "give the keys a role of their own, as deploy/postgres/init.sh does",
    ),
}
"""Kind of exposure -> what it is, and the cure."""
ENCRYPTED = {"require", "verify-ca", "verify-full"}
"""Values of libpq's `sslmode` that never fall back to plain text."""


@dataclass(frozen=True)
class Exposure:
    """The setting to change, and the kind of exposure."""

    setting: str
    kind: str

    @property
    def reason(self) -> str:
        """The exposure in words, with the cure."""
        return ": ".join(CURES[self.kind])


def exposures(settings: Settings) -> list[Exposure]:
    """Return the exposures of these settings.

    An address that is not set exposes nothing, nor does a malformed one: opening the database refuses that by name.
    """
    exposed = []
    if is_nats_in_the_clear(settings.nats_url):
        exposed.append(Exposure("SIKO_NATS_URL", IN_THE_CLEAR))
    addresses = {
        name: _conninfo(getattr(settings, name).get_secret_value())
        for name in ("database_url", "keys_url", "access_log_url")
    }
    for name, conninfo in addresses.items():
        if conninfo is not None and _is_in_the_clear(conninfo):
            exposed.append(Exposure(f"SIKO_{name.upper()}", IN_THE_CLEAR))
    record, keys = addresses["database_url"], addresses["keys_url"]
    if record is not None and keys is not None and _role(record) == _role(keys):
        exposed.append(Exposure("SIKO_KEYS_URL", ONE_ROLE))
    return exposed


def is_nats_in_the_clear(url: str) -> bool:
    """Whether any of the servers is on another machine and reached without TLS."""
    return any(
        urlsplit(address).scheme != "tls" and not is_here(address) for address in url.split(",")
    )


def _conninfo(address: str) -> dict[str, Any] | None:
    try:
        return parse(address).conninfo
    except ValueError:
        return None


def _is_in_the_clear(conninfo: dict[str, Any]) -> bool:
    hosts = str(conninfo.get("hostaddr") or conninfo.get("host") or "").split(",")
    is_local = all(host in {"", *LOOPBACK} or host.startswith(("/", "@")) for host in hosts)
    return not is_local and conninfo.get("sslmode") not in ENCRYPTED


def _role(conninfo: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(conninfo.get(name, "")) for name in ("host", "port", "user"))
