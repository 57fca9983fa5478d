"""Tables of the reporting database: positions, the archive of all that was followed, and the documents."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Dialect,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class Instant(TypeDecorator[datetime]):
    """A moment as text in UTC, so written that its order as text is its order in time."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> str | None:
        return value.astimezone(UTC).isoformat(timespec="microseconds") if value else None

    def process_result_value(self, value: str | None, _: Dialect) -> datetime | None:
        return datetime.fromisoformat(value) if value else None


tables = MetaData()
positions = Table(
    "positions",
    tables,
    Column("producer", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("known_at", Instant, nullable=False),
)
archive = Table(
    "archive",
    tables,
    Column("arrival", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("producer", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("aggregate_id", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("known_at", Instant, nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("producer", "position"),
    sqlite_autoincrement=True,
)
documents = Table(
    "documents",
    tables,
    Column("view", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("document", Text, nullable=False),
)
lost = Table(
    "lost",
    tables,
    Column("producer", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("known_at", Instant, nullable=False),
)
