"""A wire between a client and the real server: on it anything can be said in the server's name."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

Wires = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Between:
    """Passes everything on, unless told otherwise; for connections made from then on."""

    def __init__(self, port: int) -> None:
        self.refusal: bytes | None = None
        """Instead of the answer to a login; then the connection is closed."""
        self.greeting: bytes | None = None
        """Instead of the server's."""
        self.joined = 0
        self._server_port = port
        self._clients: set[asyncio.StreamWriter] = set()

    async def say(self, line: bytes, *, hang_up: bool = True) -> None:
        """To all who are connected."""
        for client in list(self._clients):
            client.write(line)
            await client.drain()
            if hang_up:
                client.close()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """The address."""
        listener = await asyncio.start_server(self._join, "127.0.0.1", 0)
        try:
            yield f"nats://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        finally:
            listener.close()
            for client in self._clients:
                client.close()

    async def _join(self, *client: asyncio.StreamReader | asyncio.StreamWriter) -> None:
        reader, writer = client
        assert isinstance(reader, asyncio.StreamReader)
        assert isinstance(writer, asyncio.StreamWriter)
        self.joined += 1
        with suppress(OSError):
            server = await asyncio.open_connection("127.0.0.1", self._server_port)
            try:
                if self.greeting:
                    writer.write(self.greeting)
                    await writer.drain()
                elif self.refusal:
                    await self._refuse((reader, writer), server, self.refusal)
                else:
                    await self._connect((reader, writer), server)
            finally:
                server[1].close()
                writer.close()

    async def _refuse(self, client: Wires, server: Wires, refusal: bytes) -> None:
        client[1].write(await server[0].readline())
        await client[0].readline()
        client[1].write(refusal)
        await client[1].drain()

    async def _connect(self, client: Wires, server: Wires) -> None:
        self._clients.add(client[1])
        passing = [
            asyncio.create_task(pass_on(client[0], server[1])),
            asyncio.create_task(pass_on(server[0], client[1])),
        ]
        try:
            await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in passing:
                task.cancel()
            await asyncio.gather(*passing, return_exceptions=True)
            self._clients.discard(client[1])


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while heard := await reader.read(65536):
        writer.write(heard)
        await writer.drain()
