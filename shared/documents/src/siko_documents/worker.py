"""The process that lays out documents: requests on standard input, PDFs on standard output, until the input ends."""

import json
import struct
import sys
from typing import IO

LENGTH = struct.Struct(">I")
"""Before each message."""
PDF, REFUSED = b"P", b"R"
"""First byte of an answer; then the file, or what typst says."""


def read(stream: IO[bytes]) -> bytes | None:
    """The next message; None where the stream has ended, also within one."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    body = stream.read(length)
    return body if len(body) == length else None


def write(stream: IO[bytes], message: bytes) -> None:
    stream.write(LENGTH.pack(len(message)) + message)
    stream.flush()


def answer(request: bytes) -> bytes:
    from siko_documents.rendering import NotLaidOut, laid_out  # noqa: PLC0415 - here only, not in the caller's process

    asked = json.loads(request)
    try:
        return PDF + laid_out(asked["template"], asked["data"])
    except NotLaidOut as error:
        return REFUSED + str(error).encode()


def main() -> None:
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while (request := read(requests)) is not None:
        write(answers, answer(request))


if __name__ == "__main__":
    main()
