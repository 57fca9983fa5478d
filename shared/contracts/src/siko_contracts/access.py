"""Who may ask for what, in the words of the `ACCESS` that each command and each query declares."""

from dataclasses import dataclass
from typing import Literal

Role = Literal[
    "secretariat",
    "convenor",
    "minute_taker",
    "partner",
    "ministry",
    "auditor",
    "operator",
    "service",
]
AT_AN_AUTHORITY: tuple[Role, ...] = ("secretariat", "convenor", "minute_taker")
"""They act for the authority that their token names; a partner acts for the body that it names."""
SECRETARIAT: tuple[Role, ...] = ("secretariat",)
HEADS: tuple[Role, ...] = ("secretariat", "convenor")
MINUTES: tuple[Role, ...] = ("secretariat", "minute_taker")
SEES_BODIES: frozenset[Role] = frozenset({"auditor"})
"""Who sees what a parked event says, not only which one it is."""
HINTS_AT_PROBING = frozenset(
    {
        "NotAuthorised",
        "NotFound",
        "NotYetKnown",
        "ForeignDeputy",
        "AlreadyDone",
        "UnknownAnswerLink",
    }
)
"""Refusals of who names what is another's, may not exist, or has an id already: they are in the access log."""


@dataclass(frozen=True)
class Access:
    """A right. What `names` lists must be the asker's own, unless the role is one of `free`.

    A query for another's is no refusal: it is answered with the part that the asker may see.
    """

    own: tuple[Role, ...] = ()
    """Where everything that is named belongs to the authority of the token."""
    partner: bool = False
    """A partner body where what is named concerns it: it is invited, has submitted it, or is to do it."""
    free: tuple[Role, ...] = ()
    """Whatever it is about."""
    names: tuple[str, ...] = ()
    """Fields that say what it is about."""
    body: str | None = None
    """The field that must name the partner's own body."""
    open_to_partner: tuple[str, ...] = ()
    """Further fields of which a partner may name only what is open to it; the authority's roles may name any."""
    reserved: tuple[tuple[str, str], ...] = ()
    """Fields and what only the `free` roles may say in them."""
    backdated_by: tuple[Role, ...] = MINUTES
    """Who may say that it happened earlier (`effective_at`)."""
    sensitive: bool = False
    """The answer is in the access log before it is given."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the right names."""
        body = [self.body] if self.body else []
        return tuple(dict.fromkeys((*self.names, *body, *self.open_to_partner)))

    @property
    def roles(self) -> frozenset[Role]:
        partner: tuple[Role, ...] = ("partner",) if self.partner else ()
        return frozenset((*self.own, *self.free, *partner))
