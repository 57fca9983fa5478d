"""Verdicts for people: those of Köln explained with their evidence, all others counted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from siko_core.calendar import BERLIN

from siko.client import Client
from siko.demo.steps import AUTHORITY
from siko.german.codes import KINDS, VERDICTS, gap
from siko.german.facts import fact
from siko.history import find
from siko.output import Output, say, show, table

BECAUSE = {
    "FULFILLED": "Es hat eine Konferenz stattgefunden, zu der alle zuständigen Stellen eingeladen waren",
    "FULFILLED_WITH_GAPS": "Es hat eine Konferenz stattgefunden, zu der nicht alle zuständigen Stellen eingeladen waren",
    "MISSED": "Das Jahr ist abgelaufen, ohne dass eine anrechenbare Konferenz stattgefunden hat",
    "COVERED": "Die Konferenz ist angesetzt, hat aber noch nicht stattgefunden",
    "AT_RISK": "Der Stichtag ist verstrichen, ohne dass ein Termin feststeht",
    "OPEN": "Der Stichtag ist noch nicht erreicht; ein Termin steht noch nicht fest",
}
BECAUSE_ON_MOTORWAYS = {
    "FULFILLED": "Es hat eine Konferenz mit den betroffenen Stellen stattgefunden"
}


async def show_verdicts(
    client: Client, year: int, items: Sequence[Mapping[str, Any]], output: Output
) -> None:
    """Print the items unchanged as JSON, or explained as tables and sentences."""
    if output != Output.TABLE:
        show({"compliance": items}, items, output)
        return
    own_items = [item for item in items if item["authority_id"] == AUTHORITY]
    table([_row(item) for item in own_items], title=f"{AUTHORITY} {year}")
    for item in own_items:
        verdict = item["verdict"]
        reasons = BECAUSE if item["area"] else BECAUSE | BECAUSE_ON_MOTORWAYS
        because = reasons.get(verdict, "")
        explanation = f". {because}" if because else ""
        say(f"\n{_scope(item)}: {_verdict(verdict)}{explanation} (Regelwerk {item['ruleset']}).")
        for missing in item["gaps"]:
            where = " bei einer anderen Konferenz" if verdict == "FULFILLED" else ""
            say(f"  Lücke{where}: {_gap(missing)}")
        for event_id in item["evidence"]:
            say(f"  Nachweis: {await _evidence(client, event_id)}")
    other_items = [item for item in items if item["authority_id"] != AUTHORITY]
    say(f"\nÜbrige Behörden ({len({item['authority_id'] for item in other_items})}):")
    counts = Counter((item["kind"], item["verdict"]) for item in other_items)
    for (kind, verdict), count in sorted(counts.items()):
        say(f"  {KINDS[kind]}: {count} {_verdict(verdict)}")
    say("\nEinzelheiten zu einem Nachweis zeigt `siko history <Nachweis>`.")


def _row(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Gebiet": item["area"] or "Autobahnen",
        "Art": KINDS[item["kind"]],
        "Ergebnis": _verdict(item["verdict"]),
        "Lücken": len(item["gaps"]),
        "Nachweise": len(item["evidence"]),
        "Tage seit der letzten Konferenz": item["days_since_last"],
    }


def _scope(item: Mapping[str, Any]) -> str:
    return f"{KINDS[item['kind']]} {item['area'] or 'Autobahnen'} {item['year']}"


def _verdict(verdict: str) -> str:
    return VERDICTS.get(verdict, verdict)


def _gap(item: Mapping[str, Any]) -> str:
    conference = item.get("conference_id")
    return f"{gap(item)}, Konferenz {conference}" if conference else gap(item)


async def _evidence(client: Client, event_id: str) -> str:
    """Return the event's id, fact and day, from the service that has it."""
    events = await find(client, event_id)
    event = next(item for item in events if item["event_id"] == event_id)
    day = datetime.fromisoformat(event["effective_at"]).astimezone(BERLIN)
    return f"{event_id}  {fact(event['topic'])}, {day:%d.%m.%Y}"
