"""What every event carries, and how one is read from its message."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from siko_contracts.values import Actor, Moment

TYPES: dict[str, type["Event"]] = {}
"""`ce-type` -> class, for every event that this version knows."""


class Event(BaseModel):
    """Something that happened; frozen, tolerant of fields that a later version added."""

    model_config = ConfigDict(
        frozen=True, defer_build=True, extra="ignore", serialize_by_alias=True
    )

    TYPE: ClassVar[str]
    """Name and version as in `ce-type` and in the subject: `conference_scheduled.v1`."""

    event_id: str
    aggregate_id: str
    aggregate_version: int
    authority_id: str
    effective_at: Moment
    recorded_at: Moment
    actor: Actor
    ruleset: str | None = None

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        if "TYPE" in vars(cls) and TYPES.setdefault(cls.TYPE, cls) is not cls:
            raise TypeError(f"{cls.TYPE} is taken by {TYPES[cls.TYPE]}")


class Recorded(Event):
    """The bare notice of an event that stays inside its service: that it is, and its internal name."""

    TYPE = "recorded.v1"
    event: str


class HistoryLost(Event):
    """The producer's database was restored to an earlier moment: its positions `from` to `to` count no more.

    The first event behind them. What was seen in that range is withdrawn; the chain of positions goes on.
    """

    model_config = ConfigDict(populate_by_name=True)

    TYPE = "history_lost.v1"
    from_: int = Field(alias="from")
    to: int


def decode(type_: str, body: bytes | str) -> Event | None:
    """The event in a message of this `ce-type`; None where this version does not know the type.

    pydantic.ValidationError where the body is not what the type promises.
    """
    event = TYPES.get(type_)
    return event.model_validate_json(body) if event else None
