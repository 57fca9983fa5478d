"""One page of a process on this machine, without a client that takes time to import."""

import asyncio
import os
from urllib.parse import urlsplit

ANSWER_SECONDS = 2.0


async def page(url: str) -> tuple[str, str]:
    """Status and body. OSError or TimeoutError, in words for people, where nothing answers."""
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            try:
                writer.write(f"GET {parts.path} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode())
                answer = (await reader.read()).decode(errors="replace")
            finally:
                writer.close()
    except TimeoutError:
        raise TimeoutError(f"{parts.path} does not answer") from None
    except OSError as error:
        raise OSError(os.strerror(error.errno) if error.errno else str(error)) from None
    head, _, body = answer.partition("\r\n\r\n")
    status = head.split(maxsplit=2)[1:2]
    return (status[0] if status else ""), body
