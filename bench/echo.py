"""`python -m bench.echo URL SUBJECT`: answers each request with its own body; the other end of a NATS round trip."""

import asyncio
import sys

import nats
from nats.aio.msg import Msg


async def main(url: str, subject: str) -> None:
    client = await nats.connect(url)

    async def answer(message: Msg) -> None:
        await message.respond(message.data)

    await client.subscribe(subject, cb=answer)
    await client.flush()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
