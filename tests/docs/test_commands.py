"""Every command that the documentation shows does what it says, on a system with the demo."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, Block, shell_blocks
from tests.docs.running import Shell
from tests.flow.conftest import running

BLOCKS = shell_blocks()
SHELL_WORDS = {"for", "do", "done", "export", "curl", "grep", "docker", "kubectl", "nats-server"}


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp("docs")
    with running(folder / "data") as system:
        system.demo()
        yield Shell.beside(system.folder, _checkout(folder))


def _checkout(folder: Path) -> Path:
    checkout = folder / "checkout"
    checkout.mkdir()
    return checkout


def test_the_documentation_shows_commands():
    assert len(BLOCKS) >= 20
    assert sum(block.not_run is None for block in BLOCKS) >= 8


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_shell_block_runs_as_it_stands(block: Block, shell: Shell):
    """Blocks of one page run in the order of the page, as a reader would type them."""
    if block.not_run is not None:
        assert len(block.not_run.split()) >= 3, "a reason is a sentence"
        return
    done = shell.run(block)
    assert done.returncode == 0, f"{block}\n{block.text}\n\n{done.stdout}"
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_block_names_only_commands_that_exist(block: Block):
    """Also a block that is not run: its `make` targets, `siko` commands and files of ours are there."""
    for line in block.text.replace("\\\n", " ").splitlines():
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            continue
        words = [word for word in words if "=" not in word or word.startswith("-")]
        if words[:1] == ["make"] and len(words) > 1:
            assert f"\n{words[1]}:" in (ROOT / "Makefile").read_text(), f"{block}: make {words[1]}"
        if words and words[0].rpartition("/")[2] == "siko":
            assert is_command(words[1:]), f"{block}: {line}"


def is_command(words: list[str]) -> bool:
    """Whether `siko` knows the command that these words begin with."""
    from siko.main import app  # noqa: PLC0415 - the command line as a person meets it
    from typer.main import get_command  # noqa: PLC0415

    command = get_command(app)
    for word in words:
        if word.startswith("-"):
            return True
        commands = getattr(command, "commands", None)
        if commands is None:
            return True
        if word not in commands:
            return False
        command = commands[word]
    return True
