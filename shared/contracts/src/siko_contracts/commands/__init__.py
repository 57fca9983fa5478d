"""Commands, a module a service; `COMMANDS[service][name]` is the model of a command's body.

What operators ask of every service alike stands in `OPERATIONS[name]`.
"""

from siko_contracts.commands import agenda, invitations, operations, scheduler
from siko_contracts.commands.base import Command, Effective
from siko_contracts.requests import declared_in

COMMANDS: dict[str, dict[str, type[Command]]] = {
    "scheduler": declared_in(scheduler, Command),
    "invitations": declared_in(invitations, Command),
    "agenda": declared_in(agenda, Command),
}
OPERATIONS = declared_in(operations, operations.LettersCommand)

__all__ = [
    "COMMANDS",
    "OPERATIONS",
    "Command",
    "Effective",
    "agenda",
    "invitations",
    "operations",
    "scheduler",
]
