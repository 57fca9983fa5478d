"""What queries name: an authority, an area or a topic area that does not exist is refused, with what comes near."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from siko_contracts.events import decode
from siko_contracts.events.scheduler import AreaAssigned, AuthorityRegistered, WordAdded
from siko_contracts.queries import Query
from siko_contracts.words import TOPIC_AREAS
from siko_core.words import ensure_known, ensure_named
from sqlalchemy import Connection, select

from siko_reporting import withdrawn
from siko_reporting.tables import archive

TYPES = (AuthorityRegistered.TYPE, AreaAssigned.TYPE, WordAdded.TYPE)
Names = dict[str, dict[str, str]]
"""Field of a query -> name -> label."""


class KnownNames:
    """The names of the register and of the vocabularies, whoever asks: they are no secret.

    They are read from the archive only when a query that found nothing names one that is not known yet.
    """

    def __init__(self) -> None:
        self._names: Names = {"authority_id": {}, "area": {}, "topic_area": dict(TOPIC_AREAS)}

    def ensure_known(
        self, query: Query, reading: Callable[[], AbstractContextManager[Connection]]
    ) -> None:
        """Raises NotFound or UnknownWord, which name the field and what comes near, for a name that does not exist.

        A past one counts too. While no authority or area is known, none is missed.
        """
        asked = {field: getattr(query, field, None) for field in self._names}
        if all(name is None or name in self._names[field] for field, name in asked.items()):
            return
        with reading() as connection:
            self._names = _read(connection)
        for field, name in asked.items():
            if name is not None:
                _ensure(field, name, self._names[field])


def _ensure(field: str, name: str, known: Mapping[str, str]) -> None:
    if field == "topic_area":
        ensure_known(field, name, known)
    else:
        ensure_named(field, name, known)


def _read(connection: Connection) -> Names:
    names: Names = {"authority_id": {}, "area": {}, "topic_area": dict(TOPIC_AREAS)}
    statement = select(archive.c.type, archive.c.body).where(
        archive.c.type.in_(TYPES), withdrawn.counting(connection, None)
    )
    for type_, body in connection.execute(statement):
        event: Any = decode(type_, body)
        match event:
            case AuthorityRegistered():
                names["authority_id"][event.authority_id] = event.name
            case AreaAssigned():
                names["area"][event.area] = event.area
            case WordAdded(vocabulary="topic_area"):
                names["topic_area"][event.code] = event.label
    return names
