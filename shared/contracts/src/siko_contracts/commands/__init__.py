"""Commands, a module a service; `COMMANDS[service][name]` is the model of a command's body.

What operators ask of every service alike stands in `OPERATIONS[name]`.
"""

from siko_contracts.commands import agenda, invitations, scheduler
from siko_contracts.commands.base import Command, Effective
from siko_contracts.commands.operations import (
    DiscardDeadLetters,
    LettersCommand,
    ReplayDeadLetters,
)

COMMANDS: dict[str, dict[str, type[Command]]] = {
    module.__name__.rpartition(".")[2]: {
        model.NAME: model
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, Command) and "NAME" in vars(model)
    }
    for module in (scheduler, invitations, agenda)
}

OPERATIONS: dict[str, type[LettersCommand]] = {
    model.NAME: model for model in (ReplayDeadLetters, DiscardDeadLetters)
}

__all__ = [
    "COMMANDS",
    "OPERATIONS",
    "Command",
    "Effective",
    "agenda",
    "invitations",
    "scheduler",
]
