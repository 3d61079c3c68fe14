"""One run from beginning to end: everybody works, mischief is done, and what they say is judged."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import psycopg

from tests.event_log.oracle.journal import Journal, lines
from tests.event_log.oracle.judge import Broken, Judge, Known, Log, asked_of, broken_by_reader
from tests.event_log.oracle.judge_decisions import JudgeOfDecisions, wished_of
from tests.event_log.oracle.mischief import Cast, Mischief
from tests.event_log.oracle.mutants import MUTANTS, parts_of
from tests.event_log.oracle.newcomers import Newcomers
from tests.event_log.oracle.plan import Plan
from tests.own_server import OwnServer
from tests.waiting import until
from tests.wire import wire

SHOWN = 12
CONDUCTOR = "newcomers"


@dataclass
class Acts:
    """How long each part of a run took."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Take the time of the block."""
        began = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - began

    def __str__(self) -> str:
        return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self.seconds.items())


@dataclass(repr=False)
class Verdict:
    """What a run came to. `broken` is empty where everything holds."""

    seed: int
    broken: list[Broken]
    events: int
    answers: Counter[str]
    mischief: Counter[str]
    acts: Acts
    said: list[str] = field(default_factory=list)

    @property
    def laws(self) -> set[str]:
        """Return which laws do not hold."""
        return {each.law for each in self.broken}

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        found = [f"seed {self.seed}: {self.events} events"]
        found += [f"answers: {_listed(self.answers)}", f"mischief: {_listed(self.mischief)}"]
        found += [f"took: {self.acts}"]
        counted = Counter(each.law for each in self.broken)
        found += [f"BROKEN {_listed(counted)}"] if counted else ["everything holds"]
        found += [f"  {law}: {said}" for law, said in self.broken[:SHOWN]]
        return "\n".join(found + self.said)


def _listed(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counted.items()))


def run(conninfo: str, own: OwnServer | None = None, **how: Any) -> Verdict:
    """Play one run on an empty log. `how` says what the `Plan` should be."""
    with tempfile.TemporaryDirectory(prefix="scp-oracle-") as directory, wire(conninfo) as cuttable:
        plan = Plan(directory=directory, conninfo=cuttable.conninfo, direct=conninfo, **how)
        if plan.mutant:
            MUTANTS[plan.mutant].inject(conninfo)
        stage = _Stage(plan, Mischief(Cast(plan, str(plan.save())), cuttable, own))
        stage.play()
        return stage.judged()


class _Stage:
    """Where one run is played."""

    def __init__(self, plan: Plan, mischief: Mischief) -> None:
        self.plan = plan
        self.cast = mischief.cast
        self.mischief = mischief
        self.newcomers = Newcomers(plan, parts_of(plan.mutant), [])
        self.writers = [f"writer-{number}" for number in range(plan.writers)]
        self.late: list[str] = []
        self.acts = Acts()

    def play(self) -> None:
        """Let newcomers come while all is quiet, then everybody work, then newcomers again."""
        journal = Journal(self.plan.journal(CONDUCTOR))
        try:
            with self.acts.timed("newcomers"):
                self.newcomers.come(journal)
            if not self.newcomers.missed:
                self._work(journal)
        finally:
            self.cast.put_all_down()
            self.mischief.end()
            journal.close()

    def _work(self, journal: Journal) -> None:
        with self.acts.timed("to work"):
            for name in (*self.plan.readers, *self.writers):
                self.cast.start(name)
            until(lambda: all(map(self._is_at_work, self.writers)), "every writer is at work")
        with self.acts.timed("mischief"):
            self.mischief.go_on()
        self.mischief.wire.heal()
        with self.acts.timed("writers end"):
            self.late += self.cast.end(self.writers, 3 * self.plan.patience)
        self.newcomers.come(journal)
        _tell_the_end(self.plan)
        with self.acts.timed("readers end"):
            self.late += self.cast.end(self.plan.readers, self.plan.patience)

    def _is_at_work(self, name: str) -> bool:
        journal = self.plan.journal(name)
        return journal.exists() and b'"k":"answer"' in journal.read_bytes()

    # --- afterwards -----------------------------------------------------------------------------------------

    def judged(self) -> Verdict:
        """Return what it came to."""
        log = Log.of(self.plan.direct)
        asked, looks = asked_of(self.plan, [*self.writers, CONDUCTOR])
        wished = wished_of(self.plan, self.writers)
        known = Known(
            [*((a.command, a.at) for a in asked), *((w.wish["command"], w.at) for w in wished)],
            [*(a.answer for a in asked if a.answer), *(w.told for w in wished if w.told)],
        )
        broken = [
            *Judge(log, asked, looks, known).broken(),
            *JudgeOfDecisions(log, wished, known).broken(),
            *self._of_readers(log),
            *self._of_processes(),
        ]
        return Verdict(
            self.plan.seed,
            broken,
            len(log.events),
            Counter(each.outcome for each in (*asked, *wished)),
            self.mischief.done,
            self.acts,
            [f"{name}: {self._last_words(name)}" for name in {*self.late, *self.cast.died}],
        )

    def _of_readers(self, log: Log) -> Iterator[Broken]:
        for step in self.newcomers.missed:
            yield Broken("readers-saw-all", f"a newcomer held up at step {step} missed the one event")
        for name in self.plan.readers if self.cast.lives else ():
            seen = chain.from_iterable(line["rows"] for line in lines(self.plan.journal(name)))
            yield from broken_by_reader(log, name, seen)

    def _of_processes(self) -> Iterator[Broken]:
        for name in self.late:
            if name in self.writers:
                yield Broken("processes-end", f"{name} did not end as it should")
        for name in self.cast.died:
            yield Broken("processes-end", f"{name} ended by itself")

    def _last_words(self, name: str) -> str:
        path = Path(self.plan.directory) / f"{name}.said"
        return path.read_text()[-2000:] if path.exists() else ""


def _tell_the_end(plan: Plan) -> None:
    with psycopg.connect(plan.direct) as connection:
        row = connection.execute("SELECT coalesce(max(position), 0) FROM event_log.events").fetchone()
    assert row is not None
    making = plan.end.with_suffix(".making")
    making.write_text(str(row[0]))
    making.rename(plan.end)
