"""What a plan would change: each of its commands beside what the register says now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from siko_contracts.commands import Command
from siko_contracts.commands.scheduler import (
    AssignArea,
    ChangeBody,
    GrantMotorwayDuty,
    RegisterAuthority,
    RegisterBody,
)

from siko.client import Client
from siko.import_nrw.plan import Plan

Row = Mapping[str, Any]
KEYS: dict[type[Command], tuple[str, str, str]] = {
    RegisterAuthority: ("authorities", "authority", "authority_id"),
    AssignArea: ("areas", "area", "area"),
    GrantMotorwayDuty: ("motorway_duties", "motorway_duty", "authority_id"),
    RegisterBody: ("bodies", "body", "body_id"),
}
"""Command -> the plan's kind, the register's kind of fact, and the field that holds its id."""

FIELDS: dict[type[Command], dict[str, str]] = {
    RegisterAuthority: {"name": "name", "kind": "kind", "district": "district"},
    AssignArea: {"authority_id": "authority_id", "verified": "verified"},
    GrantMotorwayDuty: {"sections": "sections", "verified": "verified"},
    RegisterBody: {
        "name": "name",
        "category": "category",
        "areas": "areas",
        "motorway_authority_ids": "motorway_authority_ids",
        "route": "route",
        "via": "via",
        "leadership_function": "function",
        "verified": "verified",
    },
}
"""Command -> its fields that are compared, and what the register calls them."""


@dataclass(frozen=True)
class Compared:
    """One command of the plan; `differences`: field -> what the register has and what the file says."""

    command: Command
    state: Literal["new", "unchanged", "different"]
    differences: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return KEYS[type(self.command)][0]

    @property
    def name(self) -> str:
        return f"{self.command.NAME} {getattr(self.command, KEYS[type(self.command)][2])}"

    @property
    def change(self) -> ChangeBody | None:
        """What makes the register say the same; only a body's description can be changed in place."""
        if self.state == "different" and isinstance(self.command, RegisterBody):
            return ChangeBody.model_validate(self.command.model_dump())
        return None


async def compare(client: Client, plan: Plan) -> list[Compared]:
    answer = await client.view("scheduler", "register")
    known: dict[tuple[str, str], list[Row]] = {}
    for row in answer.items:
        known.setdefault((row["fact"], row["id"]), []).append(row)
    return [_compared(command, known) for commands in plan.kinds().values() for command in commands]


def only_new(plan: Plan, compared: Iterable[Compared]) -> Plan:
    """The plan without what the register has already."""
    new = [each.command for each in compared if each.state == "new"]
    return Plan(
        authorities=[each for each in plan.authorities if each in new],
        areas=[each for each in plan.areas if each in new],
        duties=[each for each in plan.duties if each in new],
        bodies=[each for each in plan.bodies if each in new],
        not_taken=plan.not_taken,
    )


def _compared(command: Command, known: Mapping[tuple[str, str], list[Row]]) -> Compared:
    _, fact, id_field = KEYS[type(command)]
    rows = known.get((fact, getattr(command, id_field)))
    if rows is None:
        return Compared(command, "new")
    told = command.model_dump(mode="json")
    # a body as it is now; all else as it was given first: a later transfer contradicts no file
    row = rows[-1] if fact == "body" else rows[0]
    differences = {
        name: (row[as_known], told[name])
        for name, as_known in FIELDS[type(command)].items()
        if row[as_known] != told[name]
    }
    return Compared(command, "different" if differences else "unchanged", differences)
