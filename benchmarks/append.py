"""Decide and record, from 1 to 64 callers of one process, of two, and over a slower wire.

Ours is the whole path: rules, envelope, and a commit that callers share; they are tasks of an event loop, as
there is no other way in. Beside it, on the same server: the plain library's application with its default
recorder and a bare INSERT of the same bytes with a commit each, both from threads with a connection each,
pgbench doing that INSERT, and the peers that are installed (`benchmarks/peers`). Ratios above 1 are in our
favour, save for p99.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import psycopg

from benchmarks import pgbench
from benchmarks.bare_insert import BareInsert
from benchmarks.callers import Helper, threads
from benchmarks.ours import Ours
from benchmarks.peers import installed as peers
from benchmarks.pgbench import Pgbench
from benchmarks.program import Run, run
from benchmarks.recording import checked, recording
from benchmarks.rounds import Contender, Done, clocked
from benchmarks.servers import slow_wire
from benchmarks.stores import Store, Tally, total
from benchmarks.theirs import Theirs

CALLERS = (1, 4, 8, 16, 64)
PROCESSES, CALLERS_EACH = 2, 8
FAR_CALLERS = 16
BESIDE_PEERS = 16
ADDED_MS = 1.0
"""By how much the round trip of the slower wire is longer."""
ASKS = 200
"""Round trips by which it is measured how long the slower wire really takes."""


def compare(said: Run) -> Mapping[str, float | None]:
    """Run every comparison."""
    with said.part() as part:
        body = part.closing(Ours(part.database(), part.keyring())).body()
    for compared in (_from_one_process, _from_processes, _over_the_slow_wire):
        with said.part() as part:
            compared(part, body)
    return _ratios(said)


def _ratios(said: Run) -> dict[str, float | None]:
    many = {
        f"append_{n}_asyncio_vs_library": said.ratio(f"ours, {n} tasks", f"library, {n} threads")
        for n in CALLERS[1:]
    }
    return {
        "append_1_vs_library": said.ratio("ours, 1 tasks", "library, 1 threads"),
        **many,
        "append_16_asyncio_vs_insert": said.ratio("ours, 16 tasks", "insert, 16 threads"),
        "append_16_asyncio_vs_pgbench": said.ratio("ours, 16 tasks", "pgbench, 16 clients"),
        "append_16_asyncio_p99_vs_library": said.ratio("ours, 16 tasks p99 ms", "library, 16 threads p99 ms"),
        "append_16_1ms_vs_library": said.ratio("ours, slow wire", "library, slow wire"),
        "append_2x8_processes_vs_library": said.ratio("ours, 2x8 processes", "library, 2x8 processes"),
        **peers.ratios(said, f"ours, {BESIDE_PEERS} tasks", BESIDE_PEERS),
    }


# --- the sides ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """A store that can be made here, and in other processes on the same database."""

    make: Callable[..., Store]
    arguments: tuple[object, ...]


def sides(
    said: Run, body: bytes, by_way_of: Callable[[str], str] = lambda conninfo: conninfo
) -> dict[str, Side]:
    """Return every side, each with a database of its own."""
    return {
        "ours": Side(Ours, (by_way_of(said.database()), said.keyring())),
        "library": Side(Theirs, (by_way_of(said.database()),)),
        "insert": Side(BareInsert, (by_way_of(said.database()), body)),
    }


def stores(said: Run, by_name: Mapping[str, Side]) -> dict[str, Store]:
    """Return the stores of all sides."""
    return {name: said.closing(side.make(*side.arguments)) for name, side in by_name.items()}


# --- one process --------------------------------------------------------------------------------------------


def _from_one_process(said: Run, body: bytes) -> None:
    """From tasks, from threads, from pgbench, and from the callers of peers."""
    all_stores = stores(said, sides(said, body))
    clients = _pgbench(said, body)
    for n in CALLERS:
        with said.part() as part:  # peers are there for one number of callers only: they hold connections
            part.compare(
                {
                    f"{name}, {n} {'tasks' if name == 'ours' else 'threads'}": checked(
                        recording(each, n, said.seconds)
                    )
                    for name, each in all_stores.items()
                }
                | clients(n)
                | (peers.contenders(part, body, n) if n == BESIDE_PEERS else {})
            )


def _pgbench(said: Run, body: bytes) -> Callable[[int], dict[str, Contender]]:
    """Return what makes a contender of so many clients; none where pgbench is not there."""
    found = pgbench.program()
    if found is None:
        said.not_run.append("pgbench")
        return lambda _clients: {}
    clients = Pgbench(found, said.database(), body, said.place())
    return lambda number: {f"pgbench, {number} clients": clients.contender(number, said.seconds)}


# --- processes ----------------------------------------------------------------------------------------------


def _from_processes(said: Run, body: bytes) -> None:
    """From several processes with several callers each."""
    all_sides = sides(said, body)
    contenders = {}
    for name, store in stores(said, all_sides).items():
        side = all_sides[name]
        helpers = [
            said.opened.enter_context(Helper(_elsewhere, side.make, *side.arguments))
            for _ in range(PROCESSES)
        ]
        contenders[f"{name}, {PROCESSES}x{CALLERS_EACH} processes"] = from_helpers(
            store, helpers, said.seconds
        )
    said.compare(contenders)


def _elsewhere(make: Callable[..., Store], *arguments: object) -> Callable[[float], tuple[Done, Tally]]:
    """Return what a helper does: let callers of its own record for so long."""
    store = make(*arguments)

    def record(seconds: float) -> tuple[Done, Tally]:
        if isinstance(store, Ours):
            return store.record(CALLERS_EACH, seconds)
        calling = store.callers(CALLERS_EACH)
        return threads(calling, seconds), total(calling)

    return record


def from_helpers(store: Store, helpers: Sequence[Helper[tuple[Done, Tally]]], seconds: float) -> Contender:
    """The callers of all helpers."""

    def contender() -> Done:
        for helper in helpers:
            helper.tell(seconds)
        done, tallies = zip(*(helper.answer() for helper in helpers), strict=True)
        store.check(sum(tallies, start=Tally()))
        waits = [wait for each in done for wait in each.waits]
        return Done(len(waits), max(each.seconds for each in done), waits)

    return contender


# --- a slower wire ------------------------------------------------------------------------------------------


def _over_the_slow_wire(said: Run, body: bytes) -> None:
    """As from one process, where every round trip takes longer."""

    def far(conninfo: str) -> str:
        return said.opened.enter_context(slow_wire(conninfo, ADDED_MS))

    near = said.database()
    said.compare(
        {
            f"{name}, slow wire": checked(recording(store, FAR_CALLERS, said.seconds))
            for name, store in stores(said, sides(said, body, far)).items()
        }
        | {"round trips, near": asking(near), "round trips, slow wire": asking(far(near))}
    )


def asking(conninfo: str) -> Contender:
    """One round trip after the other, to see how long one really takes."""

    def contender() -> Done:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute("SELECT 1", prepare=True)
            return clocked(lambda: len([connection.execute("SELECT 1") for _ in range(ASKS)]))

    return contender


def main(arguments: list[str]) -> int:
    """Measure, and print the line of JSON."""
    return run("append", __doc__, compare, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
