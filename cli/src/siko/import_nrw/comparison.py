"""Comparison of a plan with the register: which commands are new, unchanged or different."""

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
"""Maps a command to the plan's kind, the register's kind of fact, and the field with the id."""

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
"""Maps a command to its compared fields and their names in the register."""


@dataclass(frozen=True)
class Compared:
    """A command of the plan; `differences` maps a field to the values in the register and in the file."""

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
        """The command that removes the difference; None unless it is the description of a body."""
        if self.state == "different" and isinstance(self.command, RegisterBody):
            return ChangeBody.model_validate(self.command.model_dump())
        return None


async def compare(client: Client, plan: Plan) -> list[Compared]:
    answer = await client.view("scheduler", "register")
    register: dict[tuple[str, str], list[Row]] = {}
    for row in answer.items:
        register.setdefault((row["fact"], row["id"]), []).append(row)
    return [
        _compared(command, register) for commands in plan.kinds().values() for command in commands
    ]


def only_new(plan: Plan, compared: Iterable[Compared]) -> Plan:
    """Return the plan with the commands that are new to the register."""
    new = [comparison.command for comparison in compared if comparison.state == "new"]
    return Plan(
        authorities=[authority for authority in plan.authorities if authority in new],
        areas=[area for area in plan.areas if area in new],
        duties=[duty for duty in plan.duties if duty in new],
        bodies=[body for body in plan.bodies if body in new],
        not_taken=plan.not_taken,
    )


def _compared(command: Command, register: Mapping[tuple[str, str], list[Row]]) -> Compared:
    _, fact, id_field = KEYS[type(command)]
    rows = register.get((fact, getattr(command, id_field)))
    if rows is None:
        return Compared(command, "new")
    fields = command.model_dump(mode="json")
    # the latest description of a body; of all else the first: a later transfer does not contradict the file
    row = rows[-1] if fact == "body" else rows[0]
    differences = {
        name: (row[as_known], fields[name])
        for name, as_known in FIELDS[type(command)].items()
        if row[as_known] != fields[name]
    }
    return Compared(command, "different" if differences else "unchanged", differences)
