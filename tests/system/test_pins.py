"""`make pins`: base images by digest, in each file that names one, or one line where the registry is away."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import ROOT

FILES = ("compose.yaml", "deploy/Dockerfile", "deploy/kustomize/nats.yaml")
IMAGE = re.compile(r"docker\.io/library/[a-z]+:[\w.-]+")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for file in (*FILES, "deploy/pin_images.sh"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def pin(checkout: Path, docker: str) -> subprocess.CompletedProcess[str]:
    """With this script as `docker`."""
    command = checkout / "bin" / "docker"
    command.parent.mkdir(exist_ok=True)
    command.write_text(f"#!/bin/sh\n{docker}\n")
    command.chmod(0o755)
    return subprocess.run(
        ["bash", checkout / "deploy/pin_images.sh"],
        env={"PATH": f"{command.parent}:{os.environ['PATH']}"},
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip


def named(checkout: Path) -> list[str]:
    """Every image with what stands behind its tag, in order."""
    return [
        found
        for file in FILES
        for found in re.findall(rf"{IMAGE.pattern}\S*", (checkout / file).read_text())
    ]


def registry(digit: str) -> str:
    """Answers with a digest of this digit, where it is asked as it must be."""
    return f'[ "$1 $2 $3" = "buildx imagetools inspect" ] || exit 9\necho \'"sha256:{digit * 64}"\''


def test_every_image_gets_its_digest_and_another_time_a_new_one(checkout):
    before = named(checkout)
    assert len(before) == 4
    for digit in "ab":
        done = pin(checkout, registry(digit))
        assert done.returncode == 0, done.stderr
        assert [each.replace(f"@sha256:{digit * 64}", "") for each in named(checkout)] == before
        assert all(f"@sha256:{digit * 64}" in each for each in named(checkout))
        assert done.stdout.count(f"@sha256:{digit * 64}\n") == len(
            {*map(str, IMAGE.findall(" ".join(before)))}
        )


@pytest.mark.parametrize("docker", ["exit 1", "echo 'Name: x'", "exec /nowhere/docker"])
def test_where_the_registry_is_away_one_line_says_so_and_nothing_changes(checkout, docker):
    before = named(checkout)
    done = pin(checkout, docker)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "cannot be reached" in done.stderr
    assert named(checkout) == before
