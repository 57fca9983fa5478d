"""Requests drawn from the contracts by seed, right ones and what a hostile client makes of them; more by `make fuzz`."""

import asyncio
from datetime import UTC, datetime

from tests.fuzz.documents import Pools
from tests.fuzz.requests import Requests, doors
from tests.fuzz.run import run, told

REQUESTS = 1_500
SEED = 1
POOLS = Pools(
    {
        "created": ["a"],
        "own": ["pp-koeln"],
        "body_id": ["stadt-koeln"],
        "ended": ["pp-x"],
        "id": ["scheduler.1"],
        "aggregate_id": ["a"],
    },
    datetime(2025, 3, 26, tzinfo=UTC),
)
FEWEST_CODES = 15
"""Kinds of refusal that so many requests meet: else they no longer get past the door."""


def test_every_request_is_answered_and_nothing_fails_restarts_or_is_parked(start):
    result = asyncio.run(run(start(), SEED, REQUESTS))
    assert result.troubles == [], told(result.troubles)
    assert result.codes.total() == REQUESTS
    assert len(result.codes) >= FEWEST_CODES, result.codes
    assert len(result.accepted) > len(doors()) / 3, result.accepted


def test_the_same_seed_draws_the_same_requests():
    first, second, other = (
        [repr(request) for request in Requests(seed, POOLS).draw(500)]
        for seed in (SEED, SEED, SEED + 1)
    )
    assert first == second != other


def test_every_command_and_every_query_of_every_service_is_drawn():
    drawn = {request.subject for request in Requests(SEED, POOLS).draw(len(doors()))}
    assert drawn == {door.subject for door in doors()}
