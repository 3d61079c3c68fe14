"""Append and open with ten thousand to five million events in the log; in the short form, to one million.

One log of each size, all on one server, filled as `filling` says. Appends begin new cases, from 16 threads;
opening reads all of an old case, drawn from anywhere in the log, of which nothing is remembered.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping, Sequence
from itertools import cycle
from uuid import UUID

import psycopg

from benchmarks.callers import tasks
from benchmarks.contacts import contact, request
from benchmarks.filling import LENGTH, filled
from benchmarks.ours import Ours
from benchmarks.program import SEED, Run, run
from benchmarks.recording import checked, from_tasks
from benchmarks.rounds import Contender
from scp_events.vocabulary import CaseId

SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
OPENED = 200
"""Cases drawn to be opened."""
CALLERS = 16


def compare(said: Run) -> Mapping[str, float | None]:
    """Fill a log of each size, then append to them and open cases in turn."""
    sizes = SIZES[:-1] if said.short else SIZES
    logs = {size: _log_of(said, size) for size in sizes}
    said.compare(
        {
            f"append, {size} events": checked(from_tasks(ours, CALLERS, said.seconds))
            for size, (ours, _) in logs.items()
        }
    )
    said.compare(
        {f"open, {size} events": opening(ours, cases, said.seconds) for size, (ours, cases) in logs.items()}
    )
    return {
        f"growth_{what}": said.ratio(f"{what}, {sizes[-1]} events", f"{what}, {sizes[0]} events")
        for what in ("append", "open")
    }


def opening(ours: Ours, cases: Sequence[UUID], seconds: float) -> Contender:
    """One caller, who opens cases in turn."""
    turns = cycle(cases)

    async def step() -> None:
        assert await ours.open_cold(request(CaseId(next(turns)), contact())) == LENGTH

    return lambda: ours.wait_for(tasks([step], seconds))


def _log_of(said: Run, size: int) -> tuple[Ours, list[UUID]]:
    """Return a log of so many events, and cases drawn from it."""
    conninfo, cases = filled(said, size)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE event_log.events, event_log.commands")
        connection.execute("CHECKPOINT")
    drawn = random.Random(SEED).sample(cases, min(OPENED, len(cases)))
    return said.closing(Ours(conninfo, said.keyring())), drawn


def main(arguments: list[str]) -> int:
    """Measure, and print the line of JSON."""
    return run("growth", __doc__, compare, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
