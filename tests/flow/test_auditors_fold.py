"""The documented script, which knows nothing of siko but its logs and its rules, comes to the verdicts of the demo."""

import ast
import json
import subprocess
import sys

from tests.flow.looking_back import (
    FOLD,
    ask,
    auditors_fold,
    compared,
    compliance_at,
    moments,
)

LOGS = ("scheduler", "invitations")
LONGEST = 120


def test_the_script_is_short_and_needs_python_alone():
    text = FOLD.read_text()
    assert len(text.splitlines()) < LONGEST
    tree = ast.walk(ast.parse(text))
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).partition(".")[0]
        for node in tree
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert imported <= sys.stdlib_module_names


def test_the_script_run_on_the_replayed_logs_prints_the_verdicts_of_the_demo(played, tmp_path):
    for service in LOGS:
        done = played.system.siko("replay", service)
        (tmp_path / f"{service}.jsonl").write_text(done.stdout)
    files = [tmp_path / f"{service}.jsonl" for service in LOGS]
    done = subprocess.run(
        [sys.executable, "-I", FOLD, *files], capture_output=True, text=True, check=True
    )
    printed = [json.loads(line) for line in done.stdout.splitlines()]
    [now] = ask(played.system, lambda client: compliance_at(client, [None]))
    assert compared(printed) == now
    assert {row["year"] for row in printed} == {2024, 2025, 2026}


def test_the_fold_agrees_with_the_demo_at_random_past_moments(played):
    logs = [played.system.replay(service) for service in LOGS]
    about = moments(logs[0], seed=1)
    answered = ask(played.system, lambda client: compliance_at(client, about))
    fold = auditors_fold()
    folded = [compared(list(fold(*logs, moment))) for moment in about]
    assert folded == answered
    assert len({json.dumps(rows) for rows in answered}) > 10
