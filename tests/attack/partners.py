"""What partner bodies may name of the conferences in `story`: their own, others', withdrawn, and what never existed."""

from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from siko.roles import SignIn


def ident(what: str) -> str:
    return str(uuid5(NAMESPACE_URL, what))


HELD, OPEN, LEFT, WITHOUT, PLANNED, ABROAD = map(
    ident, ("held", "open", "left", "without", "planned", "abroad")
)
"""Conferences: in session; taking submissions; from which the partners were withdrawn; that never invited them;
whose list is not released; of another authority."""
MISSING = {
    "conference": ident("missing"),
    "topic": ident("missing"),
    "thing": ident("missing"),
    "action": ident("missing"),
    "body": "gibt-es-nicht",
    "invitation": "gibt-es-nicht",
    "authority": "pp-nirgendwo",
    "area": "Nirgendwo",
}


@dataclass(frozen=True)
class Partner:
    """A partner body; kind of thing -> how it stands to it -> an id. `own` is its own."""

    body_id: str
    things: dict[str, dict[str, str]]

    @property
    def sign_in(self) -> SignIn:
        return SignIn("partner", self.body_id, "leadership")


CONFERENCES = {
    "own": OPEN,
    "foreign": ABROAD,
    "withdrawn": LEFT,
    "never invited": WITHOUT,
    "not released": PLANNED,
}
OTHERS = {
    "invited": "sta-koeln",
    "invited by way of a district": "schulamt-koeln",
    "withdrawn": "ag-koeln",
    "withdrawn and named again": "lg-koeln",
    "named and not released": "hza-koeln",
    "never invited": "stadt-bonn",
}
AUTHORITIES = {"own": "pp-koeln", "foreign": "pp-bonn"}
AREAS = {"own": "Köln", "foreign": "Bonn"}
TOPICS = {
    "own": ident("own topic"),
    "submitted": ident("their topic"),
    "placed": ident("their placed topic"),
    "returned": ident("their returned topic"),
    "own where the invitation is withdrawn": ident("own topic, withdrawn"),
    "of another authority": ident("topic abroad"),
    "no topic": f"agenda:{OPEN}",
}
ACTIONS = {
    "own": ident("own action"),
    "foreign": ident("their action"),
    "no action": f"agenda:{OPEN}",
}
CITY = Partner(
    "stadt-koeln",
    {
        "conference": CONFERENCES,
        "body": {"own": "stadt-koeln"} | OTHERS,
        "invitation": {"own": "stadt-koeln"} | OTHERS,
        "topic": TOPICS,
        "action": ACTIONS,
        "authority": AUTHORITIES,
        "area": AREAS,
    },
)
NEIGHBOUR = Partner("br-duesseldorf", CITY.things | {"body": {"own": "br-duesseldorf"} | OTHERS})
"""Invited too; a district government that forwards to nobody here."""
DISTRICT = Partner(
    "br-koeln",
    {
        "conference": CONFERENCES,
        "body": {"own": "br-koeln"} | OTHERS,
        "invitation": {"own": "schulamt-koeln", "forwarded and withdrawn": "schulamt-lindenthal"}
        | {how: body for how, body in OTHERS.items() if body != "schulamt-koeln"},
        "topic": {"none": ident("nothing")} | {h: t for h, t in TOPICS.items() if h != "own"},
        "action": {h: a for h, a in ACTIONS.items() if h != "own"},
        "authority": AUTHORITIES,
        "area": AREAS,
    },
)
"""Forwards to a school office; not invited itself."""
PARTNERS = (CITY, NEIGHBOUR, DISTRICT)
