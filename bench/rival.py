"""`python -m bench.rival DATABASE_URL FOLDER`: a second replica. Reschedules the conference that each line of its input names."""

import asyncio
import sys
from pathlib import Path

from bench.machine import quiet
from bench.scheduler import Scheduling, moved


async def obey(replica: Scheduling) -> None:
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        conference_id, minutes = line.split()
        await replica.perform(moved(conference_id, int(minutes)))


if __name__ == "__main__":
    quiet()
    with Scheduling.on(sys.argv[1], Path(sys.argv[2])) as rival:
        rival.run(lambda: obey(rival))
