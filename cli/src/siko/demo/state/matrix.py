"""Compliance of the whole state as a table: a row for each authority and area, a column for each year."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from siko.german.codes import KINDS, VERDICTS
from siko.output import Output, say, show, table


def show_matrix(
    items: Sequence[Mapping[str, Any]],
    years: Sequence[int],
    figures: Mapping[str, float],
    output: Output,
) -> None:
    """Print items and figures unchanged as JSON, or the table with a summary for each kind and year."""
    if output != Output.TABLE:
        show({"compliance": items, **figures}, items, output)
        return
    table(rows(items, years), title=f"Nordrhein-Westfalen {years[0]} bis {years[-1]}")
    say()
    for kind, label in KINDS.items():
        for year in years:
            judged = [item for item in items if (item["kind"], item["year"]) == (kind, year)]
            counts = Counter(VERDICTS.get(item["verdict"], item["verdict"]) for item in judged)
            summary = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
            say(f"{label} {year}: {summary}")
    rate = figures["commands"] / figures["seconds"]
    seconds = f"{figures['seconds']:.1f}".replace(".", ",")
    say(
        f"\n{figures['commands']} Befehle in {seconds} s ({rate:.0f} je Sekunde);"
        " Stellen außerhalb von Köln und Leverkusen sind erfunden (synthetisch)."
    )


def rows(items: Sequence[Mapping[str, Any]], years: Sequence[int]) -> list[dict[str, Any]]:
    """Return the rows; an area that changed hands has a row for each debtor (R6)."""
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
            ("nachträglich erfasst", item["recorded_late"]),
            ("Fehlanzeige", item.get("nil_reported")),
        )
        if holds
    ]
    return f"{verdict} ({', '.join(marks)})" if marks else verdict
