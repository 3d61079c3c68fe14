"""Verify a whole log against its ledger, as `scp-events verify` does, against merely fetching the same rows.

Fetching is what any check of every row must do at least. A case of 69 events is verified besides, from its
bundle and by Python's standard library alone, as somebody outside would do it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import UUID

import psycopg

from benchmarks.contacts import reference_of
from benchmarks.filling import a_contact, fill
from benchmarks.ours import Ours
from benchmarks.program import Run, run
from benchmarks.rounds import Contender, Done, clocked
from scp_events import event_log
from scp_events.ledger.format.tiles import WIDTH
from scp_events.ledger.log import startup, tables
from scp_events.ledger.log.exporting import Readable, export
from scp_events.ledger.log.holding import Held, held_by
from scp_events.ledger.log.keeping import checkpoint_now
from scp_events.ledger.log.log_key import log_key
from scp_events.ledger.log.outcomes import Outcome
from scp_events.ledger.log.settings import LedgerSettings
from scp_events.ledger.log.tree_writer import Policy, TreeWriter
from scp_events.ledger.log.verifying import verify
from scp_events.ledger.offline import verify as offline

EVENTS, EVENTS_SHORT = 200_000, 40_000
A_CASE = 69
"""Events of a case, referral to exit."""


def compare(said: Run) -> Mapping[str, float | None]:
    """Cover a log by a checkpoint a tile, then verify and fetch it in turn; then verify a case's bundle."""
    events = EVENTS_SHORT if said.short else EVENTS
    conninfo, settings = said.database(), LedgerSettings(ledger_key=said.place() / "key")
    event_log.prepare(conninfo)
    fill(conninfo, a_contact(said), events)
    startup.prepare(conninfo, settings)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        a_tile_a_step = Policy(most=WIDTH)
        TreeWriter(connection, log_key(connection, settings.key_file), a_tile_a_step).write(at_once=True)
        held = held_by(connection, settings)
    said.compare({"verify": verifying(conninfo, held, events), "fetch": fetching(conninfo, events)})
    said.compare({f"bundle of {A_CASE} events": a_bundle(said)})
    said.facts["bundle_69_events_ms"] = 1000 / said.rounds.median(f"bundle of {A_CASE} events")
    return {"verify_vs_fetch": said.ratio("verify", "fetch")}


def verifying(conninfo: str, held: Held, events: int) -> Contender:
    """Every leaf, tile, signature and count, and every copy beside the events."""

    def work() -> int:
        found = verify(conninfo, held)
        assert (found.size, found.outcome) == (events, Outcome.VERIFIED), found
        return found.size

    return lambda: clocked(work)


def fetching(conninfo: str, events: int) -> Contender:
    """The rows alone."""

    def work() -> int:
        with psycopg.connect(conninfo) as connection:
            fetched = sum(len(rows) for rows in tables.all_rows(connection))
        assert fetched == events, fetched
        return fetched

    return lambda: clocked(work)


def a_bundle(said: Run) -> Contender:
    """A case's bundle, by a Python of its own that is shown nothing but the program in it."""
    ours = said.closing(Ours(said.database(), said.keyring()))
    settings = LedgerSettings(ledger_key=said.place() / "key")
    case = ours.open_case(A_CASE)
    checkpoint_now(ours.conninfo, settings)
    _, archive = export(ours.conninfo, settings, case, _readable(case))
    bundle = said.place() / "bundle.zip"
    bundle.write_bytes(archive)

    def work() -> int:
        said_ok = subprocess.run(  # noqa: S603 - a program of ours
            [sys.executable, "-I", "-S", str(Path(offline.__file__)), str(bundle)],
            check=True,
            capture_output=True,
        )
        assert said_ok.stdout
        return 1

    def contender() -> Done:
        return clocked(lambda: sum(work() for _ in range(5)))

    return contender


def _readable(case: UUID) -> Callable[[int], Readable]:
    """Return what says what people read of the only case of a log. Its words are not what is measured."""

    def read(size: int) -> Readable:
        replay = {"log_position": size, "story": [{"position": each} for each in range(1, size + 1)]}
        written = json.dumps(replay).encode()
        return Readable(reference=reference_of(case), replay=written, story="", policies={}, opened={})

    return read


def main(arguments: list[str]) -> int:
    """Measure, and print the line of JSON."""
    return run("verifying", __doc__, compare, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
