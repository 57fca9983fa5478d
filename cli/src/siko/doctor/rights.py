"""`siko doctor`: what the login at the broker may not do of what the other checks need."""

from collections.abc import Collection, Mapping

from nats.aio.client import Client
from siko_contracts.messages import PRODUCERS, query_subject, stream
from siko_contracts.queries.operations import Positions

from siko.doctor.checks import Finding

REQUEST = f"$JS.API.STREAM.INFO.{stream(PRODUCERS[0])}"
INSPECT = REQUEST.lower()
ASK = query_subject(PRODUCERS[0], Positions.NAME)
NEEDED = {INSPECT: "inspect the streams", ASK: "ask the services"}
"""A subject that stands for each kind of request, as the client's errors write it -> what it is for."""


async def of_rights(
    client: Client, refused: Collection[str], headers: Mapping[str, str]
) -> list[Finding]:
    """Find which requests the login may not publish; `refused` gets the subjects that the server refuses.

    The server says so before it answers a flush, so nothing waits for an answer that cannot come. It is flushed twice
    because the client's ping overtakes pending writes.
    """
    for subject in (REQUEST, ASK):
        await client.publish(subject, b"{}", headers=dict(headers) or None)
    await client.flush()
    await client.flush()
    lacking = " and may not ".join(what for subject, what in NEEDED.items() if subject in refused)
    if not lacking:
        return []
    cure = (
        "name the operator's login in SIKO_NATS_CREDENTIALS_FILE; if this is it, run `siko make-users` of this version"
        " again and reload the broker"
    )
    return [Finding("nats", f"its login may not {lacking}", cure)]
