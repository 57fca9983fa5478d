"""Partner bodies of the reference data: rows of several files about the same body are merged into one command."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from siko_contracts.commands.scheduler import RegisterBody

from siko.import_nrw.tables import YES_NO, Faults, Row, build, translate

AREA_COLUMNS = (
    "id",
    "name",
    "category",
    "areas",
    "route",
    "via",
    "leadership_function",
    "verified",
)
MOTORWAY_COLUMNS = ("id", "name", "category", "route", "leadership_function", "verified")
SAME = ("name", "category", "route", "via", "leadership_function")
"""Columns in which the lines of one body agree, where they have them."""

CATEGORIES = {
    "STAATSANWALTSCHAFT": "public_prosecutor",
    "ORDENTLICHE_GERICHTSBARKEIT": "ordinary_court",
    "VERWALTUNG": "administration",
    "BUNDESPOLIZEI": "federal_police",
    "ZOLL": "customs",
    "SCHULAMT": "school_office",
    "JUGENDAMT": "youth_welfare_office",
    "BEZIRKSREGIERUNG": "district_government",
    "STRASSENBAULAST": "road_operator",
    "GUETERVERKEHR": "freight_authority",
    "GEFAHRENABWEHR": "emergency_service",
    "BETREIBER": "business",
}
ROUTES = {"DIRECT": "direct", "VIA": "via"}


@dataclass
class _Body:
    first: Row
    category: str | None
    route: str | None
    via: str
    verified: bool
    areas: list[str] = field(default_factory=list)
    motorway_authority_ids: list[str] = field(default_factory=list)


class Bodies:
    """Collects the bodies of all files."""

    def __init__(self, districts: Mapping[str, str | None], motorway_authorities: set[str]) -> None:
        """`districts`: area -> district government of the authority that is competent for it."""
        self._districts = districts
        self._motorway_authorities = motorway_authorities
        self._bodies: dict[str, _Body] = {}

    def take_areas(self, rows: Iterable[Row], faults: Faults) -> None:
        ids_in_file: set[str] = set()
        for row in rows:
            body = self._merged(row, row["via"], ids_in_file, faults)
            areas = row.many("areas")
            for area in areas:
                if area not in self._districts:
                    faults.add(row, "areas", f"{area} is not in areas.csv")
            if not areas:
                faults.add(row, "areas", "competent for no area")
            if len(set(areas)) < len(areas):
                faults.add(row, "areas", "an area stands twice")
            body.areas += [area for area in dict.fromkeys(areas) if area not in body.areas]

    def take_motorway(
        self, file: str, rows: Sequence[Row], authority_id: str, faults: Faults
    ) -> None:
        if authority_id not in self._motorway_authorities:
            faults.at(file, 1, "", f"named after {authority_id}, which has no motorway duty")
        ids_in_file: set[str] = set()
        for row in rows:
            body = self._merged(row, "", ids_in_file, faults)
            body.motorway_authority_ids.append(authority_id)

    def commands(self, valid_from: date, faults: Faults) -> list[RegisterBody]:
        """Return a command for each body without faults, in the order of the files."""
        commands = []
        for body_id, body in self._bodies.items():
            row = body.first
            self._check_route(body, faults)
            if body.category is None or body.route is None:
                continue
            command = build(
                RegisterBody,
                row,
                {"body_id": "id"},
                faults,
                body_id=body_id,
                name=row["name"],
                category=body.category,
                areas=tuple(body.areas),
                motorway_authority_ids=tuple(body.motorway_authority_ids),
                route=body.route,
                via=body.via or None,
                leadership_function=row["leadership_function"],
                verified=body.verified,
                valid_from=valid_from,
            )
            if command is not None:
                commands.append(command)
        return commands

    def _merged(self, row: Row, via: str, ids_in_file: set[str], faults: Faults) -> _Body:
        """Return the body of a row; it is verified only if all its rows are."""
        verified = bool(translate(row, "verified", YES_NO, faults))
        body = self._bodies.get(row["id"])
        if body is None:
            category = translate(row, "category", CATEGORIES, faults)
            route = translate(row, "route", ROUTES, faults)
            self._bodies[row["id"]] = body = _Body(row, category, route, via, verified)
        elif row["id"] in ids_in_file:
            faults.add(row, "id", f"{row['id']} stands in this file already")
        else:
            for column in SAME:
                first = body.first.cells.get(column)
                if first is not None and row.cells.get(column, first) != first:
                    where = f"{body.first.file}:{body.first.line}"
                    faults.add(row, column, f"{where} says {first!r} of the same body")
            body.verified = body.verified and verified
        ids_in_file.add(row["id"])
        return body

    def _check_route(self, body: _Body, faults: Faults) -> None:
        """R12: a school office is reached only through the district government competent for it."""
        row = body.first
        if body.category == "school_office" and body.route == "direct":
            faults.add(
                row, "route", "a school office is invited through its district government only"
            )
        if body.route == "direct" and body.via:
            faults.add(row, "via", f"{body.via}, though the route is direct")
        if body.route != "via":
            return
        government = self._bodies.get(body.via)
        if not body.via:
            faults.add(row, "via" if "via" in row.cells else "route", "through whom is not said")
        elif government is None:
            faults.add(row, "via", f"{body.via} is in none of the files")
        elif government.category != "district_government":
            faults.add(row, "via", f"{body.via} is no district government")
        for area in body.areas:
            district = self._districts.get(area)
            if body.via and district and district != body.via:
                faults.add(row, "via", f"{area} belongs to {district}, not to {body.via}")
