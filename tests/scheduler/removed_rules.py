"""For each rule that refuses, or that a verdict rests on: without it, its own test fails.

`python -m tests.scheduler.removed_rules [RULE …]` takes each rule out of a copy of its service, runs the tests named
after it against the copy, and ends with 1 where they pass all the same. The scheduler's rules stand here, those of
the other services in `removals.py` beside their tests.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.agenda.removals import REMOVALS as AGENDA
from tests.invitations.removals import REMOVALS as INVITATIONS
from tests.removal import TESTS, Removal

LONGEST_S = 300


def without(condition: str, file: str, tests: str) -> Removal:
    """The condition of a refusal never holds."""
    return Removal(file, f"if {condition}:", "if False:", tests)


SCHEDULER = {
    "R1 each area owes a conference of its own": Removal(
        "domain/obligation.py",
        'return f"obligation:{kind}:{area or authority_id}:{year}"',
        'return f"obligation:{kind}:{authority_id}:{year}"',
        "obligations",
    ),
    "R2 by months, a conference is due twelve months after the last": Removal(
        "domain/judging.py", "self.held.on <= day", "True", "r2"
    ),
    "R3 a conference counts where its list says so": Removal(
        "domain/judging.py", " and self.coverage.counts", "", "r3 or r4 or judge"
    ),
    "R4 only a held conference counts": Removal(
        "domain/judging.py", "self.held is not None and self.coverage", "self.coverage", "r4"
    ),
    "R4 a date that has passed covers nothing": Removal(
        "domain/judging.py",
        "if self.placed is None or self.has_passed(day):",
        "if self.placed is None:",
        "r4",
    ),
    "R4 the day after a date judges the obligation": Removal(
        "application/clock.py", "elif waiting := _waiting_on(scheduler, day):", "elif False:", "r4"
    ),
    "R3 a list that will not count is a forecast": Removal(
        "domain/judging.py", "if not self.will_count:", "if False:", "r3"
    ),
    "R8 a release entered after the start marks the verdict": Removal(
        "domain/judging.py",
        "if best.coverage is not None and best.coverage.recorded_late:",
        "if False:",
        "entered_after_the_start",
    ),
    "R5 only the competent authority convenes": without(
        "not self.is_competent(authority_id, day)", "domain/area.py", "r5"
    ),
    "R5 on the conference date, whatever was so before": Removal(
        "application/conferences.py", "_ensure_still_competent(scheduler, conference)", "pass", "r5"
    ),
    "R6 one debtor a day": without(
        "before.overlaps(valid_from, valid_to)", "domain/area.py", "debtor"
    ),
    "R6 a transfer leaves both debtors": Removal(
        "domain/area.py",
        "for assignment in self.assignments\n        )\n        self.assignments = tuple(assignment for assignment in assignments",
        "for assignment in ()\n        )\n        self.assignments = tuple(assignment for assignment in assignments",
        "r6",
    ),
    "R7 a nil report is for a missed year": without(
        'state != "MISSED"', "domain/obligation.py", "r7"
    ),
    "R7 a nil report fulfils nothing": Removal(
        "domain/obligation.py",
        "        self.nil_reported = True",
        "        self.nil_reported = True\n        self.verdict = None",
        "r7",
    ),
    "R9 all competent bodies": Removal(
        "domain/competence.py", "if note.holds_on(day)", "if False", "r9"
    ),
    "R12 never directly to a school office": without(
        "description.category == SCHOOL_OFFICE", "domain/partner_body.py", "r12"
    ),
    "R12 only via a district government": without(
        "not via.is_district_government_on(description.valid_from)",
        "domain/partner_body.py",
        "r12",
    ),
    "R12 only via the own district's": without(
        "district != via.id", "domain/partner_body.py", "r12"
    ),
    "R25 nothing is closed with open needs": Removal(
        "domain/conference.py", "raise StillOpen(", "StillOpen(", "r25"
    ),
    "R32 siko_ap only with motorway duty": without(
        "duty is None", "domain/authority.py", "r32 or motorway"
    ),
    "R33 areas and sections never mix": without(
        '(areas and kind == "siko_ap") or (sections and kind == "siko")',
        "domain/competence.py",
        "r33 or stable_code",
    ),
    "R33 neither kind credits the other": Removal(
        "domain/obligation.py",
        'return f"obligation:{kind}:',
        'return f"obligation:siko:',
        "r33 or obligations",
    ),
    "a passed date that waits to be entered is named": Removal(
        "domain/judging.py", "        if self.has_passed(day):", "        if False:", "r4"
    ),
    "a date absorbs what was planned for its areas": Removal(
        "application/planning.py",
        "if planned and planned.stands_for(conference):",
        "if False:",
        "absorb",
    ),
    "R35 the interval is data": Removal(
        "domain/judging.py",
        'rules.intervals[facts.kind] == "calendar_year" or before is None',
        "True",
        "r2 or r35",
    ),
    "calendar: no Sundays": without("day.weekday() == SUNDAY", "domain/days.py", "sunday"),
    "calendar: no public holidays": without(
        "name := _public_holidays(day.year).get(day)", "domain/days.py", "holiday"
    ),
    "calendar: findings need a reason": Removal(
        "application/conferences.py",
        "ensure_reason(needing_reason(where.findings), reason)",
        "pass",
        "soft_rule",
    ),
    "R8 a category is a word": Removal(
        "application/bodies.py",
        'ensure_known("category", command.category, scheduler.words("category"))',
        "pass",
        "category",
    ),
    "a convened conference is moved with a reason": without(
        "lacks_reason", "application/conferences.py", "moved_with_a_reason"
    ),
    "calendar: an offset is Berlin's or UTC": Removal(
        "domain/days.py", "moment is None or is_local(moment)", "True", "offset"
    ),
    "calendar: nothing behind the last school holiday is free": Removal(
        "domain/days.py", "day > _last_school_holiday()", "False", "unknown"
    ),
    "no date in the past": without(
        "self.starts_at < decided_at", "domain/placement.py", "stable_code"
    ),
    "a sealed year changes by a correction only": Removal(
        "domain/obligation.py", "raise YearSealed(", "YearSealed(", "sealed"
    ),
}
REMOVALS = {
    **SCHEDULER,
    **{f"invitations: {rule}": removal for rule, removal in INVITATIONS.items()},
    **{f"agenda: {rule}": removal for rule, removal in AGENDA.items()},
}


def survives(removal: Removal, folder: Path) -> str | None:
    """None where a test fails as it should; else what is wrong."""
    package = folder / removal.package
    shutil.copytree(removal.source, package, ignore=shutil.ignore_patterns("__pycache__"))
    file = package / removal.file
    text = file.read_text("utf-8")
    if text.count(removal.line) != 1:
        return f"{removal.file} holds {text.count(removal.line)} times: {removal.line}"
    file.write_text(text.replace(removal.line, removal.instead), "utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            TESTS / removal.folder,
            "-k",
            removal.tests,
        ],
        env=os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    if done.returncode == 1 and "failed" in done.stdout:
        return None
    return done.stdout[-500:]


def main(wanted: Iterable[str]) -> int:
    chosen = list(wanted)
    alive = 0
    for rule, removal in REMOVALS.items():
        if chosen and not {*rule.split()[:2]} & {*chosen}:
            continue
        with tempfile.TemporaryDirectory() as folder:
            trouble = survives(removal, Path(folder))
        alive += trouble is not None
        print(f"{'NOT NOTICED' if trouble else 'noticed    '}  {rule}", flush=True)
        if trouble:
            print(trouble)
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
