"""Plan of an import: the reference data of North Rhine-Westphalia, validated and translated to commands."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.resources.abc import Traversable
from itertools import chain

from siko_contracts.commands import Command
from siko_contracts.commands.scheduler import (
    AssignArea,
    GrantMotorwayDuty,
    RegisterAuthority,
    RegisterBody,
)

from siko.csv_form import PLAIN, Form
from siko.import_nrw.bodies import AREA_COLUMNS, MOTORWAY_COLUMNS, Bodies
from siko.import_nrw.tables import YES_NO, Faults, Row, build, read_table, translate

VALID_FROM = date(2007, 1, 1)
"""The files contain no dates; validity begins with the order that created the 47 authorities (decided)."""

AUTHORITY_COLUMNS = (
    "id",
    "name",
    "kind",
    "district",
    "motorway_duty",
    "public_prosecutors",
    "note",
)
AREAS_COLUMNS = ("authority_id", "area", "verified")
NOT_TAKEN = ("public_prosecutors", "note")
KINDS = {"POLIZEIPRAESIDIUM": "polizeipraesidium", "LANDRAT": "landrat"}
DISTRICTS = {
    "Bezirksregierung Düsseldorf": "br-duesseldorf",
    "Bezirksregierung Köln": "br-koeln",
    "Bezirksregierung Münster": "br-muenster",
    "Bezirksregierung Detmold": "br-detmold",
    "Bezirksregierung Arnsberg": "br-arnsberg",
}
MOTORWAY_FILE = "bodies-siko-ap-"
"""`bodies-siko-ap-koeln.csv`: bodies affected by the motorways of `pp-koeln`."""


@dataclass
class Plan:
    """Commands in the order in which they are sent, and the columns that are ignored."""

    authorities: list[RegisterAuthority] = field(default_factory=list)
    areas: list[AssignArea] = field(default_factory=list)
    duties: list[GrantMotorwayDuty] = field(default_factory=list)
    bodies: list[RegisterBody] = field(default_factory=list)
    not_taken: list[dict[str, str | int]] = field(default_factory=list)

    def kinds(self) -> dict[str, Sequence[Command]]:
        return {
            "authorities": self.authorities,
            "areas": self.areas,
            "motorway_duties": self.duties,
            "bodies": self.bodies,
        }

    def phases(self) -> list[tuple[str, Sequence[Command]]]:
        """Return the commands in batches; district governments come before the bodies reached through them."""
        reached = [body for body in self.bodies if body.category != "district_government"]
        governments = [body for body in self.bodies if body.category == "district_government"]
        *earlier_phases, _ = self.kinds().items()
        return [*earlier_phases, ("bodies", governments), ("bodies", reached)]

    def areas_without_bodies(self) -> list[str]:
        served = {area for body in self.bodies for area in body.areas}
        return [assigned.area for assigned in self.areas if assigned.area not in served]


def read_plan(directory: Traversable, form: Form = PLAIN) -> Plan:
    """Read the files, all of one form. Raises Failure (exit code 1) with every faulty line."""
    faults = Faults()
    plan = Plan()
    authorities = read_table(directory, "authorities.csv", AUTHORITY_COLUMNS, faults, form)
    areas = read_table(directory, "areas.csv", AREAS_COLUMNS, faults, form)
    districts = dict(_authorities(authorities, plan, faults))
    _areas(areas, districts, plan, faults)
    bodies = Bodies(
        districts={assigned.area: districts.get(assigned.authority_id) for assigned in plan.areas},
        motorway_authorities={duty.authority_id for duty in plan.duties},
    )
    for file in _body_files(directory, faults):
        if file.startswith(MOTORWAY_FILE):
            authority_id = f"pp-{file.removeprefix(MOTORWAY_FILE).removesuffix('.csv')}"
            rows = read_table(directory, file, MOTORWAY_COLUMNS, faults, form)
            bodies.take_motorway(file, rows, authority_id, faults)
        else:
            bodies.take_areas(read_table(directory, file, AREA_COLUMNS, faults, form), faults)
    plan.bodies += bodies.commands(VALID_FROM, faults)
    plan.not_taken += _not_taken(authorities)
    faults.raise_any()
    return plan


def _authorities(
    rows: Iterable[Row], plan: Plan, faults: Faults
) -> Iterator[tuple[str, str | None]]:
    """Add each authority to the plan and yield its id with its district government."""
    line_numbers: dict[str, int] = {}
    for row in rows:
        if row["id"] in line_numbers:
            faults.add(row, "id", f"{row['id']} stands in line {line_numbers[row['id']]} already")
            continue
        line_numbers[row["id"]] = row.line
        kind = translate(row, "kind", KINDS, faults)
        district = translate(row, "district", DISTRICTS, faults)
        on_motorways = translate(row, "motorway_duty", YES_NO, faults)
        yield row["id"], district
        if kind is None or district is None:
            continue
        authority = build(
            RegisterAuthority,
            row,
            {"authority_id": "id"},
            faults,
            authority_id=row["id"],
            name=row["name"],
            kind=kind,
            district=district,
            valid_from=VALID_FROM,
        )
        if authority is None:
            continue
        plan.authorities.append(authority)
        if on_motorways:
            plan.duties.append(
                GrantMotorwayDuty(
                    authority_id=authority.authority_id,
                    sections=(f"BAB im Bezirk der {row['district']}",),
                    verified=False,
                    valid_from=VALID_FROM,
                )
            )


def _areas(
    rows: Iterable[Row], authorities: dict[str, str | None], plan: Plan, faults: Faults
) -> None:
    line_numbers: dict[str, int] = {}
    for row in rows:
        if row["authority_id"] not in authorities:
            faults.add(row, "authority_id", f"{row['authority_id']} is not in authorities.csv")
        if row["area"] in line_numbers:
            faults.add(
                row, "area", f"{row['area']} stands in line {line_numbers[row['area']]} already"
            )
            continue
        line_numbers[row["area"]] = row.line
        verified = translate(row, "verified", YES_NO, faults)
        area = build(
            AssignArea,
            row,
            {},
            faults,
            authority_id=row["authority_id"],
            area=row["area"],
            verified=bool(verified),
            valid_from=VALID_FROM,
        )
        if area is not None:
            plan.areas.append(area)


def _body_files(directory: Traversable, faults: Faults) -> list[str]:
    """Return the files, those with areas first: faults of a body are reported at its first line."""
    try:
        names = sorted(entry.name for entry in directory.iterdir())
    except OSError:
        return []  # already reported for authorities.csv and areas.csv
    files = [name for name in names if name.startswith("bodies-") and name.endswith(".csv")]
    if not files:
        faults.at("bodies-*.csv", 1, "", "there is none")
    by_area = [file for file in files if not file.startswith(MOTORWAY_FILE)]
    return list(chain(by_area, (file for file in files if file.startswith(MOTORWAY_FILE))))


def _not_taken(rows: Sequence[Row]) -> list[dict[str, str | int]]:
    """Return the ignored columns with the number of rows that have a value."""
    return [
        {
            "file": "authorities.csv",
            "column": column,
            "values": sum(bool(row[column]) for row in rows),
        }
        for column in NOT_TAKEN
    ]
