"""Write the tree of a log, on one core, against appending to it.

The tree writer follows the log, so it must never be slower than those who append, or it would fall behind
for ever. It takes in a log that was filled by COPY; appends come from 16 threads and 16 tasks, as fast as
they can, with every core. What the ledger takes of the disk is counted for each event.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection

from benchmarks.filling import a_contact, fill
from benchmarks.ours import Ours
from benchmarks.program import Run, run
from benchmarks.recording import checked, from_tasks
from benchmarks.rounds import Contender, Done, clocked
from scp_events import event_log
from scp_events.event_log.appends import Append
from scp_events.ledger.format.note import Signer
from scp_events.ledger.log.log_key import log_key
from scp_events.ledger.log.tables import prepare, read_edge
from scp_events.ledger.log.tree_writer import TreeWriter

CALLERS = 16
EVENTS, EVENTS_SHORT = 100_000, 20_000
"""Taken in each round."""
SPACE = """
    SELECT sum(pg_total_relation_size(oid)), (SELECT size FROM ledger.edge)
    FROM pg_class WHERE relnamespace = 'ledger'::regnamespace AND relkind = 'r'"""


def compare(said: Run) -> Mapping[str, float | None]:
    """Append and write the tree in turn."""
    ours = said.closing(Ours(said.database(), said.keyring()))
    followed = said.database()
    event_log.prepare(followed)
    said.compare(
        {
            "append, 16 tasks": checked(from_tasks(ours, CALLERS, said.seconds)),
            "write the tree": writing(followed, said.place() / "key", a_contact(said), _events(said)),
        }
    )
    said.facts["ledger_bytes_per_event"] = bytes_per_event(followed)
    return {"seal_vs_append": said.rounds.ratio("write the tree", "append, 16 tasks")}


def _events(said: Run) -> int:
    return EVENTS_SHORT if said.short else EVENTS


def writing(conninfo: str, key: Path, like: Append, events: int) -> Contender:
    """Take in what was added to the log for this round."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        prepare(connection)
        signer = log_key(connection, key)

    def contender() -> Done:
        fill(conninfo, like, events)
        with psycopg.connect(conninfo, autocommit=True) as connection, on_one_core(connection):
            done = clocked(lambda: _write(connection, signer))
            assert done.times == events, done
            return done

    return contender


def _write(connection: Connection[Any], signer: Signer) -> int:
    """Take in all there is, and return how many events that were."""
    before = read_edge(connection).size
    return TreeWriter(connection, signer).write(at_once=True) - before


@contextmanager
def on_one_core(connection: Connection[Any]) -> Iterator[None]:
    """Keep this thread and the server's process for a connection on one core, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    every = os.sched_getaffinity(0)
    for process in (0, connection.info.backend_pid):
        os.sched_setaffinity(process, {min(every)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, every)


def bytes_per_event(conninfo: str) -> float:
    """Return what the ledger takes of the disk for each event: every table and index of it."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("VACUUM")
        row = connection.execute(SPACE).fetchone()
    assert row is not None
    return float(row[0]) / int(row[1])


def main(arguments: list[str]) -> int:
    """Measure, and print the line of JSON."""
    return run("tree_writing", __doc__, compare, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
