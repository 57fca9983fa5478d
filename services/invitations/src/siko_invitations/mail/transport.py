"""The ways by which mails leave: the house's mail server over one connection, or files in a folder."""

import asyncio
import os
import re
import ssl
from pathlib import Path
from typing import NoReturn, Protocol
from urllib.parse import urlsplit

import aiosmtplib
from siko_core.files import ensure_private
from siko_core.settings import Settings, is_here

from siko_invitations.mail.composition import Mail

ANSWER_SECONDS = 60.0
PORTS = {"smtp": 587, "smtps": 465}
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
"""An enhanced status code (RFC 3463), with which a server's text may begin."""
PERMANENT = 500
CLOSING = 421
"""The server closes the connection: that says nothing of the mail."""


class Refused(Exception):
    """The server refuses this mail for good. `code` holds none of its text."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Deferred(Exception):
    """Not now. `everything`: it is about the server or the connection, and so about all mails. `is_in_doubt`: the
    server may have taken the mail.
    """

    def __init__(self, code: str, *, everything: bool, is_in_doubt: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.everything = everything
        self.is_in_doubt = is_in_doubt


class Transport(Protocol):
    async def send(self, mail: Mail, file_name: str) -> None:
        """Return once the mail is taken. Raises Refused or Deferred."""

    async def rest(self) -> None:
        """Nothing is left to send for now."""


def transport_of(settings: Settings) -> Transport:
    """The way that is configured: a mail server, or else a folder."""
    return Folder(settings.mail_folder) if settings.mail_folder else Server(settings)


class Server:
    """A mail server. The connection is kept while there are mails, and made anew after any trouble."""

    def __init__(self, settings: Settings, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        url = str(settings.smtp_url)
        parts = urlsplit(url)
        self._answer_seconds = answer_seconds
        self._host, self._port = str(parts.hostname), parts.port or PORTS[parts.scheme]
        self._user = settings.smtp_user
        self._password = settings.smtp_password.get_secret_value() or None
        self._use_tls = parts.scheme == "smtps"
        self._start_tls = not self._use_tls and not (is_here(url) and not settings.smtp_ca_file)
        self._ca_file = settings.smtp_ca_file
        self._interval = 60 / settings.smtp_per_minute if settings.smtp_per_minute else 0.0
        self._not_before = 0.0
        self._client: aiosmtplib.SMTP | None = None

    async def send(self, mail: Mail, file_name: str) -> None:  # noqa: ARG002 - a file needs a name
        await self._keep_pace()
        client = await self._connected()
        try:
            await client.mail(mail.sender)
            await client.rcpt(mail.recipient)
            await client.data(mail.content)
        except aiosmtplib.SMTPResponseException as error:
            await self._refused(client, error)
        except (aiosmtplib.SMTPException, OSError) as error:  # a TimeoutError is an OSError
            self._drop()
            raise Deferred("connection_broken", everything=True, is_in_doubt=True) from error
        except BaseException:
            self._drop()
            raise

    async def rest(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            try:
                await client.quit(timeout=1)
            except (aiosmtplib.SMTPException, OSError):
                client.close()

    async def _keep_pace(self) -> None:
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, self._not_before - now))
        self._not_before = max(now, self._not_before) + self._interval

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is not None and self._client.is_connected:
            try:
                await self._client.rset()  # a server may have closed a connection that rested
            except (aiosmtplib.SMTPException, OSError):
                self._drop()
            else:
                return self._client
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._user,
            password=self._password,
            use_tls=self._use_tls,
            start_tls=self._start_tls,
            tls_context=ssl.create_default_context(cafile=self._ca_file),
            timeout=self._answer_seconds,
        )
        try:
            await client.connect()
        except aiosmtplib.SMTPAuthenticationError as error:
            client.close()
            raise Deferred("login_refused", everything=True) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise Deferred("unreachable", everything=True) from error
        self._client = client
        return client

    async def _refused(
        self, client: aiosmtplib.SMTP, error: aiosmtplib.SMTPResponseException
    ) -> NoReturn:
        """A refused sender is about the server's settings, and so about all mails."""
        code = _code(error)
        is_of_all = isinstance(error, aiosmtplib.SMTPSenderRefused) or error.code == CLOSING
        if is_of_all or not client.is_connected:
            self._drop()
            raise Deferred(code, everything=True) from error
        if error.code >= PERMANENT:
            raise Refused(code) from error
        raise Deferred(code, everything=False) from error

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _code(error: aiosmtplib.SMTPResponseException) -> str:
    status = STATUS.match(str(error.message))
    return status[0] if status else str(error.code)


class Folder:
    """Files that any mail program opens; each is whole or not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, mail: Mail, file_name: str) -> None:
        try:
            await asyncio.to_thread(self._write, mail.content, self._folder / f"{file_name}.eml")
        except OSError as error:
            raise Deferred("not_written", everything=True) from error

    async def rest(self) -> None:
        """Do nothing: a folder needs no rest."""

    def _write(self, content: bytes, file: Path) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ensure_private(self._folder)
        unfinished = file.with_suffix(".part")
        unfinished.touch(0o600)
        with unfinished.open("wb") as written:
            written.write(content)
            written.flush()
            os.fsync(written.fileno())
        unfinished.replace(file)
