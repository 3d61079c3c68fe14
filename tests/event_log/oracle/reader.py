"""A process that follows the log: `python -m tests.event_log.oracle.reader PLAN NAME KIND`.

It writes down what it saw, and goes on from there after it was killed. It ends once it has seen everything.
"""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from typing import Any
from uuid import UUID

import psycopg

from scp_events.event_log.recorder import LogRecorder
from tests.event_log.oracle.journal import Journal, lines
from tests.event_log.oracle.mutants import parts_of
from tests.event_log.oracle.parts import Row
from tests.event_log.oracle.plan import Plan

AGAIN_SECONDS = 0.02
POLL_SECONDS = 1.0


class Reader:
    """Follows in one of three ways: `pull`, `subscription`, `listen`."""

    def __init__(self, plan: Plan, name: str) -> None:
        self.plan = plan
        self.seen = max((row[0] for line in lines(plan.journal(name)) for row in line["rows"]), default=0)
        self.journal = Journal(plan.journal(name))
        self.parts = parts_of(plan.mutant)
        self.tail = self.parts.tail(self.seen)
        self._pause = threading.Event()
        self._log: psycopg.Connection[Any] | None = None

    def run(self, kind: str) -> None:
        """Follow to the end."""
        {"pull": self._pull, "subscription": self._subscribe, "listen": self._listen}[kind]()

    def _pull(self) -> None:
        while not self._at_the_end():
            self._take()
            self._pause.wait(AGAIN_SECONDS)

    def _listen(self) -> None:
        with self.parts.listener(self.plan.conninfo) as listener:
            while not self._at_the_end():
                listener.wait(POLL_SECONDS)
                self._take()

    def _subscribe(self) -> None:
        recorder = LogRecorder(self.plan.conninfo)
        with recorder.subscribe(gt=self.seen) as subscription:
            threading.Thread(target=self._stop_at_the_end, args=(subscription,), daemon=True).start()
            for each in subscription:
                self._note([(each.id, UUID(str(each.originator_id)).hex, each.originator_version)])
        recorder.close()

    # --- how ------------------------------------------------------------------------------------------------

    def _note(self, rows: list[Row]) -> None:
        self.journal.write(rows=rows)
        self.seen = max(self.seen, rows[-1][0])

    def _at_the_end(self) -> bool:
        with suppress(OSError, ValueError):
            return self.seen >= int(self.plan.end.read_text())
        return False

    def _stop_at_the_end(self, subscription: Any) -> None:
        while not self._at_the_end():
            self._pause.wait(AGAIN_SECONDS)
        subscription.stop()

    def _take(self) -> None:
        """Take what there is; over a broken connection, with the next try."""
        try:
            if self._log is None:
                self._log = psycopg.connect(self.plan.conninfo, autocommit=True)
            while rows := self.tail.pull(self._log):
                self._note(rows)
        except psycopg.OperationalError:
            if self._log is not None:
                self._log.close()
            self._log = None


if __name__ == "__main__":
    Reader(Plan.load(sys.argv[1]), sys.argv[2]).run(sys.argv[3])
