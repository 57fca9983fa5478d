"""A command is found by its name: declared in the module of that name, carried out by the module of that name."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
import siko
import typer
from siko.main import app

NAMES = {
    "logout": "login",
    "commands": "catalogue",
    "queries": "catalogue",
}
"""`import` is no name of a module, its parts have one each; `commands` is that of the declarations; pairs of commands share a module."""


def commands() -> Iterator[tuple[str, str]]:
    """Module in which each command is to be, and in which its callback is."""
    for name, command in typer.main.get_command(app).commands.items():
        for part, one in getattr(command, "commands", {name: command}).items():
            expected = f"import_{part}" if name == "import" else NAMES.get(name, _module(name))
            yield expected, inspect.unwrap(one.callback).__module__


def _module(name: str) -> str:
    return name.replace("-", "_")


def test_every_command_is_declared_in_the_module_of_its_name():
    declared = list(commands())
    assert len(declared) > 20
    assert [module for _, module in declared] == [f"siko.commands.{name}" for name, _ in declared]


@pytest.mark.parametrize("name", sorted({name for name, _ in commands()}))
def test_every_command_is_carried_out_by_the_module_of_its_name(name):
    declaration = importlib.import_module(f"siko.commands.{name}")
    imported = {
        node.module
        for function in ast.walk(ast.parse(inspect.getsource(declaration)))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("siko.")
    }
    assert imported == {f"siko.{name}"}


@pytest.mark.parametrize(
    "command",
    [
        "send {} cancel_conference",
        "query {} register",
        "replay {}",
        "recover {}",
        "dead-letters list --service {}",
        "access-log --service {}",
    ],
)
def test_every_command_refuses_an_unknown_service_in_the_same_words(command, capsys):
    with pytest.raises(SystemExit, match="2"):
        app(command.format("schedular").split())
    assert capsys.readouterr().err == (
        "WrongUsage: there is no service 'schedular'; did you mean scheduler?\n"
        "  known: scheduler, invitations, agenda, reporting\n"
    )


@pytest.mark.parametrize("command", ["replay", "recover"])
def test_reporting_has_no_history_to_replay_or_recover(command, capsys):
    with pytest.raises(SystemExit, match="2"):
        app([command, "reporting"])
    assert "'reporting' has no history of its own" in capsys.readouterr().err


def test_an_exit_code_is_named_and_not_written_as_a_number():
    """`siko.output` holds the list."""
    numbers = [
        f"{module.name}:{node.lineno}"
        for module in Path(siko.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"Failure", "SystemExit", "typer.Exit", "sys.exit"}
        and any(isinstance(argument, ast.Constant) for argument in node.args[:1])
    ]
    assert numbers == []
