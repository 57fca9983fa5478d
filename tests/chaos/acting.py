"""Who asks for what, as the table of rights has it."""

from siko.roles import CLOCK, IMPORT, SignIn
from siko_contracts.commands import Command
from siko_contracts.commands.scheduler import AdvanceClock

from tests.contracts.rights import COMMAND_ACCESS


def service_of(command: Command) -> str:
    return type(command).__module__.rpartition(".")[2]


def doer(command: Command, authority: str) -> SignIn:
    """The register's facts come from a service, a body's own acts from the body, all else from the authority.

    There it is whoever the row names last, so that every role acts; what happened before is the secretariat's to enter, and
    what needs evidence (a release) the convenor's.
    """
    row = COMMAND_ACCESS[service_of(command)][command.NAME]
    dated = getattr(command, "effective_at", None) is not None
    if row.body and not dated:
        return SignIn.parse(f"partner@{getattr(command, row.body)}")
    if not row.own:
        return CLOCK if isinstance(command, AdvanceClock) else IMPORT
    attested = getattr(command, "evidence", None) is not None
    role = "convenor" if attested else "secretariat" if dated else row.own[-1]
    return SignIn.parse(f"{role}@{authority}")
