"""The AsyncAPI document of a service: what it answers, as declared to its broker, and what it publishes."""

import inspect
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlsplit

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from siko_contracts import headers
from siko_contracts.answers import Answer, LinkIssued, Refusal, Settled
from siko_contracts.commands import Command
from siko_contracts.commands.operations import LettersCommand
from siko_contracts.events import Event
from siko_contracts.examples import TEXTS, example
from siko_contracts.messages import AUTHORIZATION, COMMAND_ID, CORRELATION_ID, event_subject
from siko_contracts.queries import AnyQuery, QueryAnswer
from siko_contracts.sign_out import SignedOut

from siko_core.process.part import Part
from siko_core.relay.message import message_of
from siko_core.requests.subscriber import RequestSubscriber

Document = dict[str, Any]
CORRELATION = {"location": f"$message.header#/{CORRELATION_ID}"}
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
POSITION = 200
"""Of the example of each event."""
EVENT_HEADERS, REQUEST_HEADERS, ANSWER_HEADERS = (
    {"$ref": f"#/components/schemas/{name}"}
    for name in ("EventHeaders", "RequestHeaders", "AnswerHeaders")
)
ANSWERS = "answers"
ANSWERED_WITH: Sequence[type[BaseModel]] = (
    *(Answer, LinkIssued, Settled, SignedOut, QueryAnswer, Refusal),
)
SERVER = "broker"


def asyncapi(part: Part) -> Document:
    """Return the service's AsyncAPI 3.0 document, the same on every call."""
    requests = sorted(_subscribers(part), key=lambda request: request.subject.template)
    events = part.publishes()
    schemas = _Schemas([request.model for request in requests], events)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"siko {part.name}",
            "version": "0.1.0",
            "description": "Its JSON Schemas are at /schemas/<type>, of the address of this document.",
        },
        "defaultContentType": "application/json",
        "servers": _servers(part),
        "channels": {
            ANSWERS: _answers(schemas, requests),
            **{request.subject.template: _channel(schemas, request) for request in requests},
            **{event.TYPE: _event_channel(schemas, part.name, event) for event in events},
        },
        "operations": {
            **{request.subject.template: _reception(request) for request in requests},
            **{event.TYPE: _operation("send", event.TYPE, [event.TYPE]) for event in events},
        },
        "components": {"schemas": schemas.definitions},
    }


class _Schemas:
    """The schemas of all bodies, each under a name of its own, and references to them."""

    def __init__(self, requests: Iterable[type[BaseModel]], events: Iterable[type[Event]]) -> None:
        queries = [model for model in requests if issubclass(model, AnyQuery)]
        sent = [*events, *(model.ITEM for model in queries if model.ITEM)]
        sent += ANSWERED_WITH
        models: list[tuple[type[BaseModel], JsonSchemaMode]] = [
            *((model, "validation") for model in requests),
            *((model, "serialization") for model in sent),
        ]
        references, schemas = models_json_schema(
            list(dict.fromkeys(models)), ref_template="#/components/schemas/{model}"
        )
        self.definitions = {
            **schemas["$defs"],
            "EventHeaders": headers.EVENT,
            "RequestHeaders": headers.REQUEST,
            "AnswerHeaders": headers.ANSWER,
        }
        self._references = references

    def received(self, model: type[BaseModel]) -> Any:
        return self._references[model, "validation"]

    def sent(self, model: type[BaseModel]) -> Any:
        return self._references[model, "serialization"]


def _subscribers(part: Part) -> Sequence[RequestSubscriber]:
    return cast("Sequence[RequestSubscriber]", part.broker.subscribers)


def _servers(part: Part) -> Document:
    urls = [urlsplit(url) for each in part.broker.specification.url for url in each.split(",")]
    return {
        f"{SERVER}{number}": {"host": url.netloc.rpartition("@")[2], "protocol": "nats"}
        for number, url in enumerate(urls, 1)
    }


def _channel(schemas: _Schemas, request: RequestSubscriber) -> Document:
    subject = request.subject.template
    message = {
        "headers": REQUEST_HEADERS,
        "correlationId": CORRELATION,
        "payload": schemas.received(request.model),
        "examples": [
            {
                "headers": {
                    AUTHORIZATION: "Bearer eyJ…",
                    COMMAND_ID: TEXTS["Id"],
                    CORRELATION_ID: TEXTS["Id"],
                },
                "payload": example(request.model),
            }
        ],
    }
    return {
        "address": subject,
        "description": inspect.cleandoc(request.specification.description or ""),
        "messages": {subject: message},
    }


def _answers(schemas: _Schemas, requests: Iterable[RequestSubscriber]) -> Document:
    messages = {
        model.__name__: {"headers": ANSWER_HEADERS, "payload": schemas.sent(model)}
        for model in ANSWERED_WITH
    }
    for request in requests:
        if item := getattr(request.model, "ITEM", None):
            rows = {"properties": {"items": {"type": "array", "items": schemas.sent(item)}}}
            payload = {"allOf": [schemas.sent(QueryAnswer), rows]}
            messages[_answer(request)] = {"headers": ANSWER_HEADERS, "payload": payload}
    return {
        "address": None,
        "description": "The inbox that a request names as its reply subject.",
        "messages": messages,
    }


def _answer(request: RequestSubscriber) -> str:
    """Name the message that answers a request which is not refused."""
    model = request.model
    if issubclass(model, AnyQuery):
        return f"{request.subject.template}.answer" if model.ITEM else QueryAnswer.__name__
    if issubclass(model, (Command, LettersCommand)):
        return model.ANSWER.__name__
    return SignedOut.__name__


def _event_channel(schemas: _Schemas, service: str, event: type[Event]) -> Document:
    message = {
        "headers": EVENT_HEADERS,
        "correlationId": CORRELATION,
        "payload": schemas.sent(event),
        "examples": [_event_example(service, event)],
    }
    return {
        "address": event_subject(service, event.TYPE, "{authority_id}"),
        "description": inspect.cleandoc(event.__doc__ or ""),
        "parameters": {"authority_id": {"description": "id of the authority, or nrw"}},
        "messages": {event.TYPE: message},
    }


def _event_example(service: str, event: type[Event]) -> Document:
    body = example(event)
    made = message_of(
        service,
        event.TYPE,
        json.dumps(body).encode(),
        position=POSITION,
        previous=POSITION - 1,
        epoch=TEXTS["Id"],
        aggregate_id=body["aggregate_id"],
        authority_id=TEXTS["Slug"],
        recorded_at=body["recorded_at"],
        correlation_id=TEXTS["Id"],
        traceparent=TRACE,
    )
    return {"headers": made.headers, "payload": body}


def _reception(request: RequestSubscriber) -> Document:
    subject = request.subject.template
    answers: Mapping[str, Any] = {
        "channel": {"$ref": f"#/channels/{ANSWERS}"},
        "messages": [_message(ANSWERS, name) for name in (_answer(request), Refusal.__name__)],
    }
    return {
        **_operation("receive", subject, [subject]),
        "reply": answers,
        "bindings": {"nats": {"queue": request.queue, "bindingVersion": "0.1.0"}},
    }


def _operation(action: str, channel: str, messages: Iterable[str]) -> Document:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [_message(channel, message) for message in messages],
    }


def _message(channel: str, message: str) -> Document:
    return {"$ref": f"#/channels/{channel}/messages/{message}"}
