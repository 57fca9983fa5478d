"""`python -m tests.docs`: runs the documentation, block by block, and says what became of each."""

import sys

import pytest

raise SystemExit(
    pytest.main(["tests/docs", "-v", "--no-header", "-p", "no:cacheprovider", *sys.argv[1:]])
)
