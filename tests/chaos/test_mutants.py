"""The checker is honest: siko as it is passes what is directed at its guards, and without any one of them it fails."""

import pytest

from tests.chaos.directed import ALL, DIRECTIONS, directed

FOUND = {
    "stock_ack_policy": "lost",
    "concurrent_batch": "lost",
    "no_fence": "doubled",
    "position_before_commit": "lost",
    "no_lock": "lost",
    "no_previous_check": "lost",
    "answers_not_kept": "answer",
}


def test_every_mutant_has_a_run_that_is_directed_at_it() -> None:
    assert FOUND.keys() == DIRECTIONS.keys()


async def test_siko_as_it_is_passes_everything_that_is_directed_at_the_mutants() -> None:
    violations = await directed(ALL, mutant=None)
    assert [str(violation) for violation in violations] == []


@pytest.mark.parametrize("mutant", FOUND)
async def test_the_checker_finds_each_mutant(mutant: str) -> None:
    violations = await directed(DIRECTIONS[mutant], mutant)
    assert FOUND[mutant] in {violation.kind for violation in violations}
