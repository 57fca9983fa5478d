"""R13: protection of minors is on no agenda while a youth welfare office of a covered area is not invited."""

from collections.abc import Iterable, Mapping, Sequence

from siko_contracts.values import AcceptedGap, AreaCoverage, Finding, Value

YOUTH_WELFARE_OFFICE = "youth_welfare_office"


class Invitee(Value):
    """A body that is invited; its areas where the invitation itself names them."""

    body_id: str
    category: str
    areas: tuple[str, ...] = ()


def areas_without_youth_office(
    areas: Iterable[str | None],
    coverage: Iterable[AreaCoverage],
    accepted_gaps: Sequence[AcceptedGap],
    invited: Mapping[str, Invitee],
) -> list[str | None]:
    """Areas of which an office is neither invited nor accepted as a gap, and areas without a released list."""
    released = {entry.area: entry for entry in coverage}
    return [
        area
        for area in areas
        if area not in released
        or any(
            not _invited(gap, area, invited)
            and not any(_accepted(gap, area, accepted) for accepted in accepted_gaps)
            for gap in _expected(released[area])
        )
    ]


def _expected(entry: AreaCoverage) -> list[Finding]:
    """The area's offices as gaps, credited ones included: their invitations may have been withdrawn since."""
    credited = [
        Finding(code="BodyNotInvited", rule="R13", category=body.category, body_id=body.body_id)
        for body in entry.credited
    ]
    return [gap for gap in (*entry.gaps, *credited) if gap.category == YOUTH_WELFARE_OFFICE]


def _invited(gap: Finding, area: str | None, invited: Mapping[str, Invitee]) -> bool:
    if gap.body_id is not None:
        return gap.body_id in invited
    return any(
        invitee.category == YOUTH_WELFARE_OFFICE and area in invitee.areas
        for invitee in invited.values()
    )


def _accepted(gap: Finding, area: str | None, accepted: AcceptedGap) -> bool:
    return (
        accepted.area in (None, area)
        and accepted.category in (None, gap.category)
        and accepted.body_id in (None, gap.body_id)
    )
