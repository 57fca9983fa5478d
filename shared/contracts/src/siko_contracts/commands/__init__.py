"""Commands, a module a service; `COMMANDS[service][name]` is the model of a command's body."""

from siko_contracts.commands import agenda, invitations, scheduler
from siko_contracts.commands.base import Command, Effective

COMMANDS: dict[str, dict[str, type[Command]]] = {
    module.__name__.rpartition(".")[2]: {
        model.NAME: model
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, Command) and "NAME" in vars(model)
    }
    for module in (scheduler, invitations, agenda)
}

__all__ = ["COMMANDS", "Command", "Effective", "agenda", "invitations", "scheduler"]
