"""The files in deploy/: units that systemd takes, manifests that Kubernetes builds, settings that the services know."""

import os
import re
import shutil
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from siko import addresses
from siko_core.settings import Settings, load

from .brokers import deployed, listens_on
from .conftest import BIN, ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted(
    path for path in (DEPLOY / "systemd").iterdir() if path.suffix in {".service", ".timer"}
)
SERVICES = {"scheduler", "invitations", "agenda", "reporting"}
FILES = {
    "SIKO_DATABASE_URL_FILE",
    "SIKO_ACCESS_LOG_URL_FILE",
    "SIKO_KEYS_URL_FILE",
    "SIKO_NATS_CREDENTIALS_FILE",
}
RUN_AS_ROOT = {"siko-nats-health.service"}
"""It starts another unit anew."""
SERVICE_UNITS = [unit for unit in UNITS if unit.suffix == ".service"]
HARDENED = {
    "UMask=0077", "CapabilityBoundingSet=", "LockPersonality=yes", "PrivateDevices=yes", "ProtectControlGroups=yes",
    "ProtectHome=yes", "ProtectKernelLogs=yes", "ProtectKernelModules=yes", "ProtectKernelTunables=yes",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", "RestrictNamespaces=yes", "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
}  # fmt: skip
MOST_EXPOSED = 25
"""Tenths of what `systemd-analyze security` gives; without any of these a unit has 96."""


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = (
            unit.read_text()
            .replace("/opt/siko/bin", str(BIN))
            .replace("/etc/siko/nats", f"{DEPLOY}/systemd/nats")
        )
        (tmp_path / unit.name.replace("@.", "@scheduler.")).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *tmp_path.iterdir()],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_what_there_is_without_rights_of_root_and_again_when_it_ends(
    unit: Path,
) -> None:
    text = unit.read_text()
    for program in re.findall(r"^ExecStart=/opt/siko/bin/(\S+)", text, re.MULTILINE):
        for service in SERVICES if "%i" in program else {""}:
            assert (BIN / program.replace("%i", service)).exists()
    if unit.suffix == ".service" and unit.name not in RUN_AS_ROOT:
        assert {"DynamicUser=yes", "Restart=always", "CapabilityBoundingSet="} <= set(
            text.splitlines()
        )


@pytest.mark.parametrize("unit", SERVICE_UNITS, ids=lambda unit: unit.name)
def test_a_unit_that_is_broken_into_reaches_little(unit: Path) -> None:
    """Root too: it has no capability, and nothing but systemd and this machine to speak to."""
    lines = set(unit.read_text().splitlines())
    assert lines >= HARDENED
    if unit.name in RUN_AS_ROOT:
        assert lines >= {"NoNewPrivileges=yes", "ProtectSystem=strict", "IPAddressDeny=any"}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_finds_no_unit_exposed(tmp_path: Path) -> None:
    for unit in SERVICE_UNITS:
        file = tmp_path / unit.name.replace("@.", "@scheduler.")
        file.write_text(unit.read_text())
        done = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", file],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_service_whose_setting_is_wrong_is_not_started_again() -> None:
    assert "RestartPreventExitStatus=2\n" in (DEPLOY / "systemd/siko@.service").read_text()


@pytest.fixture
def manifests() -> list[dict[str, Any]]:
    if not shutil.which("kubectl"):
        pytest.skip("needs kubectl")
    built = subprocess.run(
        ["kubectl", "kustomize", DEPLOY], capture_output=True, text=True, timeout=60, check=False
    )
    assert built.returncode == 0, built.stderr
    return list(YAML(typ="safe").load_all(built.stdout))


def pods(manifests: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        each["metadata"]["name"]: each["spec"]["template"]
        for each in manifests
        if each["kind"] in {"Deployment", "StatefulSet"}
    }


def test_everything_runs_once_built(manifests: list[dict[str, Any]]) -> None:
    assert set(pods(manifests)) == {"nats", "topology", *(f"siko-{s}" for s in SERVICES)}
    (topology,) = [each for each in manifests if each["metadata"]["name"] == "topology"]
    assert topology["spec"]["replicas"] == 1
    assert topology["spec"]["strategy"] == {"type": "Recreate"}


def test_each_service_has_an_image_a_secret_and_pods_of_its_own(
    manifests: list[dict[str, Any]],
) -> None:
    for each in manifests:
        if (
            each["kind"] not in {"Deployment", "PodDisruptionBudget"}
            or each["metadata"]["name"] == "topology"
        ):
            continue
        service = each["metadata"]["name"].removeprefix("siko-")
        assert each["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"] == service
        if each["kind"] == "Deployment":
            (container,) = each["spec"]["template"]["spec"]["containers"]
            assert container["image"] == f"siko-{service}"
            secret = each["spec"]["template"]["spec"]["volumes"][0]["secret"]
            assert secret["secretName"] == f"siko-{service}"
            files = {entry["name"]: entry["value"] for entry in container["env"]}
            assert set(files) == FILES - (
                {"SIKO_KEYS_URL_FILE"} if service == "reporting" else set()
            )
            assert {Path(file).parent for file in files.values()} == {
                Path(container["volumeMounts"][0]["mountPath"])
            }


def test_the_streams_and_the_broker_have_logins_too(manifests: list[dict[str, Any]]) -> None:
    built = pods(manifests)
    (watch,) = built["topology"]["spec"]["containers"]
    assert {"name": "SIKO_NATS_CREDENTIALS_FILE", "value": "/etc/siko/nats-credentials"} in watch[
        "env"
    ]
    config = built["nats"]["spec"]["volumes"][0]["projected"]["sources"]
    assert config[1]["secret"]["items"][0]["path"] in (DEPLOY / "nats/nats.conf").read_text()


def test_a_unit_has_its_own_login_and_no_other_one() -> None:
    for unit, user in (
        ("siko@.service", "%i"),
        ("siko-topology.service", "topology"),
        ("siko-nats-health.service", "health"),
    ):
        text = (DEPLOY / "systemd" / unit).read_text()
        assert re.findall(r"^LoadCredential=nats:(.*)$", text, re.MULTILINE) == [
            f"/etc/siko/logins/{user}/credentials"
        ]


def test_no_pod_has_rights_or_lives_on_unseen(manifests: list[dict[str, Any]]) -> None:
    for name, pod in pods(manifests).items():
        assert pod["spec"]["automountServiceAccountToken"] is False, name
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True, name
        (container,) = pod["spec"]["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert "readinessProbe" in container, name
        assert "memory" in container["resources"]["limits"], name


def test_a_container_is_asked_how_it_is_from_within_only(tmp_path: Path) -> None:
    (port,) = addresses.ports(0, 1)
    with deployed(tmp_path, "container.conf", port) as broker:
        assert listens_on(broker.pid) == {broker.url.removeprefix("nats://"), f"127.0.0.1:{port}"}
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            assert answer.status == 200


def test_nobody_outside_the_container_reaches_more_of_the_broker_than_its_clients_do(
    manifests: list[dict[str, Any]],
) -> None:
    pod = pods(manifests)["nats"]["spec"]
    (container,) = pod["containers"]
    assert [each["containerPort"] for each in container["ports"]] == [4222]
    assert not pod.get("hostNetwork")
    nats = YAML(typ="safe").load((ROOT / "compose.yaml").read_text())["services"]["nats"]
    assert nats["ports"] == ["127.0.0.1:${NATS_PORT:-4222}:4222"]
    assert "network_mode" not in nats


def test_a_broker_whose_disk_was_full_is_started_anew(manifests: list[dict[str, Any]]) -> None:
    """Only the whole health says so: `?js-enabled-only=true` stays content."""
    (container,) = pods(manifests)["nats"]["spec"]["containers"]
    assert container["livenessProbe"]["exec"]["command"][-1].endswith("/healthz")


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_the_services_know_the_settings(service: str) -> None:
    text = (DEPLOY / "kustomize/settings.env").read_text()
    settings = load(service, dict(line.split("=", 1) for line in text.splitlines()))
    assert isinstance(settings, Settings)
    assert settings.auth == "on"


UNWELL = "JetStream stream 'SIKO > SIKO_AGENDA' write error"


@pytest.mark.parametrize(
    ("said", "code", "ends_with", "is_restarted"),
    [
        ("healthy", 0, 0, False),
        (UNWELL, 1, 0, True),
        ("JetStream is not current", 1, 1, False),
        ("", 3, 1, False),
    ],
)
def test_nats_is_started_anew_where_it_cannot_store_and_only_there(
    tmp_path: Path, said: str, code: int, ends_with: int, *, is_restarted: bool
) -> None:
    siko, systemctl = tmp_path / "siko", tmp_path / "systemctl"
    siko.write_text(f'#!/bin/sh\n[ "$*" = "topology health" ] && echo "{said}"\nexit {code}\n')
    systemctl.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n')
    siko.chmod(0o755)
    systemctl.chmod(0o755)
    done = subprocess.run(
        [DEPLOY / "systemd/nats-health.sh", tmp_path, siko],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert done.returncode == ends_with, done.stderr
    asked = tmp_path / "asked"
    assert (asked.read_text() if asked.exists() else "") == (
        "restart siko-nats.service\n" if is_restarted else ""
    )


def test_compose_knows_no_password_and_gives_keys_a_role_and_a_password_of_their_own() -> None:
    text = (ROOT / "compose.yaml").read_text()
    assert not re.search(r"PASSWORD:-", text)
    for name in ("POSTGRES_PASSWORD", "DATABASE_PASSWORD", "KEYS_PASSWORD"):
        assert f'{name}: "${{{name}:?' in text
        assert f"\n{name}=" in (DEPLOY / "trial.env").read_text()
    services = YAML(typ="safe").load(text)["services"]
    addresses = {
        match[2]: (match[0], match[1])
        for service in SERVICES
        for match in re.findall(
            r"postgresql://(\w+):\$\{(\w+)\}@postgres/(\w+)", str(services[service]["environment"])
        )
    }
    assert len(addresses) == 11
    for database, (role, password) in addresses.items():
        assert role == database
        assert password == ("KEYS_PASSWORD" if database.endswith("_keys") else "DATABASE_PASSWORD")
