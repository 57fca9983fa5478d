"""Builds an event's message, deterministically from the stored event alone (contracts §3)."""

from dataclasses import dataclass

from eventsourcing.persistence import Notification
from siko_contracts.events import Event
from siko_contracts.messages import (
    CORRELATION_ID,
    EPOCH,
    MESSAGE_ID,
    POSITION,
    PREVIOUS,
    TRACEPARENT,
    event_subject,
    source,
    to_header,
)

from siko_core.eventsourced.aggregates import DomainEvent, JsonMapper
from siko_core.publishing import Contracts, to_contract


@dataclass(frozen=True)
class Message:
    """A message to publish, and its position in the store."""

    subject: str
    body: bytes
    headers: dict[str, str]
    position: int


def message(
    service: str,
    contracts: Contracts,
    mapper: JsonMapper,
    stored: Notification,
    previous: int,
    *,
    epoch: str | None = None,
) -> Message:
    """The message of a stored event. `previous`: position of the message before it on the stream, 0 for the first."""
    event = mapper.to_domain_event(stored)
    return event_message(
        service, event, to_contract(contracts, event), stored.id, previous, epoch=epoch
    )


def event_message(
    service: str,
    event: DomainEvent,
    contract: Event,
    position: int,
    previous: int = 0,
    *,
    epoch: str | None = None,
) -> Message:
    """The message of a domain event and its contract."""
    return message_of(
        service,
        contract.TYPE,
        contract.model_dump_json().encode(),
        position=position,
        previous=previous,
        epoch=epoch,
        aggregate_id=contract.aggregate_id,
        authority_id=contract.authority_id,
        recorded_at=contract.recorded_at.isoformat().replace("+00:00", "Z"),
        correlation_id=event.metadata.correlation_id,
        traceparent=event.metadata.traceparent,
    )


def message_of(
    service: str,
    type_: str,
    body: bytes,
    *,
    position: int,
    previous: int = 0,
    epoch: str | None = None,
    aggregate_id: str,
    authority_id: str,
    recorded_at: str,
    correlation_id: str | None,
    traceparent: str | None,
) -> Message:
    """The message with its headers (CloudEvents). `recorded_at`: as in the body. `epoch`: None where it is not known."""
    identity = f"{service}.{position}"
    headers = {
        "ce-specversion": "1.0",
        "ce-id": identity,
        "ce-source": source(service),
        "ce-type": type_,
        "ce-time": recorded_at,
        "ce-subject": to_header(aggregate_id),
        "ce-dataschema": f"urn:siko:schema:{type_}",
        "content-type": "application/json",
        MESSAGE_ID: identity,
        POSITION: str(position),
        PREVIOUS: str(previous),
    }
    if epoch:
        headers[EPOCH] = epoch
    if correlation_id:
        headers[CORRELATION_ID] = to_header(correlation_id)
    if traceparent:
        headers[TRACEPARENT] = traceparent
    return Message(event_subject(service, type_, authority_id), body, headers, position)
