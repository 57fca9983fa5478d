"""Who may ask for what, as the classes say: a row for each command and each query of each service."""

from siko_contracts import commands, queries
from siko_contracts.access import Access
from siko_contracts.messages import FOLLOWS

COMMAND_ACCESS: dict[str, dict[str, Access]] = {
    service: {
        name: model.ACCESS
        for name, model in {**commands.COMMANDS.get(service, {}), **commands.OPERATIONS}.items()
    }
    for service in FOLLOWS
}
QUERY_ACCESS: dict[str, dict[str, Access]] = {
    service: {
        name: model.ACCESS
        for name, model in {**queries.OPERATIONS, **queries.QUERIES[service]}.items()
    }
    for service in FOLLOWS
}
