"""Which bodies are competent when: the notes that an area or a motorway authority keeps of them (R9)."""

from collections.abc import Iterable, Mapping
from datetime import date

from siko_contracts.values import CompetentBody, Kind, Route
from siko_core.calendar import ONE_DAY

from siko_scheduler.domain.period import Period
from siko_scheduler.domain.refusals import MixedKinds, NoArea


class NotedBody(Period):
    """A body that is competent in a period, and how it is invited then."""

    body_id: str
    category: str
    route: Route
    via: str | None
    verified: bool


Notes = tuple[NotedBody, ...]


def noted(notes: Notes, note: NotedBody) -> Notes:
    """Add the note; what was noted of the body before holds until the day before it."""
    return (*ended(notes, note.body_id, note.valid_from - ONE_DAY), note)


def ended(notes: Notes, body_id: str, last_day: date) -> Notes:
    """End every note of that body after the last day."""
    remaining = (note if note.body_id != body_id else note.ended(last_day) for note in notes)
    return tuple(note for note in remaining if note is not None)


def is_noted_after(notes: Notes, body_id: str, last_day: date) -> bool:
    return any(note.body_id == body_id and note.ended(last_day) != note for note in notes)


def competent_on(day: date, notes: Mapping[str | None, Notes]) -> tuple[CompetentBody, ...]:
    """One entry a body with the areas that it is competent for; the key None is a motorway authority.

    Ordered by body id, so that two results are equal exactly if the same bodies are competent.
    """
    bodies: dict[str, CompetentBody] = {}
    for area, noted_there in notes.items():
        for note in _holding(noted_there, day):
            before = bodies.get(note.body_id)
            areas = before.areas if before else ()
            bodies[note.body_id] = CompetentBody(
                body_id=note.body_id,
                category=note.category,
                areas=areas if area is None else (*areas, area),
                route=note.route,
                via=note.via,
            )
    return tuple(bodies[body_id] for body_id in sorted(bodies))


def _holding(notes: Notes, day: date) -> Iterable[NotedBody]:
    return (note for note in notes if note.holds_on(day))


def ensure_one_kind(kind: Kind, areas: tuple[str, ...], sections: tuple[str, ...]) -> None:
    """R33: areas belong to `siko`, sections to `siko_ap`, and neither kind credits the other."""
    if (areas and kind == "siko_ap") or (sections and kind == "siko"):
        raise MixedKinds(field="areas" if kind == "siko_ap" else "sections")
    if kind == "siko" and not areas:
        raise NoArea(field="areas")
