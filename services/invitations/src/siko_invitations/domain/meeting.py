"""What a letter says of a conference: when and where it takes place, and for whom."""

from datetime import datetime

from siko_contracts.values import Kind, Told


class Meeting(Told):
    """End and place are unknown of conferences that an earlier version has noted."""

    kind: Kind
    areas: tuple[str, ...] = ()
    starts_at: datetime
    ends_at: datetime | None = None
    place: str | None = None
