"""Readers who come just while something is appended, and nothing after it: they must see it.

Nobody polls here, so whoever pulls before listening misses what comes between the two.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from uuid import uuid4

import psycopg

from tests.event_log.oracle.journal import Journal
from tests.event_log.oracle.parts import Parts, answered
from tests.event_log.oracle.plan import Plan
from tests.event_log.oracle.questions import Question

SECONDS_WITHOUT_NEWS = 600.0
STEPS = 4
"""Before the first wait, before the first pull, before the second wait, and never."""


@dataclass
class Newcomers:
    """Brings newcomers, one after the other, and remembers which of them missed something."""

    plan: Plan
    parts: Parts
    missed: list[int]

    def come(self, journal: Journal) -> None:
        """Let some come, each held up at another step; the first that misses something is the last."""
        for step in range(STEPS):
            newcomer = _Newcomer(self.plan, self.parts, step)
            newcomer.start()
            newcomer.held_up.wait(self.plan.patience if step < STEPS - 1 else 0)
            _append(self.plan, journal)
            newcomer.may_go_on.set()
            has_seen = newcomer.seen.wait(self.plan.patience)
            newcomer.end()
            if not has_seen:
                self.missed.append(step)
                break


def _append(plan: Plan, journal: Journal) -> None:
    question = Question(command=uuid4(), fingerprint="newcomer", events=((uuid4(), 1, uuid4()),))
    journal.write(k="ask", n=f"newcomer/{question.command}", at=0, wall=0, **question.line())
    answered(plan.direct, [question.append()])


class _Newcomer(threading.Thread):
    """Follows from where the log ends now, without polling; held up at one of its steps."""

    def __init__(self, plan: Plan, parts: Parts, held_up_at: int) -> None:
        super().__init__(daemon=True)
        self._plan = plan
        self._listener = parts.listener(plan.direct)
        with psycopg.connect(plan.direct) as log:
            row = log.execute("SELECT coalesce(max(position), 0) FROM event_log.events").fetchone()
        assert row is not None
        self._tail = parts.tail(row[0])
        self._ending = threading.Event()
        self._steps = count()
        self._held_up_at = held_up_at
        self.held_up = threading.Event()
        self.may_go_on = threading.Event()
        self.seen = threading.Event()

    def run(self) -> None:
        with (
            suppress(psycopg.Error),
            self._listener,
            psycopg.connect(self._plan.direct, autocommit=True) as log,
        ):
            while not (self._ending.is_set() or self.seen.is_set()):
                self._step()
                self._listener.wait(SECONDS_WITHOUT_NEWS)
                self._step()
                if self._tail.pull(log):
                    self.seen.set()

    def _step(self) -> None:
        """Be held up, as any thread may be at any time."""
        if next(self._steps) == self._held_up_at:
            self.held_up.set()
            self.may_go_on.wait()

    def end(self) -> None:
        self._ending.set()
        self.may_go_on.set()
        self._listener.stop()
        self.join(10)
