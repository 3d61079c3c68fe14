"""Append and open with ten thousand to five million events in the log; in the short form, to one million.

One log of each size, all on one server, filled by COPY in the way it would have grown: many cases under way
at the same time, so that a case's events lie scattered among those of others. Appends begin new cases, from
16 threads; opening reads all of an old case, drawn from anywhere in the log, of which nothing is remembered.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import cycle, islice
from uuid import UUID

import psycopg
from uuid_utils.compat import uuid7

from benchmarks.callers import threads
from benchmarks.contacts import new_case
from benchmarks.ours import Ours
from benchmarks.program import SEED, Run, run
from benchmarks.recording import checked, from_threads
from benchmarks.rounds import Contender
from scp_events import event_log
from scp_events.event_log.appends import Append
from scp_events.event_log.copying import copy_in

SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
UNDER_WAY, LENGTH = 200, 50
"""Cases that grow at the same time, until each has so many events; then the next begin."""
AT_ONCE = 100_000
"""Events brought in by one COPY."""
OPENED = 200
"""Cases drawn to be opened."""
CALLERS = 16


def compare(said: Run) -> Mapping[str, float | None]:
    """Fill a log of each size, then append to them and open cases in turn."""
    sizes = SIZES[:-1] if said.short else SIZES
    logs = {size: filled(said, size) for size in sizes}
    said.compare(
        {
            f"append, {size} events": checked(from_threads(ours, CALLERS, said.seconds))
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

    def step() -> None:
        case = next(turns)
        ours.forget(case)
        assert ours.standing(case).version == LENGTH

    return lambda: threads([step], seconds)


# --- filling ------------------------------------------------------------------------------------------------


def filled(said: Run, size: int) -> tuple[Ours, list[UUID]]:
    """Return a log of so many events, and cases drawn from it."""
    conninfo = said.database()
    event_log.prepare(conninfo)
    history = said.closing(Ours(said.database(), said.keyring()))
    drawn = random.Random(SEED)
    cases = [new_case() for _ in range(size // LENGTH)]
    contact = history.stored_case(3, note=None)[-1]
    appends = grown(contact, cases, drawn)
    while batch := list(islice(appends, AT_ONCE)):
        copy_in(conninfo, batch)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE event_log.events, event_log.commands")
        connection.execute("CHECKPOINT")
    return said.closing(Ours(conninfo, said.keyring())), drawn.sample(cases, min(OPENED, len(cases)))


def grown(like: Append, cases: Sequence[UUID], drawn: random.Random) -> Iterator[Append]:
    """Yield the appends of all cases, contacts like this one, in the order they would have come."""
    for first in range(0, len(cases), UNDER_WAY):
        under_way = cases[first : first + UNDER_WAY]
        versions = dict.fromkeys(under_way, 0)
        turns = list(under_way) * LENGTH
        drawn.shuffle(turns)
        for case in turns:
            versions[case] += 1
            yield _again(like, case, versions[case])


def _again(append: Append, case: UUID, version: int) -> Append:
    """Return the same append for another case, as another command and another event."""
    [event] = append.events
    command, event_id = uuid7(), uuid7()
    body = event.state
    for old, new in ((append.case_id, case), (append.command_id, command), (event.event_id, event_id)):
        body = body.replace(str(old).encode(), str(new).encode())
    again = replace(event, originator_id=case, originator_version=version, event_id=event_id, state=body)
    return replace(append, command_id=command, case_id=case, events=[again])


def main(arguments: list[str]) -> int:
    """Measure, and print the line of JSON."""
    return run("growth", __doc__, compare, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
