"""The script that takes rules out still finds each of them in the code; running it is `python -m tests.scheduler.removed_rules`."""

import pytest

from tests.scheduler.removed_rules import REMOVALS


@pytest.mark.parametrize("rule", REMOVALS)
def test_the_line_that_holds_a_rule_stands_in_its_file_once(rule: str) -> None:
    removal = REMOVALS[rule]

    assert (removal.source / removal.file).read_text("utf-8").count(removal.line) == 1
