"""Replicas on hosts of their own: a network namespace each, on a bridge whose links can be cut."""

import ctypes
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLONE_NEWNET = 0x40000000
PREFIX = "siko-chaos"


def hindrance() -> str | None:
    """Why there can be no such network here; None where there can."""
    if os.geteuid() != 0:
        return "needs root"
    if shutil.which("ip") is None:
        return "needs iproute2"
    name = f"{PREFIX}-{os.getpid()}-try"
    tried = _ip("netns", "add", name, check=False)
    _ip("netns", "del", name, check=False)
    return None if tried == 0 else "network namespaces are not allowed here"


class Network:
    """A bridge on this host; `join` makes a namespace that is linked to it."""

    def __init__(self) -> None:
        _remove_left_over()
        self._number = next(n for n in range(1, 250) if not _devices(n))
        self._bridge = f"sikoch{self._number}x0"
        self._namespaces: list[str] = []
        _ip("link", "add", self._bridge, "type", "bridge")
        _ip("address", "add", f"{self.host}/24", "dev", self._bridge)
        _ip("link", "set", self._bridge, "up")

    @property
    def host(self) -> str:
        """This host's address on the bridge."""
        return f"10.213.{self._number}.1"

    def join(self) -> str:
        """The name of a new namespace."""
        count = len(self._namespaces) + 1
        namespace = f"{PREFIX}-{os.getpid()}-{self._number}-{count}"
        link = self._link(count)
        _ip("netns", "add", namespace)
        self._namespaces.append(namespace)
        _ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", namespace)
        _ip("link", "set", link, "master", self._bridge, "up")
        within = ("-n", namespace)
        _ip(*within, "address", "add", f"10.213.{self._number}.{count + 1}/24", "dev", "eth0")
        _ip(*within, "link", "set", "eth0", "up")
        _ip(*within, "link", "set", "lo", "up")
        return namespace

    @contextmanager
    def cut(self, namespace: str) -> Iterator[None]:
        """Nothing arrives and nothing is refused: packets are lost."""
        link = self._link(self._namespaces.index(namespace) + 1)
        _ip("link", "set", link, "nomaster")
        try:
            yield
        finally:
            _ip("link", "set", link, "master", self._bridge)

    def close(self) -> None:
        for namespace in self._namespaces:
            _ip("netns", "del", namespace, check=False)
        _ip("link", "del", self._bridge, check=False)

    def _link(self, count: int) -> str:
        return f"sikoch{self._number}x{count}"


def connect_within(namespace: str, port: int) -> socket.socket:
    """A connection to 127.0.0.1 of that namespace. Call it in a thread of its own: it moves the thread there."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/thread-self/ns/net").open() as home, _file(namespace).open() as there:
        if libc.setns(there.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=2)
        finally:
            libc.setns(home.fileno(), CLONE_NEWNET)


def _file(namespace: str) -> Path:
    return Path("/run/netns") / namespace


def _devices(number: int) -> list[str]:
    """The bridge and the links of that network, those among them that are only just going."""
    return [device.name for device in Path("/sys/class/net").glob(f"sikoch{number}x*")]


def _remove_left_over() -> None:
    """Namespaces and links of a harness that was killed."""
    for namespace in Path("/run/netns").glob(f"{PREFIX}-*"):
        if not Path(f"/proc/{namespace.name.split('-')[2]}").exists():
            _ip("netns", "del", namespace.name, check=False)
            for device in _devices(int(namespace.name.split("-")[3])):
                _ip("link", "del", device, check=False)


def _ip(*arguments: str, check: bool = True) -> int:
    done = subprocess.run(
        ["ip", *arguments], check=False, capture_output=True, text=True, timeout=10
    )
    if check and done.returncode:
        raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return done.returncode
