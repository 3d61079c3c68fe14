"""What is done to the log and to those who use it while they work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from tests.event_log.oracle.moving import elsewhere, move
from tests.event_log.oracle.plan import Plan
from tests.own_server import OwnServer
from tests.waiting import until
from tests.wire import Wire

ROOT = Path(__file__).parents[3]
Process = subprocess.Popen[str]
OTHERS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
TABLES = ("events", "commands", "head")


@dataclass
class Cast:
    """The processes of a run, by name, and how often each was started."""

    plan: Plan
    path: str
    running: dict[str, Process] = field(default_factory=dict)
    lives: Counter[str] = field(default_factory=Counter)
    died: list[str] = field(default_factory=list)
    """Processes that had ended by themselves when they were to be killed."""

    def start(self, name: str) -> None:
        """Start a writer, or a reader whose name is its kind."""
        if name.startswith("writer"):
            what = ["tests.event_log.oracle.writer", self.path, name, str(self.lives[name])]
        else:
            what = ["tests.event_log.oracle.reader", self.path, name, name]
        self.lives[name] += 1
        with open(f"{self.plan.directory}/{name}.said", "a") as said:  # noqa: PTH123 - beside its journal
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", *what],
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=said,
                text=True,
                cwd=ROOT,
            )

    def kill(self, name: str) -> None:
        """End a process as a power failure would, and start it again."""
        process = self.running.pop(name)
        if process.poll() is not None:
            self.died.append(name)
        put_down(process)
        self.start(name)

    def end(self, names: Iterable[str], patience: float) -> list[str]:
        """Tell processes to end and wait for them. Returns those that did not end as they should."""
        ending = {name: self.running.pop(name) for name in names}
        for process in ending.values():
            assert process.stdin is not None
            process.stdin.close()
        return [name for name, process in ending.items() if not _ends(process, patience)]

    def put_all_down(self) -> None:
        """Leave nothing running."""
        while self.running:
            put_down(self.running.popitem()[1])


def put_down(process: Process) -> None:
    """Kill -9 a process, and wait until it has gone."""
    process.kill()
    process.wait()
    assert process.stdin is not None
    process.stdin.close()


def _ends(process: Process, patience: float) -> bool:
    try:
        return process.wait(patience) == 0
    except subprocess.TimeoutExpired:
        put_down(process)
        return False


class Mischief:
    """Acts of mischief, one after the other, until the time is over."""

    def __init__(self, cast: Cast, wire: Wire, own: OwnServer | None) -> None:
        self.cast = cast
        self.plan = cast.plan
        self.wire = wire
        self.own = own
        self.done: Counter[str] = Counter()
        self.random = Random(f"{self.plan.seed}/mischief")  # noqa: S311 - repeatable, not secret
        self._open = ExitStack()
        self._acts: list[tuple[int, Callable[[], None]]] = [
            (8, self.end_a_backend),
            (2, self.end_every_backend),
            (8, self.lose_an_answer),
            (4, self.cut_everybody_off),
            (4, self.kill_a_writer),
            (3, self.kill_a_reader),
            (4, self.vacuum),
            (1, self.vacuum_full),
        ]
        if own is not None:
            self._acts += [(1, self.kill_a_backend), (1, self.kill_the_server)]
        if self.plan.acts:
            self._acts = [(weight, act) for weight, act in self._acts if act.__name__ in self.plan.acts]

    def go_on(self) -> None:
        """Do what comes to mind until the plan's time is over; in the middle, move the log."""
        pause = threading.Event()
        started = time.monotonic()
        to_move = self.plan.moves
        self.stay_open()
        while (passed := time.monotonic() - started) < self.plan.seconds:
            pause.wait(self.random.uniform(0.2, 1.8) * self.plan.pause)
            if to_move and passed > self.plan.seconds / 2:
                to_move = False
                self.move_the_log()
                self.stay_open()
            else:
                weights = [weight for weight, _ in self._acts]
                self._do(self.random.choices(self._acts, weights)[0][1])

    def end(self) -> None:
        """Leave nothing open."""
        self._open.close()

    def _do(self, act: Callable[[], None]) -> None:
        with suppress(psycopg.Error):  # the server may have been killed, or its log be on the move
            act()
            self.done[act.__name__] += 1

    # --- to the server --------------------------------------------------------------------------------------

    def stay_open(self) -> None:
        """Leave transactions open that have seen and written something, here and in another database."""
        with suppress(psycopg.Error):
            for conninfo in (self.plan.direct, elsewhere(self.plan.direct)):
                connection = psycopg.connect(conninfo)
                self._open.callback(connection.close)
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                connection.execute("SELECT txid_current(), count(*) FROM pg_class")
                self.done["stay_open"] += 1

    def end_a_backend(self) -> None:
        """End one connection from the server's side."""
        with self._connected() as connection:
            pids = [pid for (pid,) in connection.execute(OTHERS).fetchall()]
            if pids:
                connection.execute("SELECT pg_terminate_backend(%s)", (self.random.choice(pids),))

    def end_every_backend(self) -> None:
        """End every connection from the server's side."""
        with self._connected() as connection:
            connection.execute(f"SELECT pg_terminate_backend(pid) FROM ({OTHERS}) AS others")  # type: ignore[arg-type]  # noqa: S608 - one of ours

    def vacuum(self) -> None:
        """Clean up, and count what is where."""
        with self._connected() as connection:
            connection.execute(self.random.choice(("VACUUM", "VACUUM ANALYZE", "ANALYZE")))

    def vacuum_full(self) -> None:
        """Write a table anew, while nobody may use it."""
        with self._connected() as connection:
            connection.execute("SET lock_timeout = '2s'")
            table = Identifier("event_log", self.random.choice(TABLES))
            connection.execute(SQL("VACUUM FULL {}").format(table))

    def kill_a_backend(self) -> None:
        """Kill -9 a process of the server, which then ends all others and recovers."""
        with self._connected() as connection:
            pids = [pid for (pid,) in connection.execute(OTHERS).fetchall()]
            if pids:
                os.kill(self.random.choice(pids), signal.SIGKILL)
                until(lambda: _is_over(connection), "the server has ended everybody")
        until(self._reachable, "the server is back")

    def kill_the_server(self) -> None:
        """Kill -9 the server, and start it again."""
        assert self.own is not None
        self.own.kill()
        self.own.start()
        self.stay_open()

    def move_the_log(self) -> None:
        """Dump and restore it."""
        until(self._reachable, "the server is there")
        move(self.plan.direct)
        self.done["move_the_log"] += 1

    def _reachable(self) -> bool:
        try:
            with self._connected():
                return True
        except psycopg.OperationalError:
            return False

    def _connected(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.plan.direct, autocommit=True)

    # --- to those who use it --------------------------------------------------------------------------------

    def lose_an_answer(self) -> None:
        """Let the server do what it was asked, and its answer get lost."""
        self.wire.lose_answer()

    def cut_everybody_off(self) -> None:
        """Cut the connections of all programs; the server goes on with what it was asked."""
        self.wire.part()

    def kill_a_writer(self) -> None:
        """Kill -9 a process of many callers."""
        self.cast.kill(self.random.choice([n for n in self.cast.running if n.startswith("writer")]))

    def kill_a_reader(self) -> None:
        """Kill -9 somebody who follows the log."""
        self.cast.kill(self.random.choice([n for n in self.cast.running if not n.startswith("writer")]))


def _is_over(connection: psycopg.Connection[Any]) -> bool:
    try:
        connection.execute("SELECT")
    except psycopg.OperationalError:
        return True
    return False
