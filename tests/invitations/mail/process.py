"""A process that sends, to be killed: the real writer and sender on a real store. `withdraw BODY` on its standard input
withdraws a body; `withdrawn BODY` on its output says that this is committed.
"""

import asyncio
import sys
from pathlib import Path

from siko_contracts.commands.invitations import WithdrawInvitation
from siko_core.settings import Settings
from siko_invitations.mail.transport import Server

from tests.invitations.conftest import Office
from tests.invitations.mail.conftest import during, sending
from tests.invitations.mail.servers import HOST


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def run(folder: Path, port: int) -> None:
    office = Office(folder)
    transport = Server(Settings(smtp_url=f"smtp://{HOST}:{port}"), answer_seconds=2.0)
    async with sending(office, transport):
        say("sending")
        loop = asyncio.get_running_loop()
        while line := (await loop.run_in_executor(None, sys.stdin.readline)).split():
            body_id = line[-1]
            command = WithdrawInvitation(conference_id="c1", body_id=body_id, reason="entfällt")
            await during(office, office.does, command)
            say(f"withdrawn {body_id}")


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), int(sys.argv[2])))
