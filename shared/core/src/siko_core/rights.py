"""Judges the rows of `siko_contracts.access`: the role at the door, what must be the asker's own in the decision."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from siko_contracts.access import Access

from siko_core.identity import Identity
from siko_core.refusals import NotAuthorised, NotFound

RETRY_AFTER_S = 1


class Owned(Protocol):
    """What an application says of the things that its commands name."""

    HEARD_FROM_OTHERS: ClassVar[frozenset[str]]

    def authority_of(self, field: str, named: str) -> str | None: ...
    def is_open_to(self, body_id: str, field: str, named: str) -> bool: ...


def row(rows: Mapping[str, Access], service: str, name: str) -> Access:
    """LookupError where there is none: nobody has said who may do it."""
    if name not in rows:
        raise LookupError(f"{service}.{name} has no row in siko_contracts.access")
    return rows[name]


def ensure_role(access: Access, identity: Identity) -> None:
    if identity.role not in access.roles:
        raise NotAuthorised(role=identity.role)


def ensure_own(application: Owned, access: Access, identity: Identity, command: Any) -> None:
    """What is not the asker's is refused exactly as what does not exist: nobody learns which."""
    if identity.role in access.free:
        return
    partner = access.body if identity.role == "partner" else None
    if partner and getattr(command, partner) != identity.body_id:
        raise NotAuthorised(field=partner)
    for field in access.names:
        named = getattr(command, field)
        if named is None or _is_own(application, identity, field, named):
            continue
        if field == "authority_id":
            raise NotAuthorised(field=field)
        late = {"retry_after_s": RETRY_AFTER_S} if field in application.HEARD_FROM_OTHERS else {}
        raise NotFound("you have nothing with this id", field=field, **late)


def _is_own(application: Owned, identity: Identity, field: str, named: str) -> bool:
    if identity.role == "partner":
        return application.is_open_to(identity.held_for, field, named)
    if field == "authority_id":
        return named == identity.authority_id
    return application.authority_of(field, named) == identity.authority_id
