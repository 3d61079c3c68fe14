"""Programs that are told to end, or killed, at some moment; and what may be left of them afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from scp_cli.demo_log import make_demo_log
from scp_events.database import postmaster
from scp_events.database.account import server_account
from scp_events.database.home import Home
from scp_events.ledger.format.note import KeyKind
from scp_events.ledger.key_files import LOG_KEY, read_key
from scp_events.ledger.witness.promises import LOGS
from tests.services.test_api_service import GROUNDS, free_port
from tests.waiting import until

COMMAND_LINE = "scp_cli"
EXAMPLES = Path(__file__).parents[2] / "examples" / "second-chance"
TO_END = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
FIRST = 0.05
"""The earliest moment, in seconds: Python itself takes some twenty milliseconds to its first line."""
PROC = Path("/proc")
LONGEST = 3.0
"""A machine so busy that a command takes longer shall not keep a test busy with waiting."""
HOME = "home"
PATIENCE = 400.0
"""Seconds until a program must have ended, on a machine with much else to do."""
TO_ERASE = "SC-2025-003"


@dataclass(frozen=True)
class Program:
    """A program to be started, and what its end says."""

    name: str
    arguments: tuple[str, ...] = ()
    runs_until_told: bool = False
    done: int = 0
    """The exit code of one that has done its work."""

    def __str__(self) -> str:
        return " ".join([self.name, *self.arguments[:1]])

    def code(self, number: signal.Signals) -> int:
        """Return the exit code of one that was told to end before it had done its work."""
        return 0 if self.runs_until_told else 128 + number


def service(name: str, *arguments: str) -> Program:
    return Program(name, arguments, runs_until_told=True)


def command(*arguments: str, done: int = 0) -> Program:
    return Program(COMMAND_LINE, arguments, done=done)


IMPORT = command("import", str(EXAMPLES), "--organisation", "second-chance-example", done=3)


@dataclass(frozen=True)
class Ended:
    """How a program ended that was told to."""

    code: int
    out: str
    err: str

    def was_in_order(self, program: Program, number: signal.Signals) -> bool:
        """Whether it ended as it should: cut short, which it says, or with its work done."""
        assert "Traceback" not in self.err, self.err
        said = [line for line in self.err.splitlines() if f"ended by {number.name}" in line]
        if program.runs_until_told:
            return self.code == 0
        if said:
            return self.code == program.code(number) and self.err.splitlines()[-1:] == said
        return self.code == program.done


@dataclass
class Place:
    """A home with an imported example, in which one program after the other runs."""

    home: Path
    port: int
    pace: float = 1.0
    """How many seconds a command takes on this machine, busy as it is."""
    sessions: set[int] = field(default_factory=set)
    """In which programs were started: nobody may look into their memory, but everybody sees these."""

    @property
    def database(self) -> Home:
        return Home(self.home)

    def start(self, program: Program) -> subprocess.Popen[bytes]:
        """Start a program here. It writes to files: a pipe would stay open as long as an orphan."""
        others = {name: value for name, value in os.environ.items() if not name.startswith("SCP_")}
        here = {
            "SCP_HOME": str(self.home),
            "SCP_API_PORT": str(self.port),
            "SCP_WITNESS_PORT": str(self.port),
            "SCP_TILES_PORT": str(self.port if program.name == "scp_tiles" else 0),  # `serve` has both
            "SCP_DEVELOPMENT": "1",
            "SCP_KAFKA_BOOTSTRAP": "127.0.0.1:1",
        }
        with self._written("out").open("wb") as out, self._written("err").open("wb") as err:
            started = subprocess.Popen(
                [sys.executable, "-m", program.name, *program.arguments],
                cwd=self.home.parent,
                env=others | here,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        self.sessions.add(started.pid)
        return started

    def ended(self, process: subprocess.Popen[bytes]) -> Ended:
        """Return how a program ends."""
        try:
            code = process.wait(PATIENCE)
        finally:
            process.kill()
            process.wait()
        return Ended(code, self._written("out").read_text(), self._written("err").read_text())

    def _written(self, name: str) -> Path:
        return self.home.parent / name

    def run(self, program: Program) -> str:
        """Run a program until it has done its work, and return what it printed."""
        ended = self.ended(self.start(program))
        assert ended.code == program.done, ended.err
        return ended.out

    def server_runs(self) -> bool:
        return self.database.any_process()

    def orphans(self) -> list[int]:
        """Return which programs of ours run here (on Linux).

        A session nobody is in any more is forgotten: its number may be given to a stranger's.
        """
        sessions = {int(each.name): _session_of(each) for each in PROC.glob("[0-9]*")}
        self.sessions.intersection_update(sessions.values())
        return [process for process, session in sessions.items() if session in self.sessions]

    def leave_nothing(self) -> None:
        """End what a failed test left behind."""
        for orphan in self.orphans():
            os.kill(orphan, signal.SIGKILL)
        if postmaster.running(self.database) is not None:
            postmaster.stop(self.database, server_account(self.database.data))


def _session_of(process: Path) -> int | None:
    """Return the session of a process that has not ended."""
    try:
        state, _, _, session, *_ = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state == "Z" else int(session)


@contextmanager
def place(directory: Path) -> Iterator[Place]:
    """Yield a home in which the example was imported, in a directory whose path is short."""
    home = Place(directory / HOME, free_port())
    try:
        with mock.patch.dict(os.environ, {"SCP_HOME": str(home.home)}):
            make_demo_log()  # the demo is among the programs, and records in no other
        home.run(IMPORT)
        home.run(command("witness", "keygen", "court.example/witness"))
        home.run(command("verify"))  # makes the key that the log signs with
        log = read_key(home.home / LOG_KEY, KeyKind.NOTE).verifier
        (home.home / "witness" / LOGS).write_text(f"logs/v0\nvkey {log.vkey}\n")
        home.run(command("erase", TO_ERASE, "--by", "kw-juniper", "--role", "key-worker"))
        (home.home / "grounds.json").write_text(json.dumps(GROUNDS))
        begun = time.monotonic()
        home.run(command("cases"))
        home.pace = min(time.monotonic() - begun, LONGEST)
        yield home
    finally:
        home.leave_nothing()


def told(place: Place, program: Program, number: signal.Signals, share: float) -> Ended:
    """Start a program, send it a signal after a share of what a command takes, and return how it ended."""
    begun = time.monotonic()
    process = place.start(program)
    time.sleep(max(0.0, begun + max(FIRST, share * place.pace) - time.monotonic()))
    if number != signal.SIGKILL:
        until(lambda: process.poll() is not None or listens(process.pid), "it listens to signals")
    process.send_signal(number)
    return place.ended(process)


def listens(pid: int) -> bool:
    """Whether a process has got to its first lines, which take the signals; a busy machine takes its time."""
    try:
        status = (PROC / str(pid) / "status").read_text()
    except OSError:
        return not PROC.joinpath("self").exists()
    caught = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigCgt"))
    return all(caught >> (number - 1) & 1 for number in TO_END)
