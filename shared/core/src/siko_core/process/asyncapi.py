"""The AsyncAPI document of a service: FastStream's own, plus the relay's events and the replies."""

from typing import Any

from faststream.specification import AsyncAPI
from siko_contracts.answers import Answer, Refusal
from siko_contracts.messages import event_subject

from siko_core.process.part import Part


def asyncapi(part: Part) -> Any:
    """Return a JSON-serialisable AsyncAPI 3.0 document with its keys in a stable order."""
    document: dict[str, Any] = (
        AsyncAPI(part.broker, title=f"siko {part.name}", version="0.1.0", schema_version="3.0.0")
        .to_specification()
        .to_jsonable()
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Answer"] = Answer.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas["Refusal"] = Refusal.model_json_schema(ref_template="#/components/schemas/{model}")
    for event in part.publishes():
        schema = event.model_json_schema()
        schemas[event.TYPE] = schema
        document.setdefault("channels", {})[event.TYPE] = {
            "address": event_subject(part.name, event.TYPE, "{authority_id}"),
            "parameters": {"authority_id": {"description": "id of the authority, or nrw"}},
            "messages": {event.TYPE: {"payload": {"$ref": f"#/components/schemas/{event.TYPE}"}}},
        }
    return {key: document[key] for key in sorted(document)}
