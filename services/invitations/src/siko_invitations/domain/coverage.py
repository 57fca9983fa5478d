"""Coverage: which competent bodies a list reaches, and what is missing. Judged here and nowhere else."""

from collections.abc import Collection, Iterable
from operator import attrgetter

from siko_contracts.values import AreaCoverage, CompetentBody, Credit, Finding, Kind, Value
from siko_core.sealed import Sealed

from siko_invitations.domain.ruleset import Ruleset


class Acceptance(Value):
    """A gap that the convenor accepts; it stays a gap in the verdict (R8).

    A field left out matches any. Since commands name the area, and the category or body, only old events match more.
    """

    area: str | None = None
    category: str | None = None
    body_id: str | None = None
    reason: Sealed[str]

    def covers(self, gap: Finding) -> bool:
        return (
            self.area in {None, gap.area}
            and self.category in {None, gap.category}
            and self.body_id in {None, gap.body_id}
        )


def to_invite(
    kind: Kind, bodies: Iterable[CompetentBody], rules: Ruleset
) -> tuple[CompetentBody, ...]:
    """The bodies that a list begins with: of a `siko` the mandatory categories (R8), of a `siko_ap` all (R34)."""
    return tuple(
        body for body in bodies if kind == "siko_ap" or body.category in rules.mandatory_categories
    )


def coverage(
    *,
    conference_id: str,
    kind: Kind,
    areas: Iterable[str],
    competent: Collection[CompetentBody],
    invited: Collection[CompetentBody],
    undelivered: Collection[str] = (),
    rules: Ruleset,
) -> tuple[AreaCoverage, ...]:
    """One entry an area; for `siko_ap` one without area, which counts if anybody was invited (R34)."""
    if kind == "siko_ap":
        return (AreaCoverage(area=None, counts=bool(invited), credited=_credits(invited)),)
    return tuple(
        _of_area(conference_id, area, competent, invited, undelivered, rules) for area in areas
    )


def gaps(areas: Iterable[AreaCoverage]) -> tuple[Finding, ...]:
    return tuple(gap for area in areas for gap in area.gaps)


def not_counting(conference_id: str, areas: Iterable[AreaCoverage]) -> tuple[Finding, ...]:
    """R3, R34: one finding for each area for which the conference will not count, if the list stays as it is."""
    return tuple(
        Finding(code="WillNotCount", rule="R3", area=area.area, conference_id=conference_id)
        for area in areas
        if not area.counts
    )


def _of_area(  # noqa: PLR0917 - all that it judges by
    conference_id: str,
    area: str,
    competent: Collection[CompetentBody],
    invited: Collection[CompetentBody],
    undelivered: Collection[str],
    rules: Ruleset,
) -> AreaCoverage:
    """R8: every mandatory category; R9: all of its competent bodies, not only one; R3: whether it counts."""
    reached = {body.body_id for body in invited}
    credited: list[Credit] = []
    missing: list[Finding] = []
    for category in rules.mandatory_categories:
        bodies = [body for body in competent if body.category == category and area in body.areas]
        credited += _credits(body for body in bodies if body.body_id in reached)
        if not bodies:
            missing.append(
                Finding(
                    code="NoBodyRegistered",
                    rule="R8",
                    area=area,
                    category=category,
                    conference_id=conference_id,
                )
            )
        missing += (
            Finding(
                code="NotDelivered" if body_id in undelivered else "BodyNotInvited",
                rule="R9",
                area=area,
                category=category,
                body_id=body_id,
                conference_id=conference_id,
            )
            for body_id in sorted(body.body_id for body in bodies if body.body_id not in reached)
        )
    counts = any(
        body.category == rules.counting_category and area in body.areas for body in invited
    )
    return AreaCoverage(area=area, counts=counts, credited=tuple(credited), gaps=tuple(missing))


def _credits(bodies: Iterable[CompetentBody]) -> tuple[Credit, ...]:
    return tuple(
        Credit(body_id=body.body_id, category=body.category)
        for body in sorted(bodies, key=attrgetter("body_id"))
    )
