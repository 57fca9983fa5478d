"""A stored event as its message: a function of the stored event alone (contracts §3)."""

from dataclasses import dataclass

from eventsourcing.persistence import Notification
from siko_contracts.messages import (
    CORRELATION_ID,
    MESSAGE_ID,
    POSITION,
    PREVIOUS,
    TRACEPARENT,
    event_subject,
    source,
    to_header,
)

from siko_core.aggregates import JsonMapper
from siko_core.publishing import Contracts, to_contract


@dataclass(frozen=True)
class Message:
    subject: str
    body: bytes
    headers: dict[str, str]
    position: int


def message(
    service: str, contracts: Contracts, mapper: JsonMapper, stored: Notification, previous: int
) -> Message:
    """`previous`: the position of the message before this one on the stream, 0 for the first."""
    event = mapper.to_domain_event(stored)
    contract = to_contract(contracts, event)
    identity = f"{service}.{stored.id}"
    headers = {
        "ce-specversion": "1.0",
        "ce-id": identity,
        "ce-source": source(service),
        "ce-type": contract.TYPE,
        "ce-time": contract.recorded_at.isoformat().replace("+00:00", "Z"),
        "ce-subject": to_header(contract.aggregate_id),
        "ce-dataschema": f"urn:siko:schema:{contract.TYPE}",
        "content-type": "application/json",
        MESSAGE_ID: identity,
        POSITION: str(stored.id),
        PREVIOUS: str(previous),
    }
    if event.metadata.correlation_id:
        headers[CORRELATION_ID] = to_header(event.metadata.correlation_id)
    if event.metadata.traceparent:
        headers[TRACEPARENT] = event.metadata.traceparent
    return Message(
        event_subject(service, contract.TYPE, contract.authority_id),
        contract.model_dump_json().encode(),
        headers,
        stored.id,
    )
