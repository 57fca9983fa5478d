"""The compliance of the whole state: a row an authority and area, a column a year."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from siko.demo.verdicts import KINDS, VERDICTS
from siko.output import Output, say, show, table


def show_matrix(
    items: Sequence[Mapping[str, Any]],
    years: Sequence[int],
    figures: Mapping[str, float],
    output: Output,
) -> None:
    """JSON holds the items as they came, and the figures."""
    if output != Output.TABLE:
        show({"compliance": items, **figures}, items, output)
        return
    table(rows(items, years), title=f"Nordrhein-Westfalen {years[0]} bis {years[-1]}")
    say()
    for kind, label in KINDS.items():
        for year in years:
            of = [item for item in items if (item["kind"], item["year"]) == (kind, year)]
            counts = Counter(VERDICTS.get(item["verdict"], item["verdict"]) for item in of)
            told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
            say(f"{label} {year}: {told}")
    rate = figures["commands"] / figures["seconds"]
    say(
        f"\n{figures['commands']} Befehle in {figures['seconds']:.1f} s ({rate:.0f} je Sekunde);"
        " Stellen außerhalb von Köln und Leverkusen sind erfunden (synthetisch)."
    )


def rows(items: Sequence[Mapping[str, Any]], years: Sequence[int]) -> list[dict[str, Any]]:
    """R6: an area that changed hands has a row a debtor."""
    cells = {
        (item["authority_id"], item["kind"], item["area"] or "Autobahnen", item["year"]): item
        for item in items
    }
    scopes = sorted({scope[:3] for scope in cells})
    return [
        {
            "Behörde": authority,
            "Gebiet": area,
            **{str(year): _cell(cells.get((authority, kind, area, year))) for year in years},
        }
        for authority, kind, area in scopes
    ]


def _cell(item: Mapping[str, Any] | None) -> str:
    if item is None:
        return "-"
    verdict = VERDICTS.get(item["verdict"], item["verdict"])
    marks = [
        mark
        for mark, holds in (
            ("spät erfasst", item["recorded_late"]),
            ("Fehlanzeige", item.get("nil_reported")),
        )
        if holds
    ]
    return f"{verdict} ({', '.join(marks)})" if marks else verdict
