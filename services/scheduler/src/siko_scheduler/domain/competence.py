"""Which bodies are competent when: notes that an area or a motorway authority keeps of them (R9)."""

from collections.abc import Iterable, Mapping
from datetime import date

from siko_contracts.values import CompetentBody, Kind, Route

from siko_scheduler.domain.calendar import ONE_DAY, Period
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
    """With this note; what was noted of the body before holds until the day before it."""
    return (*ended(notes, note.body_id, note.valid_from - ONE_DAY), note)


def ended(notes: Notes, body_id: str, last_day: date) -> Notes:
    """With nothing of that body after the last day."""
    left = (note if note.body_id != body_id else note.ended(last_day) for note in notes)
    return tuple(note for note in left if note is not None)


def is_noted_after(notes: Notes, body_id: str, last_day: date) -> bool:
    return any(n.body_id == body_id and n.ended(last_day) != n for n in notes)


def competent_on(day: date, notes: Mapping[str | None, Notes]) -> tuple[CompetentBody, ...]:
    """One entry a body with the areas that it is competent for; the key None is a motorway authority.

    Ordered by body id, so that two answers are equal exactly when the same bodies are competent.
    """
    found: dict[str, CompetentBody] = {}
    for area, kept in notes.items():
        for note in _holding(kept, day):
            before = found.get(note.body_id)
            areas = before.areas if before else ()
            found[note.body_id] = CompetentBody(
                body_id=note.body_id,
                category=note.category,
                areas=areas if area is None else (*areas, area),
                route=note.route,
                via=note.via,
            )
    return tuple(found[body_id] for body_id in sorted(found))


def _holding(notes: Notes, day: date) -> Iterable[NotedBody]:
    return (note for note in notes if note.holds_on(day))


def ensure_one_kind(kind: Kind, areas: tuple[str, ...], sections: tuple[str, ...]) -> None:
    """R33: areas belong to `siko`, sections to `siko_ap`, and neither kind credits the other."""
    if (areas and kind == "siko_ap") or (sections and kind == "siko"):
        raise MixedKinds(field="areas" if kind == "siko_ap" else "sections")
    if kind == "siko" and not areas:
        raise NoArea(field="areas")
