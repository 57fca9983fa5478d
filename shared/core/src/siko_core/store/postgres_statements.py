"""The recorder's SQL for PostgreSQL."""

from typing import LiteralString

from psycopg.sql import SQL, Composable, Identifier, Literal

from siko_core.positions import COMMITS

# The advisory lock keeps ids in commit order for a tailing reader: a writer holds it until its commit, and every
# inserted row joins on `locked`, so that no id is drawn before the lock is held. If the compare-and-set of one step
# fails, the whole statement must be rolled back, and only an error does that: hence the division by zero.
# Arrays are sent in binary: as text, psycopg would quote every element with a regular expression.
INSERT = """
WITH locked AS MATERIALIZED
 (SELECT pg_advisory_xact_lock(hashtext({lock})), pg_notify({channel_text}, '')),
moved AS (UPDATE {positions} p SET position = s.position, sequence = s.sequence FROM locked,
 unnest(%b::text[], %b::bigint[], %b::bigint[], %b::bigint[]) AS s (producer, previous, position, sequence)
 WHERE p.producer = s.producer AND p.position = s.previous RETURNING 1),
agreed AS MATERIALIZED
 (SELECT 1 / (CASE WHEN (SELECT count(*) FROM moved) = %s THEN 1 ELSE 0 END) FROM locked),
stored AS (INSERT INTO {events} (originator_id, originator_version, topic, state)
 SELECT o, v, t, s FROM agreed, unnest(%b::text[], %b::bigint[], %b::text[], %b::bytea[])
 WITH ORDINALITY AS e (o, v, t, s, n) ORDER BY n RETURNING notification_id),
answered AS (INSERT INTO {answers} (command_id, answer, position)
 SELECT c, a, (SELECT max(notification_id) FROM stored) FROM agreed,
 unnest(%b::text[], %b::text[]) AS a (c, a))
SELECT (SELECT count(*) FROM agreed), ARRAY(SELECT notification_id FROM stored ORDER BY 1) AS ids
"""
CREATE = (
    "CREATE TABLE IF NOT EXISTS {answers} (command_id text PRIMARY KEY, answer text NOT NULL, position bigint)",
    "CREATE TABLE IF NOT EXISTS {positions} (producer text PRIMARY KEY, position bigint NOT NULL, sequence bigint NOT NULL)",
    "CREATE TABLE IF NOT EXISTS {marks} (key text PRIMARY KEY, value text NOT NULL)",
)

STATEMENTS: dict[str, LiteralString] = {
    "insert": INSERT,
    "begin": "BEGIN; SELECT pg_advisory_xact_lock(hashtext({lock}))",
    "patience": "SET lock_timeout = {patience}",
    "answered": "SELECT * FROM {answers} WHERE command_id = ANY(%s)",
    "answered_at": "SELECT command_id AS id, position AS last FROM {answers} WHERE command_id = ANY(%s)",
    "answered_by_anybody": (
        "SELECT left(command_id, 36) AS id, max(position) AS last FROM {answers}"
        " WHERE left(command_id, 36) = ANY(%s) GROUP BY 1"
    ),
    "foreign": (
        "SELECT notification_id, originator_id, originator_version, topic FROM {events}"
        " WHERE notification_id > %s AND notification_id <= %s ORDER BY 1 LIMIT %s"
    ),
    "events_of": (
        "SELECT originator_id, originator_version, topic, state FROM {events}"
        " WHERE originator_id = %s AND originator_version > %s ORDER BY 2 LIMIT %s"
    ),
    "position_of": "SELECT max(notification_id) AS last FROM {events} WHERE originator_id = %s",
    "follow": "INSERT INTO {positions} VALUES (%s, 0, 0) ON CONFLICT DO NOTHING",
    "standing": (
        "SELECT position AS commits, (SELECT coalesce(max(notification_id), 0) FROM {events}) AS last,"
        " EXISTS ({parked}) AS is_parked, e.* FROM {positions}"
        " LEFT JOIN (SELECT notification_id, originator_id, originator_version, topic FROM {events}"
        " WHERE notification_id > %s ORDER BY 1 LIMIT %s) AS e ON true"
        " WHERE producer = {commits} ORDER BY notification_id"
    ),
    "places": "SELECT * FROM {positions}",
    "mark": "INSERT INTO {marks} VALUES (%s, %s) ON CONFLICT DO NOTHING",
    "marked": "SELECT value FROM {marks} WHERE key = %s",
    "listen": "LISTEN {channel}",
    "reserve": (
        "SELECT setval(s, greatest(%s, pg_sequence_last_value(s)))"
        " FROM (SELECT pg_get_serial_sequence({table}, 'notification_id')::regclass AS s) AS of"
    ),
    "move": (
        "WITH moved AS (UPDATE {events} SET notification_id = notification_id + %(by)s"
        " WHERE notification_id BETWEEN %(first)s AND %(last)s)"
        " UPDATE {answers} SET position = position + %(by)s"
        " WHERE position BETWEEN %(first)s AND %(last)s"
    ),
}


class StoreStatements:
    """Statements for one store's tables, rendered once; psycopg would render them again at every execute."""

    def __init__(
        self, schema: str, table: str, channel: str, patience_s: int, parked: LiteralString
    ) -> None:
        """`parked`: the query for the aggregates that have parked events."""
        own = ("answers", "positions", "marks")
        names: dict[str, Composable] = {
            **{name: Identifier(schema, f"{table}_{name}") for name in own},
            "events": Identifier(schema, table),
            "table": Literal(f'"{schema}"."{table}"'),
            "lock": Literal(table),
            "channel": Identifier(channel),
            "channel_text": Literal(channel),
            "patience": Literal(f"{patience_s}s"),
            "commits": Literal(COMMITS),
            "parked": SQL(parked),
        }
        self.create = [SQL(statement).format(**names) for statement in CREATE]
        self.sql = {
            name: SQL(text).format(**names).as_bytes(None) for name, text in STATEMENTS.items()
        }
