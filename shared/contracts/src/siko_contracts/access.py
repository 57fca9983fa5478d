"""Who may ask for what: a row for each command and each query. A service does not start where one is missing."""

from dataclasses import dataclass
from typing import Literal, get_args

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
MAY_BACKDATE: frozenset[Role] = frozenset({"secretariat", "minute_taker"})
"""Who may say that something happened earlier (`effective_at`), unless its command says otherwise."""
SEES_BODIES: frozenset[Role] = frozenset({"auditor"})
"""Who sees what a parked event says, not only which one it is."""
HINTS_AT_PROBING = frozenset(
    {"NotAuthorised", "NotFound", "NotYetKnown", "ForeignDeputy", "AlreadyDone"}
)
"""Refusals of who names what is another's, may not exist, or has an id already: they are in the access log."""


@dataclass(frozen=True)
class Access:
    """A row. What `names` lists must be the asker's own, unless the role is one of `free`."""

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
    sensitive: bool = False
    """The answer is in the access log before it is given."""

    @property
    def roles(self) -> frozenset[Role]:
        partner: tuple[Role, ...] = ("partner",) if self.partner else ()
        return frozenset((*self.own, *self.free, *partner))


def _at(*names: str, own: tuple[Role, ...] = ("secretariat",)) -> Access:
    return Access(own=own, names=names)


def _with_partner(
    *names: str,
    body: str | None = None,
    own: tuple[Role, ...] = ("secretariat",),
    open_to_partner: tuple[str, ...] = (),
) -> Access:
    return Access(own, True, names=names, body=body, open_to_partner=open_to_partner)


def _invitation(body: str) -> Access:
    """Of a body to a conference: its own, or one that it forwards."""
    return _with_partner("conference_id", body=body, open_to_partner=("body_id",))


SIGN_OUT_ACCESS = Access(free=get_args(Role))
"""Whoever holds a token may sign it out."""
_REGISTER = Access(free=("ministry", "service"))
_REPAIR = Access(free=("operator",))
_HEADS: tuple[Role, ...] = ("secretariat", "convenor")
_MINUTES: tuple[Role, ...] = ("secretariat", "minute_taker")
_EVERY_SERVICE = {"replay_dead_letters": _REPAIR, "discard_dead_letters": _REPAIR}

COMMAND_ACCESS: dict[str, dict[str, Access]] = {
    "scheduler": {
        "register_authority": _REGISTER,
        "dissolve_authority": _REGISTER,
        "assign_area": _REGISTER,
        "transfer_area": _REGISTER,
        "grant_motorway_duty": _REGISTER,
        "revoke_motorway_duty": _REGISTER,
        "appoint_head": Access(
            own=("secretariat",), free=("ministry", "service"), names=("authority_id",)
        ),
        "register_body": _REGISTER,
        "change_body": _REGISTER,
        "close_body": _REGISTER,
        "merge_body": _REGISTER,
        "plan_conference": _at("authority_id"),
        "plan_year": _at("authority_id"),
        "schedule_conference": _at("authority_id", "conference_id", "like"),
        "reschedule_conference": _at("conference_id", own=_HEADS),
        "postpone_conference": _at("conference_id", own=_HEADS),
        "cancel_conference": _at("conference_id", own=_HEADS),
        "open_conference": _at("conference_id", own=AT_AN_AUTHORITY),
        "record_held": _at("conference_id", own=AT_AN_AUTHORITY),
        "close_conference": _at("conference_id", own=_HEADS),
        "correct_conference": _at("conference_id"),
        "record_nil_report": _at("authority_id", "area", own=_HEADS),
        "advance_clock": Access(free=("operator", "service")),
        **_EVERY_SERVICE,
    },
    "invitations": {
        "set_contact": Access(partner=True, free=("secretariat", "service"), body="body_id"),
        "add_body": _at("conference_id"),
        "remove_body": _at("conference_id"),
        "check_coverage": _at("conference_id", own=_HEADS),
        "release_invitations": _at("conference_id", own=("convenor",)),
        "record_dispatch": _at("conference_id"),
        "confirm_forwarding": _invitation("by_body_id"),
        "withdraw_invitation": _at("conference_id", own=_HEADS),
        "respond": _invitation("body_id"),
        "name_deputy": _invitation("body_id"),
        "record_attendance": _at("conference_id", own=_MINUTES),
        "correct_attendance": _at("conference_id", own=_MINUTES),
        **_EVERY_SERVICE,
    },
    "agenda": {
        "submit_topic": _with_partner("conference_id", body="body_id"),
        "accept_topic": _at("topic_id"),
        "return_topic": _at("topic_id"),
        "reject_topic": _at("topic_id"),
        "defer_topic": _at("topic_id"),
        "withdraw_topic": _with_partner("topic_id"),
        "place_item": _at("conference_id", "topic_id"),
        "move_item": _at("conference_id", "topic_id"),
        "remove_item": _at("conference_id", "topic_id"),
        "release_agenda": _at("conference_id", own=_HEADS),
        "discuss_topic": _at("conference_id", "topic_id", own=_MINUTES),
        "propose_action": _at("conference_id", "topic_id", own=_MINUTES),
        "consent_to_action": _with_partner("action_id", body="body_id", own=_MINUTES),
        **_EVERY_SERVICE,
    },
    "reporting": _EVERY_SERVICE,
}

_CALENDAR = Access(own=AT_AN_AUTHORITY, free=("auditor",), names=("authority_id",))
_POSITIONS = Access(free=(*AT_AN_AUTHORITY, "ministry", "auditor", "operator", "service"))
_AUDIT = Access(free=("auditor",), sensitive=True)
_EVERY_QUERY = {
    "access_log": _AUDIT,
    "dead_letters": Access(free=("operator", "auditor")),
    "positions": _POSITIONS,
}
_AGGREGATES = Access(own=AT_AN_AUTHORITY, free=("ministry", "auditor"))
_CONFERENCES = Access(own=AT_AN_AUTHORITY, partner=True, free=("auditor",))
_CONTENTS = Access(own=AT_AN_AUTHORITY, partner=True, free=("auditor",), sensitive=True)
_WRITE_SERVICE = {
    **_EVERY_QUERY,
    "history": _AUDIT,
    "log": _AUDIT,
    "differences": Access(free=("operator", "auditor")),
}

QUERY_ACCESS: dict[str, dict[str, Access]] = {
    "scheduler": {
        **_WRITE_SERVICE,
        "register": _POSITIONS,
        "free_days": _CALENDAR,
        "what_if": Access(free=("ministry", "auditor")),
    },
    "invitations": _WRITE_SERVICE,
    "agenda": _WRITE_SERVICE,
    "reporting": {
        **_EVERY_QUERY,
        "compliance": _AGGREGATES,
        "situation_topics": _AGGREGATES,
        "conferences": _CONFERENCES,
        "conference": _CONTENTS,
        "invitations": _CONTENTS,
        "actions": _CONTENTS,
        "withdrawn": Access(free=("operator", "auditor")),
    },
}
"""Of a query the asker's own is no refusal: it is answered with the part that the asker may see.

Where a row of a write service names fields, and one is another's, there is no item.
"""
