"""Rules as data, and which of them were adopted: every verdict names its ruleset."""

from collections.abc import Iterable
from datetime import date, timedelta

from siko_contracts.values import Value
from siko_core.eventsourced import Aggregate, Created, event

from siko_scheduler.domain.calendar import year_ends


class Rules(Value):
    """What was decided where the order is silent. A change is a new ruleset, never an edit."""

    name: str
    applies_from: date
    """First day of the first year that is judged by it; years before keep their ruleset."""
    obligations_from: date
    """No obligation exists in years before this day's."""
    at_risk_from: tuple[int, int] = (10, 1)
    """Month and day from which an obligation without a date is at risk."""
    sealed_after: tuple[int, int] = (3, 31)
    """Month and day of the next year after which a judged year is sealed."""
    conference_length: timedelta = timedelta(hours=2)
    """Of a conference that is scheduled without an end."""


NRW_2024_1 = Rules(
    name="nrw-2024.1", applies_from=date(2023, 1, 1), obligations_from=date(2023, 1, 1)
)
RULESETS = {rules.name: rules for rules in (NRW_2024_1,)}


def rules_for(year: int, adopted: Iterable[Rules]) -> Rules:
    """The rules of that year: of the adopted ones the latest that applies in it."""
    in_order = sorted(adopted, key=lambda rules: rules.applies_from) or [NRW_2024_1]
    applying = [rules for rules in in_order if rules.applies_from <= year_ends(year)]
    return applying[-1] if applying else in_order[0]


class Ruleset(Aggregate):
    """A ruleset is adopted once, when the scheduler first starts with it."""

    TOPIC = "ruleset"

    class Adopted(Created):
        TOPIC = "ruleset.adopted"
        ruleset: str
        applies_from: date

    @staticmethod
    def create_id(ruleset: str, **_: object) -> str:
        return f"ruleset:{ruleset}"

    @event(Adopted)
    def __init__(self, ruleset: str, applies_from: date) -> None:
        self.rules = RULESETS[ruleset]
