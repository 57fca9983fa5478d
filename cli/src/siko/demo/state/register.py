"""Register of the whole state: real bodies of Köln and Leverkusen, synthetic ones for the rest."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

from siko_contracts.commands.scheduler import RegisterBody
from siko_contracts.values import MANDATORY_CATEGORIES

from siko.german.codes import CATEGORIES
from siko.import_nrw import shipped
from siko.import_nrw.plan import VALID_FROM

MARK = "synthetisch"
"""Marks the name of a synthetic body; its id begins with `synthetic-`, and it is never verified."""

DISTRICTS = ("br-duesseldorf", "br-muenster", "br-detmold", "br-arnsberg")
"""District governments that the reference data do not describe; br-koeln is real."""

WITHOUT_A_BODY = 0.06
"""Share of areas without any body of a category, which is a gap (R8)."""

ON_MOTORWAYS = {"road_operator": "Straßenbaulast", "freight_authority": "Güterverkehr"}
ASCII = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@dataclass(frozen=True)
class State:
    """Competence by the reference data, and the synthetic bodies."""

    districts: dict[str, str]
    """Authority -> body id of its district government."""
    areas: dict[str, str]
    """Area -> authority."""
    on_motorways: tuple[str, ...]
    """Authorities with motorway duty."""
    bodies: tuple[RegisterBody, ...]
    """The made-up ones, district governments first."""

    def invited(self, authority: str, areas: tuple[str, ...]) -> list[RegisterBody]:
        """Return the bodies that a conference for these areas must invite (R8, R9), area by area; for none of them, the motorways' (R34)."""
        bodies = (*shipped().bodies, *self.bodies)
        if not areas:
            return [body for body in bodies if authority in body.motorway_authority_ids]
        invited = (
            body
            for area in areas
            for body in bodies
            if area in body.areas and body.category in MANDATORY_CATEGORIES
        )
        return list(dict.fromkeys(invited))


@cache
def state(seed: int) -> State:
    plan = shipped()
    districts = {authority.authority_id: authority.district for authority in plan.authorities}
    areas = {assigned.area: assigned.authority_id for assigned in plan.areas}
    on_motorways = tuple(duty.authority_id for duty in plan.duties)
    bare = set(plan.areas_without_bodies())
    draw = Random(f"{seed} bodies")
    bodies = [
        *_governments(areas, districts),
        *(
            body
            for area, authority_id in areas.items()
            if area in bare
            for body in _bodies(area, districts[authority_id], draw)
        ),
        *_bodies_on_motorways(set(on_motorways), districts),
    ]
    return State(districts, areas, on_motorways, tuple(bodies))


def _governments(areas: dict[str, str], districts: dict[str, str]) -> Iterator[RegisterBody]:
    for district in DISTRICTS:
        own = tuple(area for area, authority in areas.items() if districts[authority] == district)
        yield _body(district, "Bezirksregierung", "district_government", areas=own)


def _bodies(area: str, district: str, draw: Random) -> Iterator[RegisterBody]:
    for category in MANDATORY_CATEGORIES:
        if category != "administration" and draw.random() < WITHOUT_A_BODY:
            continue
        yield _body(
            f"synthetic-{category.replace('_', '-')}-{_slug(area)}",
            f"{CATEGORIES[category]} {area}",
            category,
            areas=(area,),
            via=district if category == "school_office" else None,
        )


def _bodies_on_motorways(
    authorities: set[str], districts: dict[str, str]
) -> Iterator[RegisterBody]:
    described = {name for body in shipped().bodies for name in body.motorway_authority_ids}
    for authority_id in sorted(authorities - described):
        for category, name in ON_MOTORWAYS.items():
            yield _body(
                f"synthetic-{category.replace('_', '-')}-{authority_id}",
                f"{name} im Bezirk {districts[authority_id]}",
                category,
                motorway_authority_ids=(authority_id,),
            )


def _body(
    body_id: str,
    name: str,
    category: str,
    *,
    areas: tuple[str, ...] = (),
    motorway_authority_ids: tuple[str, ...] = (),
    via: str | None = None,
) -> RegisterBody:
    return RegisterBody(
        body_id=body_id,
        name=f"{name} ({MARK})",
        category=category,
        areas=areas,
        motorway_authority_ids=motorway_authority_ids,
        route="via" if via else "direct",
        via=via,
        leadership_function="Leitung",
        verified=False,
        valid_from=VALID_FROM,
    )


def _slug(area: str) -> str:
    plain = area.lower().translate(ASCII)
    return "-".join("".join(c if c.isalnum() else " " for c in plain).split())
