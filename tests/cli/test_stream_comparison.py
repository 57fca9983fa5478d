"""What `siko doctor` has a service compare with its stream, and what it says of that."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from siko.doctor import checks, stream_comparison
from siko.doctor.stream_comparison import DRAWN, PAGE, StreamComparison


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(stream_comparison, "PATIENCE_S", 0.1)
    monkeypatch.setattr(stream_comparison, "PAUSE_S", 0.01)


class Compared:
    """A service with so many events, some of them tampered with."""

    def __init__(self, services: Any, last: int, *tampered: int) -> None:
        self.comparison = StreamComparison(services.connection, "agenda", {})
        self.last, self.tampered = last, tampered
        self.begins: list[int] = []
        self.epochs: list[Mapping[str, Any]] = []
        self.refusals: list[str] = []

    async def serve(self, services: Any) -> "Compared":
        await services.answer(
            "siko.query.agenda.positions",
            lambda _: {"ok": True, "position": {"agenda": self.last}, "items": self.epochs},
        )
        await services.answer("siko.query.agenda.differences", self._differences)
        return self

    def _differences(self, message: Any) -> Mapping[str, Any]:
        if self.refusals:
            return {"ok": False, "error": {"code": self.refusals.pop(0), "message": ""}}
        asked = json.loads(message.data)
        begin = int(asked["cursor"])
        end = min(begin + asked["limit"], self.last)
        for epoch in self.epochs:  # as a store pages: nothing is kept where it was lost
            if epoch["lost_from"] and epoch["lost_from"] <= end <= epoch["lost_to"]:
                end = epoch["lost_to"]
        self.begins.append(begin)
        items = [
            {"position": position, "event_id": f"c@{position}", "code": "Changed", "fields": ["x"]}
            for position in self.tampered
            if begin < position <= end
        ]
        cursor = str(end) if end < self.last else None
        return {"ok": True, "position": {"agenda": end}, "items": items, "cursor": cursor}


async def test_a_long_store_is_looked_at_at_its_end_and_where_chance_says(services: Any) -> None:
    compared = await Compared(services, 1_000_000, 999_990).serve(services)

    (found,) = await compared.comparison.examine(whole=False)

    assert found.cause == "position 999990 (c@999990): x: not as on SIKO_AGENDA"
    assert "`siko replay agenda`" in found.next_step
    assert compared.begins[-1] >= 1_000_000 - PAGE
    assert 1_000_000 - PAGE in compared.begins
    assert len(compared.begins) <= DRAWN + 1
    assert "of 1000000" in compared.comparison.compared


async def test_what_was_lost_is_not_looked_at_and_the_epoch_is_named(services: Any) -> None:
    """Behind a full restore nearly all positions are lost."""
    compared = await Compared(services, 10**12 + 10, 10**12 + 7).serve(services)
    compared.epochs = [
        {"epoch": "E1", "lost_from": None, "lost_to": None},
        {"epoch": "E2", "lost_from": 10_001, "lost_to": 10**12},
    ]
    (found,) = await compared.comparison.examine(whole=False)
    assert found.cause.startswith("position 1000000000007")
    *drawn, last = compared.begins
    assert last == 10**12 + 10 - PAGE
    assert all(begin < 10_000 or begin >= 10**12 for begin in drawn)
    assert compared.comparison.compared.endswith("of 1000000000010, epoch E2")


async def test_a_short_store_is_compared_whole_however_much_it_has_lost(services: Any) -> None:
    compared = await Compared(services, 10**12).serve(services)
    compared.epochs = [{"epoch": "E2", "lost_from": 11, "lost_to": 10**12 - 1}]
    await compared.comparison.examine(whole=False)
    assert compared.begins == [0, 10**12 - 1]


async def test_a_short_store_is_compared_whole(services: Any) -> None:
    compared = await Compared(services, 4 * PAGE, 1, 2 * PAGE).serve(services)
    assert len(await compared.comparison.examine(whole=False)) == 2
    assert compared.begins == [0, PAGE, 2 * PAGE, 3 * PAGE]


async def test_all_are_compared_where_all_are_asked_for(services: Any) -> None:
    compared = await Compared(services, 10 * PAGE, 7 * PAGE).serve(services)
    (found,) = await compared.comparison.examine(whole=True)
    assert found.where == "agenda"
    assert compared.begins == [number * PAGE for number in range(10)]
    assert compared.comparison.compared == (
        "agenda: compared with its stream up to position 5000 of 5000"
    )


async def test_very_many_are_counted(services: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_comparison, "MOST_KEPT", 50)
    compared = await Compared(services, 600, *range(1, 101)).serve(services)
    found = await compared.comparison.examine(whole=True)
    assert len(found) == stream_comparison.MOST_SHOWN + 1
    assert found[-1].cause == "80 more differences"


async def test_a_service_that_is_unavailable_for_a_moment_is_asked_again(services: Any) -> None:
    compared = await Compared(services, 10).serve(services)
    compared.refusals = ["Unavailable", "Unavailable"]
    assert await compared.comparison.examine(whole=False) == []
    assert compared.begins == [0]


@pytest.mark.parametrize("whole", [True, False])
async def test_a_service_that_refuses_was_not_compared(services: Any, whole: bool) -> None:
    compared = await Compared(services, 10).serve(services)
    compared.refusals = ["NotAuthorised"]
    found = await compared.comparison.examine(whole=whole)
    said = "agenda: not compared with its stream"
    assert compared.comparison.compared == f"{said} (NotAuthorised)"
    assert [each.cause for each in found] == (
        ["not compared with its stream: NotAuthorised"] if whole else []
    )


async def test_a_service_that_is_away_was_not_compared(services: Any) -> None:
    away = StreamComparison(services.connection, "agenda", {})
    assert await away.examine(whole=False) == []
    assert "NoRespondersError" in away.compared
