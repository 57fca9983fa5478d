"""Queries, a module a service; `QUERIES[service][name]` is the model of a query's parameters, its `ITEM` that of a row.

What every service alike answers stands in `OPERATIONS[name]`.
"""

from siko_contracts.queries import (
    agenda,
    audit,
    invitations,
    operations,
    reporting,
    scheduler,
)
from siko_contracts.queries.base import AnyQuery, Item, ListQuery, Query, QueryAnswer
from siko_contracts.requests import declared_in

_OF_WRITE_SERVICES = declared_in(audit, Query)
QUERIES: dict[str, dict[str, type[Query]]] = {
    "scheduler": {**_OF_WRITE_SERVICES, **declared_in(scheduler, Query)},
    "invitations": {**_OF_WRITE_SERVICES, **declared_in(invitations, Query)},
    "agenda": {**_OF_WRITE_SERVICES, **declared_in(agenda, Query)},
    "reporting": declared_in(reporting, Query),
}
OPERATIONS = declared_in(operations, AnyQuery)

__all__ = [
    "OPERATIONS",
    "QUERIES",
    "AnyQuery",
    "Item",
    "ListQuery",
    "Query",
    "QueryAnswer",
    "agenda",
    "audit",
    "invitations",
    "operations",
    "reporting",
    "scheduler",
]
