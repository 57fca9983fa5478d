"""What may be asked, and what an answer's items hold, a module a service."""

from siko_contracts.queries.audit import (
    AccessItem,
    AccessLog,
    DifferenceItem,
    Differences,
    History,
    Log,
    Positions,
)
from siko_contracts.queries.base import (
    DEFAULT_LIMIT,
    Item,
    ListQuery,
    Query,
    QueryAnswer,
)
from siko_contracts.queries.reporting import (
    ActionItem,
    Actions,
    AgendaItem,
    Compliance,
    ComplianceItem,
    Conference,
    ConferenceFile,
    ConferenceItem,
    Conferences,
    InvitationItem,
    Invitations,
    OutcomeItem,
    SituationTopicItem,
    SituationTopics,
    Withdrawn,
    WithdrawnItem,
)
from siko_contracts.queries.scheduler import (
    FreeDayItem,
    FreeDays,
    Register,
    RegisterItem,
    WhatIf,
    WhatIfItem,
)

__all__ = [
    "DEFAULT_LIMIT",
    "QUERIES",
    "AccessItem",
    "AccessLog",
    "ActionItem",
    "Actions",
    "AgendaItem",
    "Compliance",
    "ComplianceItem",
    "Conference",
    "ConferenceFile",
    "ConferenceItem",
    "Conferences",
    "DifferenceItem",
    "Differences",
    "FreeDayItem",
    "FreeDays",
    "History",
    "InvitationItem",
    "Invitations",
    "Item",
    "ListQuery",
    "Log",
    "OutcomeItem",
    "Positions",
    "Query",
    "QueryAnswer",
    "Register",
    "RegisterItem",
    "SituationTopicItem",
    "SituationTopics",
    "WhatIf",
    "WhatIfItem",
    "Withdrawn",
    "WithdrawnItem",
]

_WRITE_SERVICE: dict[str, type[Query]] = {
    "history": History,
    "log": Log,
    Differences.NAME: Differences,
}
QUERIES: dict[str, dict[str, type[Query]]] = {
    "scheduler": {
        **_WRITE_SERVICE,
        "register": Register,
        "free_days": FreeDays,
        "what_if": WhatIf,
    },
    "invitations": _WRITE_SERVICE,
    "agenda": _WRITE_SERVICE,
    "reporting": {
        "actions": Actions,
        "compliance": Compliance,
        "conference": Conference,
        "conferences": Conferences,
        "invitations": Invitations,
        "situation_topics": SituationTopics,
        "withdrawn": Withdrawn,
    },
}
"""Service -> query -> its parameters."""
