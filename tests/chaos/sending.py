"""A client as siko asks for it: short timeouts, and the same command id until there is an answer."""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from siko.issuer import Issuer
from siko.roles import SignIn
from siko_contracts import messages
from siko_contracts.commands import Command

from tests.chaos.acting import doer, service_of
from tests.chaos.ledger import Entry, Ledger

ATTEMPT_SECONDS = 1.5
PAUSE_SECONDS = 0.2
PATIENCE_SECONDS = 20.0
"""For a refusal that ends when facts of other services have arrived."""
WAITING = {
    "NotYetKnown", "WrongState", "NotInvited", "NotInSession", "NotChecked", "NotFound",
}  # fmt: skip


@dataclass
class Sender:
    """`stopping`: what has been asked is still brought to its end, but nobody waits for others any more."""

    client: Client
    issuer: Issuer
    ledger: Ledger
    stopping: asyncio.Event
    now: datetime | None = None
    """Of the manual clock."""

    async def send(self, command: Command, authority: str = "") -> Entry:
        """In the role that does it at this authority; waits through outages for as long as they last."""
        headers = {messages.COMMAND_ID: str(uuid4())}
        if self.now is not None:
            headers[messages.NOW] = self.now.isoformat()
        body = command.model_dump_json(exclude_defaults=True, by_alias=True)
        subject = messages.command_subject(service_of(command), command.NAME)
        return await self.ask(subject, headers, body, doer(command, authority))

    async def again(self, entry: Entry) -> Entry:
        """The same command, once more."""
        by = SignIn.parse(entry.by)
        return await self.ask(entry.subject, dict(entry.headers), entry.body, by, "accepted")

    async def ask(
        self, subject: str, headers: dict[str, str], body: str, by: SignIn, repeats: Any = ""
    ) -> Entry:
        loop = asyncio.get_running_loop()
        patience = loop.time() + PATIENCE_SECONDS
        attempts, uncertain = 0, False
        answer: dict[str, Any] | None = None
        try:
            while True:
                attempts += 1
                token = {messages.AUTHORIZATION: f"Bearer {self.issuer.token(by)}"}
                try:
                    reply = await self.client.request(
                        subject, body.encode(), timeout=ATTEMPT_SECONDS, headers=headers | token
                    )
                except NoRespondersError:
                    await asyncio.sleep(PAUSE_SECONDS)
                    continue
                except (TimeoutError, NatsError):
                    uncertain = True
                    await asyncio.sleep(PAUSE_SECONDS)
                    continue
                told: dict[str, Any] = json.loads(reply.data)
                code = "" if told["ok"] else told["error"]["code"]
                if _is_no_answer(told):  # for as long as it lasts
                    uncertain = True
                    await asyncio.sleep(PAUSE_SECONDS)
                    continue
                answer = told
                impatient = self.stopping.is_set() or loop.time() > patience
                if code not in WAITING or impatient:
                    break
                await asyncio.sleep(PAUSE_SECONDS)
        finally:
            entry = Entry(
                command_id=headers[messages.COMMAND_ID],
                subject=subject,
                headers=headers,
                body=body,
                by=str(by),
                outcome="unanswered"
                if answer is None
                else "accepted"
                if answer["ok"]
                else "refused",
                uncertain=uncertain,
                attempts=attempts,
                answer=answer,
                repeats=repeats,
            )
            await asyncio.shield(self.ledger.enter(entry))
        return entry


def _is_no_answer(told: dict[str, Any]) -> bool:
    """A replica that cannot say, or whose clock is off so that no good token is in time for it: another one may know.

    Who may not do what the command asks is told by which role or field.
    """
    if told["ok"]:
        return False
    error = told["error"]
    return error["code"] == "Unavailable" or (
        error["code"] == "NotAuthorised" and not error["details"]
    )
