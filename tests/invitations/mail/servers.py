"""A real mail server in this process, which takes mails, refuses some, and gets into trouble when told to."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

from tests.certificates import Authority

HOST = "127.0.0.1"
USER, PASSWORD = "siko", "zufällig"


@dataclass(frozen=True)
class Taken:
    """A mail as the server has taken it."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def recipient(self) -> str:
        (only,) = self.recipients
        return only

    @property
    def message(self) -> EmailMessage:
        read = message_from_bytes(self.content, policy=default)
        assert isinstance(read, EmailMessage)
        return read


@dataclass
class MailServer:
    """Its handler. `refusals`: answers to a recipient, by address; `data_refusals`: to the content of a mail to it."""

    refusals: dict[str, str] = field(default_factory=dict)
    data_refusals: dict[str, str] = field(default_factory=dict)
    before_data: Callable[[str], Any] = lambda _: None
    """Called with the recipient when the mail is there, before it is taken; may wait, or return `drop`."""
    after_data: Callable[[str], Any] = lambda _: None
    """The same when it is taken, before the server says so."""
    taken: list[Taken] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    @property
    def recipients(self) -> list[str]:
        return [mail.recipient for mail in self.taken]

    def of(self, recipient: str) -> list[Taken]:
        return [mail for mail in self.taken if mail.recipient == recipient]

    # Called by aiosmtpd.

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Any, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += not session.ssl  # after STARTTLS a client says it again
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := self.refusals.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:  # noqa: N802
        recipient = envelope.rcpt_tos[0]
        if await self._in_trouble(self.before_data, server, recipient):
            return "451 broken"
        if refusal := self.data_refusals.get(recipient):
            return refusal
        content = envelope.original_content
        assert content is not None
        self.taken.append(Taken(envelope.mail_from or "", tuple(envelope.rcpt_tos), content))
        if await self._in_trouble(self.after_data, server, recipient):
            return "451 broken"
        return "250 OK"

    async def _in_trouble(self, trouble: Callable[[str], Any], server: SMTP, to: str) -> bool:
        """Whether the connection is cut now."""
        caused = trouble(to)
        if asyncio.iscoroutine(caused):
            caused = await caused
        if caused == "drop" and server.transport is not None:
            server.transport.abort()
        return bool(caused == "drop")


class _Controller(Controller):
    def __init__(self, handler: MailServer, port: int, options: dict[str, Any]) -> None:
        self.implicit = options.pop("implicit", None)
        super().__init__(handler, hostname=HOST, port=port, ssl_context=self.implicit, **options)

    def _trigger_server(self) -> None:
        """Learn the port before aiosmtpd connects to see whether it listens."""
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def tls_context(authority: Authority) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority.server, authority.key)
    return context


def _knows_us(
    server: SMTP, session: Any, envelope: Envelope, mechanism: str, data: LoginPassword
) -> AuthResult:
    is_right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right)


@contextmanager
def listening(
    handler: MailServer,
    *,
    starttls: ssl.SSLContext | None = None,
    implicit: ssl.SSLContext | None = None,
    login: bool = False,
    port: int = 0,
) -> Iterator[MailServer]:
    """A server that requires a login where told so, over TLS at once (`implicit`) or later (`starttls`)."""
    options: dict[str, Any] = {"implicit": implicit, "tls_context": starttls}
    if starttls:
        options["require_starttls"] = True
    if login:
        options |= {
            "authenticator": _knows_us,
            "auth_required": True,
            "auth_require_tls": implicit is None,
        }
    controller = _Controller(handler, port, options)
    controller.start()
    handler.port = controller.port
    try:
        yield handler
    finally:
        controller.stop()
