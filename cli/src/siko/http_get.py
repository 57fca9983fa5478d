"""A minimal HTTP GET for pages of local processes; importing an HTTP client would take longer than the request."""

import asyncio
import os
from urllib.parse import urlsplit

ANSWER_SECONDS = 2.0


async def page(url: str) -> tuple[str, str]:
    """Return status and body. Raises OSError or TimeoutError with a readable message if nothing answers."""
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
