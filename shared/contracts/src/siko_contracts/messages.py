"""How siko's messages travel: subjects, header names, and CloudEvents' NATS binding in binary mode.

Source: CloudEvents 1.0, NATS protocol binding, §3.1.3: each attribute is a header `ce-<name>`, its value
percent-encoded where it is a space, a double quote, a percent sign or outside U+0021-U+007E.
"""

import hashlib
from collections.abc import Mapping
from urllib.parse import quote, unquote_to_bytes

COMMAND_ID = "Siko-Command-Id"
AUTHORIZATION = "Authorization"
"""`Bearer <JWT>`."""
AUTH = "Siko-Auth"
"""On every answer of a service that judges no roles: `off`."""
ACTOR = "Siko-Actor"
"""Who acts, where no roles are judged; else the token says it."""
CORRELATION_ID = "Siko-Correlation-Id"
NOW = "Siko-Now"
POSITION = "Siko-Position"
PREVIOUS = "Siko-Previous"
EPOCH = "Siko-Epoch"
"""A new one begins with each `history_lost`; messages of earlier versions have none."""
TRACEPARENT = "traceparent"
MESSAGE_ID = "Nats-Msg-Id"
EXPECTED_SEQUENCE = "Nats-Expected-Last-Sequence"
BATCH_ID, BATCH_SEQUENCE, BATCH_COMMIT = (
    "Nats-Batch-Id",
    "Nats-Batch-Sequence",
    "Nats-Batch-Commit",
)
"""Of messages that the server stores all together or not at all (NATS ADR-50)."""

PRODUCERS = ("scheduler", "invitations", "agenda")
"""The services that have a stream."""
FOLLOWS: Mapping[str, tuple[str, ...]] = {
    "scheduler": ("invitations", "agenda"),
    "invitations": ("scheduler",),
    "agenda": ("scheduler", "invitations"),
    "reporting": PRODUCERS,
}
"""Every service, and whose events it follows."""
SIGNOUTS = "signouts"
"""What else is a stream: tokens that were signed out."""
SIGN_OUT = "siko.sign_out"
"""Request: every service refuses its token from now on. Whichever service takes it publishes the sign-out."""
STREAMS = (*PRODUCERS, SIGNOUTS)

_PLAIN = "".join(chr(c) for c in range(0x21, 0x7F) if chr(c) not in '"%')


def stream(service: str) -> str:
    return f"SIKO_{service.upper()}"


def source(service: str) -> str:
    """`ce-source` of the service's events."""
    return f"siko/{service}"


def event_subjects(service: str) -> str:
    """What the subject of each of the service's events begins with."""
    return f"siko.event.{service}."


def event_subject(service: str, type_: str, authority_id: str) -> str:
    """`siko.event.scheduler.conference_scheduled.v1.pp-koeln`; `type_` is name and version."""
    return f"{event_subjects(service)}{type_}.{authority_id}"


def command_subject(service: str, name: str) -> str:
    return f"siko.command.{service}.{name}"


def query_subject(service: str, name: str) -> str:
    return f"siko.query.{service}.{name}"


def guest_subject(subject: str) -> str:
    """Where a service is asked by guests of the broker, who publish on `subject`: apart from everybody else."""
    return f"siko.guest.{subject.removeprefix('siko.')}"


def dead_subject(service: str) -> str:
    """Core NATS: a notice that the service has parked an event."""
    return f"siko.dead.{service}"


def session_of(issuer: str, token_id: str) -> str:
    """What a token is known by when it is signed out: tells nothing of the token (`iss`, `jti`)."""
    return hashlib.sha256(f"{issuer}\n{token_id}".encode()).hexdigest()


def signout_subject(session: str) -> str:
    """On the stream of sign-outs, where services publish: a message here signs the session out, whatever it holds."""
    return f"siko.signout.{session}"


def to_header(value: str) -> str:
    return quote(value, safe=_PLAIN)


def from_header(value: str) -> str:
    """UnicodeDecodeError where the bytes are no UTF-8."""
    return unquote_to_bytes(value).decode()


def attribute(headers: Mapping[str, str], name: str) -> str:
    """A CloudEvents attribute from a message's headers; KeyError where it is missing."""
    return from_header(headers[f"ce-{name}"])
