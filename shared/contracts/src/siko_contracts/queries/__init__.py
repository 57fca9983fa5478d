"""What may be asked, and what an answer's items hold, a module a service."""

from siko_contracts.queries.audit import (
    AccessItem,
    AccessLog,
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

QUERIES: dict[str, dict[str, type[Query]]] = {
    "scheduler": {
        "history": History,
        "log": Log,
        "register": Register,
        "free_days": FreeDays,
        "what_if": WhatIf,
    },
    **{service: {"history": History, "log": Log} for service in ("invitations", "agenda")},
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
