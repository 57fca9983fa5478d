"""Mutants are drawn by seed and judged by the tests that reach their line; `make mutants` tries three hundred."""

import subprocess
import sys

import pytest

from tests.mutants.drawing import Mutant, drawn, mutants_of
from tests.mutants.explained import explanations
from tests.mutants.targets import ROOT, TARGETS

SCHEDULER, INVITATIONS = TARGETS[:2]
ROUTE = "services/invitations/src/siko_invitations/domain/school_route.py"


def changes(mutants: list[Mutant], where: str) -> set[tuple[str, str]]:
    return {mutant.change for mutant in mutants if mutant.where == where}


def test_the_same_seed_draws_the_same_mutants_each_of_another_line() -> None:
    first, again, other = (
        [(mutant.where, mutant.line, mutant.code) for mutant in drawn([INVITATIONS], seed, 20)]
        for seed in (1, 1, 2)
    )
    assert first == again != other
    assert len({(where.partition(":")[0], line) for where, line, _ in first}) == 20


def test_a_refusal_is_left_out_a_condition_is_turned_and_an_and_becomes_an_or() -> None:
    application = SCHEDULER.folder / "application"
    conferences = mutants_of(SCHEDULER, application / "conferences.py")
    queries = mutants_of(SCHEDULER, application / "queries.py")

    planned = changes(conferences, "siko_scheduler/application/conferences.py:_planned")
    refusal = 'raise MixedKinds(field="kind", planned=conference.plan.kind)'
    assert (refusal, "pass") in planned
    condition = "if conference.authority_id {} command.authority_id:"
    assert (condition.format("!="), condition.format("==")) in planned
    counted = "days_held = (facts.held.on for facts in conferences if facts.counts {} facts.held)"
    assert (counted.format("and"), counted.format("or")) in changes(
        queries, "siko_scheduler/application/queries.py:_held_in_the_year_before"
    )


def test_types_docstrings_and_what_people_read_are_left_alone() -> None:
    mutants = mutants_of(SCHEDULER, SCHEDULER.folder / "domain" / "vocabulary.py")

    befores = {mutant.change[0] for mutant in mutants}
    assert not [text for text in befores if '"""' in text or text.startswith("def ")]
    assert {'TOPIC = "words"'} <= befores


@pytest.mark.parametrize("explanation", explanations(), ids=lambda entry: entry.where)
def test_what_is_explained_is_still_a_mutant(explanation) -> None:
    target = next(t for t in TARGETS if explanation.where.startswith(f"{t.package}/"))
    file = ROOT / target.source / explanation.where.partition(":")[0]
    change = (explanation.before, explanation.after)

    assert change in changes(mutants_of(target, file), explanation.where)
    assert explanation.because


def test_a_mutant_is_noticed_where_a_test_fails_and_survives_where_none_does() -> None:
    """A refusal that is not raised, and one that does not say of whom; the test looks at the first only."""
    name = "test_r12_a_list_with_a_direct_school_office_is_not_released"
    lines = (ROOT / ROUTE).read_text("utf-8").splitlines()
    line = 1 + lines.index("        raise DirectToSchoolOffice(body_id=body.body_id)")
    command = (sys.executable, "-m", "tests.mutants", "--at", f"{ROUTE}:{line}")
    by = ("--tests", f"tests/invitations/test_invitation_list.py::{name}")
    done = subprocess.run(
        (*command, *by), cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )

    assert done.returncode == 1, done.stdout + done.stderr
    outcomes = [line.split()[0] for line in done.stdout.splitlines() if "ensure_not_direct" in line]
    assert sorted(outcomes) == ["noticed", "survived"], done.stdout
    assert "1 of 2 mutants are noticed (50.0%)" in done.stdout
