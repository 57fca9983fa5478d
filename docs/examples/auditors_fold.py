"""The verdicts of `siko query reporting compliance`, from two logs alone (docs/auditing.md).

siko replay scheduler > scheduler.jsonl && siko replay invitations > invitations.jsonl
python auditors_fold.py scheduler.jsonl invitations.jsonl [2025-12-31T12:00:00+01:00]
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Item = dict[str, Any]
FIRST_YEAR, AT_RISK_FROM = "2023", "10-01"  # of the ruleset nrw-2024.1
PROOFS = ("placed", "frozen", "held", "corrected")


def day(moment: str) -> str:
    """The day in Berlin. Days are compared as they are written."""
    return datetime.fromisoformat(moment).astimezone(ZoneInfo("Europe/Berlin")).date().isoformat()


class Fold:
    def __init__(self, invitations: list[Item]) -> None:
        self.lists = {item["event_id"]: item["contract"] for item in invitations}
        self.owed: defaultdict[str, list[Item]] = defaultdict(list)  # by area or authority
        self.known: dict[tuple[str, str], Item] = {}  # facts by conference and year of its date
        self.year_of: dict[str, str] = {}
        self.days = [("", "")]

    def apply(self, item: Item) -> None:  # noqa: C901 - a case for each kind of event
        told, own, id_ = item["contract"], item["event"], item["event_id"]
        about = told.get("conference_id") or own.get("conference_id")
        here = self.known.get((about, self.year_of.get(about, "")), {})
        withdrawn = {"withdrawn": [*here.get("withdrawn", []), id_], "placed": {}}
        scope = f"siko:{told['area']}" if told.get("area") else f"siko_ap:{told['authority_id']}"
        match told.get("event") or item["type"].removesuffix(".v1"):
            case "area_assigned" | "motorway_duty_granted":
                part = {"by": told["authority_id"], "id": id_, "from": told["valid_from"]}
                self.owed[scope].append(part | {"to": told.get("valid_to") or "9999"})
                self.owed[scope].sort(key=lambda part: part["from"])
            case "area_released" | "motorway_duty_revoked":
                for part in self.owed[scope]:
                    if part["by"] == told["authority_id"]:
                        part["to"] = min(part["to"], told["valid_to"])
            case "day_began":
                self.days.append((told["date"], id_))
            case "conference_scheduled" | "conference_rescheduled":
                year = day(told["starts_at"])[:4]
                if here.get("placed") and self.year_of[about] != year:
                    here.update(withdrawn)
                self.year_of[about] = year
                new = {"id": about, "withdrawn": [], **{of: {} for of in PROOFS}}
                here = self.known.setdefault((about, year), new)
                here["of"] = {f"siko:{area}" for area in told["areas"]} or {scope}
                here |= {"placed": told, "day": day(told["starts_at"])}
            case "conference_postponed" | "conference_cancelled":
                here.update(withdrawn)
            case "conference_held":
                here |= {"held": told, "on": day(told["started_at"])}
            case "conference_corrected" if here["on"] != day(told["started_at"]):  # (a)
                here |= {"corrected": told, "on": day(told["started_at"])}
            case "obligation.coverage_noted":  # (d)
                here["frozen"] = self.lists[own["coverage"]["evidence"]]

    def judged(self, scope: str, year: str, evidence: list[str], today: str) -> Item:
        kind, _, name = scope.partition(":")
        last, ends = self.days[-1][0], f"{year}-12-31"
        known = [f for (_, of), f in self.known.items() if of == year and scope in f["of"]]
        known.sort(key=lambda f: (f["placed"].get("starts_at", ""), f["id"]))
        for f in known:
            areas = [a for a in f["frozen"].get("areas", ()) if a["area"] in {name, None}]
            f["counts"] = f["held"] and any(area["counts"] for area in areas)
            f["gaps"] = sum(len(area["gaps"]) for area in areas)
            f["dated"] = f["placed"] and not (f["frozen"] if f["held"] else f["day"] < last)
            f["proofs"] = [f[of]["event_id"] for of in PROOFS if f[of]]
            evidence += f["withdrawn"] + f["proofs"]
        counted = [f for f in known if f["counts"]]
        best = min(counted, key=lambda f: f["gaps"], default=None)
        verdict = "AT_RISK" if last >= f"{year}-{AT_RISK_FROM}" else "OPEN"
        if best:
            verdict = "FULFILLED_WITH_GAPS" if best["gaps"] else "FULFILLED"
            evidence = best["proofs"]
        elif last > ends:
            verdict, evidence = "MISSED", [*evidence, next(i for d, i in self.days if d > ends)]
        elif dated := [f["placed"]["event_id"] for f in known if f["dated"]]:
            verdict, evidence = "COVERED", dated[:1]
        late = best and any(day(best[of]["recorded_at"]) > ends for of in ("held", "frozen"))
        late = late or bool(best and best["frozen"].get("recorded_late"))
        row: Item = {"area": name if kind == "siko" else None, "year": int(year), "kind": kind}
        row |= {"verdict": verdict, "evidence": [*dict.fromkeys(evidence)]}
        on = max((date.fromisoformat(f["on"]) for f in counted), default=None)
        since = on and max((date.fromisoformat(today) - on).days, 0)  # (c)
        return row | {"recorded_late": late or False, "days_since_last": since}


def compliance(scheduler: list[Item], invitations: list[Item], as_of: str = "") -> Iterator[Item]:
    fold = Fold(invitations)
    for item in scheduler:
        if as_of and datetime.fromisoformat(item["recorded_at"]) > datetime.fromisoformat(as_of):
            break
        fold.apply(item)
    today = day(as_of) if as_of else fold.days[-1][0]  # (c)
    begun = {str(int(began[:4]) - back) for began, _ in fold.days[1:] for back in (0, 1)}
    for scope, parts in fold.owed.items():
        dated = {year for (_, year), facts in fold.known.items() if scope in facts["of"]}  # (b)
        for year in (year for year in begun | dated if year >= FIRST_YEAR):
            owed = [p for p in parts if max(p["from"], year) <= min(p["to"], f"{year}-12-31")]
            row = fold.judged(scope, year, [p["id"] for p in owed], today)
            yield from ({"authority_id": by} | row for by in {p["by"] for p in owed})


if __name__ == "__main__":
    logs = [[*map(json.loads, Path(log).read_bytes().splitlines())] for log in sys.argv[1:3]]
    print(*map(json.dumps, compliance(logs[0], logs[1], *sys.argv[3:])), sep="\n")
