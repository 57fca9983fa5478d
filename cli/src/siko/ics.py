"""`siko ics`: the calendar file that the service composes, for a body or for the authority's own calendar."""

from pathlib import Path

from siko_contracts.exit_codes import DONE, REFUSED
from siko_contracts.queries.invitations import Calendar, CalendarItem

from siko import files
from siko.client import Client, run
from siko.output import Failure, say

NONE = "there is no calendar file: the conference, its end, the sender or the body's mail address is not known"


def ics(conference_id: str, body_id: str | None, file: Path, data: Path | None) -> int:
    """Write the file. Returns the exit code. Raises Failure (exit code 1) if there is none."""

    async def work(client: Client) -> int:
        asked = {"conference_id": conference_id} | ({"body_id": body_id} if body_id else {})
        answer = await client.view("invitations", Calendar.NAME, **asked)
        if not answer.items:
            raise Failure(REFUSED, "NotFound", NONE, asked)
        item = CalendarItem.model_validate(answer.items[0])
        files.write(file, item.content.encode())
        say(str(file))
        return DONE

    return run(data, work)
