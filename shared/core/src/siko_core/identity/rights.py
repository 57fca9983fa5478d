"""Enforces the rights of commands and queries: the role on arrival, ownership of the named things in the decision.

It also removes from an answer what a partner body may not see.
"""

from typing import Any, ClassVar, Protocol

from pydantic import BaseModel
from siko_contracts.access import Access
from siko_contracts.answers import Refusal
from siko_contracts.queries import QueryAnswer

from siko_core.identity.identity import Identity
from siko_core.refusals import NotAuthorised, NotFound, NotYetKnown

RETRY_AFTER_S = 1
AUTHORITIES = frozenset({"authority_id", "motorway_authority_ids"})
"""Fields that name authorities themselves: for whom a command is."""


class Owned(Protocol):
    """Tells whose the things are that an application's commands name."""

    HEARD_FROM_OTHERS: ClassVar[frozenset[str]]

    def authority_of(self, field: str, named: str) -> str | None: ...
    def is_open_to(self, body_id: str, field: str, command: Any) -> bool: ...


def ensure_role(access: Access, identity: Identity) -> None:
    if identity.role not in access.roles:
        raise NotAuthorised(role=identity.role)


def ensure_own(application: Owned, access: Access, identity: Identity, command: Any) -> None:
    """Check that the things a command names are the caller's own.

    Raises NotFound for another's, exactly as for things that do not exist, so that the answer reveals neither.
    Raises NotAuthorised if the command itself is for another authority or body.
    """
    if identity.role in access.free:
        return
    fields = access.names
    if identity.role == "partner":
        fields += access.open_to_partner
        if access.body and getattr(command, access.body) != identity.body_id:
            raise NotAuthorised(field=access.body)
    for field, word in access.reserved:
        if getattr(command, field) == word:
            raise NotAuthorised(field=field)
    for field in fields:
        named = getattr(command, field)
        if named is None or _is_own(application, identity, field, command):
            continue
        if field in AUTHORITIES:
            raise NotAuthorised(field=field)
        late = {"retry_after_s": RETRY_AFTER_S} if field in application.HEARD_FROM_OTHERS else {}
        raise NotFound("you have nothing with this id", field=field, **late)


def _is_own(application: Owned, identity: Identity, field: str, command: Any) -> bool:
    if identity.role == "partner":
        return application.is_open_to(identity.held_for, field, command)
    named: str | tuple[str, ...] = getattr(command, field)
    all_named = (named,) if isinstance(named, str) else named
    if field in AUTHORITIES:
        return all(each == identity.authority_id for each in all_named)
    return all(application.authority_of(field, each) == identity.authority_id for each in all_named)


def asks_for_own(access: Access, identity: Identity | None, query: Any) -> bool:
    """Whether the authority that a query names is the caller's own; the answer for another's is empty."""
    if identity is None or identity.role in access.free:
        return True
    return all(getattr(query, field) == identity.authority_id for field in access.names)


def without_progress(identity: Identity | None, query: Any, answer: BaseModel) -> BaseModel:
    """Remove the services' positions from an answer to a partner body: they would reveal how much others do."""
    if identity is None or identity.role != "partner":
        return answer
    if isinstance(answer, QueryAnswer):
        waited_for = {"position": dict(query.at_least), "as_of": query.as_of}
        return answer.model_copy(update=waited_for)
    if isinstance(answer, Refusal) and answer.error.code == NotYetKnown.__name__:
        details = {n: value for n, value in answer.error.details.items() if n != "position"}
        return Refusal(error=answer.error.model_copy(update={"details": details}))
    return answer
