"""A read model built from nothing: our follower against the plain library's runner, each over its own log.

Both write one row for each case and remember how far they have come; both are checked by the sum they show.
Ours runs as in the projector, which takes what it made at its start from the garbage collector's sight.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import psycopg
from psycopg.sql import SQL, Identifier

from benchmarks import minutes, plain_library
from benchmarks.contacts import LENGTH, MINUTES
from benchmarks.ours import Ours
from benchmarks.program import Run, run
from benchmarks.rounds import Contender, Done, clocked
from benchmarks.theirs import Theirs
from scp_events import follower


def compare(said: Run) -> Mapping[str, float | None]:
    """Fill two logs alike and follow them."""
    cases = 60 if said.short else 600
    ours = said.closing(Ours(said.database(), said.keyring()))
    theirs = said.closing(Theirs(said.database()))
    for side in (ours, theirs):
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(side.open_case, [LENGTH] * cases))
    said.compare({"ours": our_follower(ours, cases), "library": their_runner(theirs, cases)})
    return {"catch_up_vs_library": said.ratio("ours", "library")}


def our_follower(ours: Ours, cases: int) -> Contender:
    """The minutes of all contacts, by our follower."""

    def work() -> int:
        gc.freeze()
        try:
            with follower.Follower(ours.reader, minutes) as following:
                return int(following.catch_up())
        finally:
            gc.unfreeze()

    def contender() -> Done:
        with psycopg.connect(ours.conninfo, autocommit=True) as connection:
            connection.execute("DROP SCHEMA IF EXISTS follower, rm_minutes_v1 CASCADE")
        follower.prepare(ours.conninfo, [minutes])
        done = clocked(work)
        with psycopg.connect(ours.conninfo) as connection:
            total = connection.execute("SELECT sum(minutes) FROM rm_minutes_v1.contact_minutes").fetchone()
        assert done.times == cases * LENGTH
        assert total == (cases * (LENGTH - 2) * MINUTES,)
        return done

    return contender


def their_runner(theirs: Theirs, cases: int) -> Contender:
    """The minutes of all contacts, by the library's runner."""
    events = cases * LENGTH

    def work() -> int:
        assert plain_library.catch_up(theirs.conninfo, events) == cases * (LENGTH - 1) * MINUTES
        return events

    def contender() -> Done:
        with psycopg.connect(theirs.conninfo, autocommit=True) as connection:
            tables = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'cases_events'"
            ).fetchall()
            for (table,) in tables:
                connection.execute(SQL("DROP TABLE {}").format(Identifier(table)))
        return clocked(work)

    return contender


def main(arguments: list[str]) -> int:
    """Measure, and print the line of JSON."""
    return run("catching_up", __doc__, compare, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
