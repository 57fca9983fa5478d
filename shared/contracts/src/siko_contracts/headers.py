"""JSON Schemas of the headers of events, requests and answers: which there are, and what form their values have."""

from typing import Any, Final

from siko_contracts.messages import (
    ACTOR,
    AUTH,
    AUTHORIZATION,
    COMMAND_ID,
    CORRELATION_ID,
    EPOCH,
    MESSAGE_ID,
    NOW,
    POSITION,
    PREVIOUS,
    TRACEPARENT,
)

_NUMBER = "^[0-9]+$"


def _text(description: str, **constraints: str) -> dict[str, str]:
    return {"type": "string", "description": description, **constraints}


_OF_EVERY_EVENT = {
    "ce-specversion": {"const": "1.0"},
    "ce-id": _text("service and position, never given to another event: `scheduler.200`"),
    "ce-source": _text("`siko/` and the service"),
    "ce-type": _text("name and version of the event"),
    "ce-time": _text("when it was recorded", format="date-time"),
    "ce-subject": _text("id of the aggregate, percent-encoded"),
    "ce-dataschema": _text(
        "`$id` of the body's JSON Schema, which is at /schemas/ and the event's type"
    ),
    "content-type": {"const": "application/json"},
    MESSAGE_ID: _text("the same as `ce-id`"),
    POSITION: _text("in the service's log", pattern=_NUMBER),
    PREVIOUS: _text("position of the message before it; 0: it is the first", pattern=_NUMBER),
}
EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "description": "CloudEvents 1.0 in NATS binary mode. Other headers that begin with `Nats-` are the publisher's.",
    "properties": {
        **_OF_EVERY_EVENT,
        EPOCH: _text(
            "a UUID, a new one behind each `history_lost`; missing in messages of earlier versions",
            format="uuid",
        ),
        CORRELATION_ID: _text(
            "that of the request, if it had one; in old messages any text, percent-encoded"
        ),
        TRACEPARENT: _text("that of the request, if it had one (W3C Trace Context)"),
    },
    "required": sorted(_OF_EVERY_EVENT),
}
REQUEST: Final[dict[str, Any]] = {
    "type": "object",
    "description": "Of commands, queries and sign-outs. All but the token are optional.",
    "properties": {
        AUTHORIZATION: _text(
            "`Bearer` and the token; not needed where no roles are judged", pattern="^Bearer .+$"
        ),
        COMMAND_ID: _text("a UUID, by which a command that is repeated is known", format="uuid"),
        CORRELATION_ID: _text(
            "returns in every event that the request leads to", pattern="^[0-9A-Fa-f-]{1,64}$"
        ),
        TRACEPARENT: _text("W3C Trace Context; returns like the correlation id"),
        ACTOR: _text("`<function>@<body>`, percent-encoded; read where no roles are judged"),
        NOW: _text(
            "when the request is made; accepted under the manual clock only", format="date-time"
        ),
    },
}
ANSWER: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {AUTH: {"const": "off", "description": "only if the service judges no roles"}},
}
