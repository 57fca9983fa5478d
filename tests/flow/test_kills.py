"""Services killed with kill -9 while the demo runs: the same verdicts, nothing doubled, nothing to do by hand."""

import asyncio
import contextlib
import json
import os
import random
import signal
import threading
from collections import Counter

import nats
import pytest
from siko_core.broker.permissions import ANSWERS, INSIDE

SERVICES = ("scheduler", "invitations", "agenda", "reporting")
KILLS = 20
IN_FLIGHT = 8
SEED = 20_251_122


class Killer:
    """Listens to the requests on the bus, and kills: every other time the very service that was just asked."""

    def __init__(self, system, moments):
        self.system = system
        self.moments = moments
        self.random = random.Random(SEED)
        self.kills = []
        self.unanswered = {}
        self.hit = set()
        self.seen = 0
        self.due = 0
        self._listens, self._done = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._watch()))

    def __enter__(self):
        self._thread.start()
        assert self._listens.wait(30)
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    async def _watch(self):
        connection = await nats.connect(
            self.system.run["nats_url"],
            user="killer",
            password="killer",
            reconnect_time_wait=0.1,  # the broker may not have read its users anew yet
        )
        await connection.subscribe("siko.command.>", cb=self._asked)
        await connection.subscribe(ANSWERS, cb=self._answered)
        await connection.flush()
        await connection.flush()
        self._listens.set()
        await asyncio.to_thread(self._done.wait)
        await connection.close()

    async def _asked(self, message):
        service = message.subject.split(".")[2]
        self.unanswered[message.reply] = service
        self.seen += 1
        self.due += self.seen in self.moments
        if self.due:
            in_flight = len(self.kills) % 2 == 0
            victim = service if in_flight else self.random.choice(SERVICES)
            # who is dead already, or not listed yet, is spared; the next request brings another chance
            with contextlib.suppress(ProcessLookupError, KeyError, FileNotFoundError):
                os.kill(self.system.run["services"][victim]["pid"], signal.SIGKILL)
                self.due -= 1
                self.kills.append(victim)
                self.hit |= {reply for reply, asked in self.unanswered.items() if asked == victim}

    async def _answered(self, message):
        self.unanswered.pop(message.subject, None)

    @property
    def in_flight(self):
        """Commands that a killed service had been asked and never answered."""
        return len(self.hit & set(self.unanswered))


def let_in_who_hears_everything(system):
    """Beside the services; no user of siko's may."""
    users = system.folder / "logins" / "broker" / "users.conf"
    told = json.loads(users.read_text())
    told["accounts"][INSIDE]["users"].append({"user": "killer", "password": "killer"})
    users.write_text(json.dumps(told))
    os.kill(system.run["nats_pid"], signal.SIGHUP)


@pytest.fixture(scope="module")
def survived(up, tmp_path_factory):
    moments = set(random.Random(SEED).sample(range(20, 560), KILLS))
    with up(tmp_path_factory.mktemp("killed") / "data") as system:
        let_in_who_hears_everything(system)
        with Killer(system, moments) as killer:
            compliance = system.demo()
            yield system, compliance, killer


def test_the_services_were_killed_20_times_and_at_least_5_times_with_a_command_in_flight(survived):
    _, _, killer = survived
    assert len(killer.kills) == KILLS
    assert killer.in_flight >= 5


def test_the_verdicts_are_those_of_an_undisturbed_run(survived, played):
    _, compliance, _ = survived
    assert compliance == played.compliance


OF_THE_MOMENT = {
    "obligation.judged",
    *(f"correspondence.{how}" for how in ("handing_over_begun", "handed_over", "withheld")),
}
"""How often an obligation changed its verdict depends on which fact came first; what becomes of a letter, on whether
another one overtook it: letters leave beside the commands. That each was written is a fact.
"""


LINK = "a link"
"""Its id is made anew each time."""


@pytest.mark.parametrize("service", ["scheduler", "invitations", "agenda"])
def test_no_event_is_lost_or_doubled(survived, played, service):
    system, _, _ = survived

    def facts(log):
        return Counter(
            (
                LINK if event["topic"] == "answer_link.issued" else event["aggregate_id"],
                event["topic"],
            )
            for event in log
            if event["topic"] not in OF_THE_MOMENT
        )

    assert facts(system.replay(service)) == facts(played.system.replay(service))


@pytest.mark.parametrize("service", ["scheduler", "invitations", "agenda"])
async def test_the_stream_holds_every_stored_event_once_and_in_order(survived, service):
    system, _, _ = survived
    connection = await nats.connect(system.run["nats_url"])
    jetstream = connection.jetstream()
    state = (await jetstream.stream_info(f"SIKO_{service.upper()}")).state
    subscription = await jetstream.subscribe(
        f"siko.event.{service}.>", stream=f"SIKO_{service.upper()}", ordered_consumer=True
    )
    chain = []
    for _ in range(state.messages):
        headers = (await subscription.next_msg(timeout=5)).headers
        chain.append((int(headers["Siko-Previous"]), int(headers["Siko-Position"])))
    await connection.close()
    positions = [event["position"] for event in system.replay(service)]
    assert [position for _, position in chain] == positions
    assert [previous for previous, _ in chain] == [0, *positions[:-1]]
