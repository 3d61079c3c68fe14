"""The import under way: it has the turn, its files arrive, and then a program of its own works on them.

A program of its own, because an import reads whatever was sent, and computes for minutes: neither a hostile
file nor a large one may hold up those who work with the service.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from time import monotonic, sleep
from uuid import UUID

import psycopg

from scp_api import problems
from scp_api.imports.kept import OWNERS_ALONE, Kept, Place
from scp_api.imports.words import Asked
from scp_events.privacy.copies import NO_CASE, CopyKind, directory_for
from scp_events.runtime import ending
from scp_events.runtime.service_log import logger, raised_at

PATIENCE_SECONDS = 20.0
"""How long a program that was told to end may take."""
TIDY_SECONDS = 3600.0
LOOK_AGAIN_SECONDS = 0.1


class Begun:
    """An import that has the turn. It is undone, or handed to a program that works on it."""

    def __init__(self, kept: Kept, place: Place, turn: int, conninfo: str) -> None:
        self._kept = kept
        self._place = place
        self._turn = turn
        self._opened = ExitStack()
        self._opened.callback(os.close, turn)
        try:
            kept.forget(place)
            place.path.mkdir(mode=OWNERS_ALONE)
            uploaded = directory_for(conninfo, CopyKind.UPLOADED_SHEETS, place.sheets, [NO_CASE])
            self._opened.enter_context(uploaded)
        except BaseException:
            self._opened.close()
            raise

    @property
    def sheets(self) -> Path:
        """Where the files are to be put."""
        return self._place.sheets

    def undo(self) -> None:
        """Leave nothing of it, and let the next one have the turn."""
        try:
            with self._opened:
                """Whatever happens, the turn is given back."""
        finally:
            self._kept.forget(self._place)

    def start(self, asked: Asked) -> subprocess.Popen[bytes]:
        """Start the program that works on it. It holds the turn too, and ends where we end."""
        self._place.ask(asked)
        return subprocess.Popen(  # noqa: S603 - ours
            [sys.executable, "-m", "scp_api.imports", str(self._place.path)],
            env={**os.environ, ending.WITH_STDIN: "1"},
            stdin=subprocess.PIPE,
            pass_fds=[self._turn],
            process_group=0,
        )

    def end_with(self, program: subprocess.Popen[bytes]) -> None:
        """Wait for the end of the program, remove the files, and give the turn back."""
        assert program.stdin is not None, "it is a pipe"  # noqa: S101 - for the type checker
        try:
            program.wait()
        finally:
            program.stdin.close()  # held until now: without it the program would have ended
        try:
            self._opened.close()
        except (OSError, psycopg.Error) as error:  # the next one that begins, or is started, removes them
            logger.error("failed", step="upload", error=type(error).__name__, raised_at=raised_at(error))


class Importing:
    """Lets one import begin at a time, and ends the program at work with the service."""

    def __init__(self, kept: Kept, conninfo: str, now: Callable[[], datetime], *, megabytes: int) -> None:
        self.kept = kept
        self.megabytes = megabytes
        self._conninfo = conninfo
        self._now = now
        self._stopping = threading.Event()
        self._program: subprocess.Popen[bytes] | None = None
        self._threads: list[threading.Thread] = []

    def open(self) -> None:
        """Remove what was left behind or kept long enough, now and every hour."""
        self._tidy()
        self._in_a_thread(self._tidy_again_and_again)

    def begin(self, import_id: UUID) -> Begun:
        """Return an import that has the turn. Raises `Problem` where another has it."""
        deadline = monotonic() + PATIENCE_SECONDS
        while (turn := self.kept.turn.take(import_id)) is None:
            if not self.kept.is_turn_soon_free() or monotonic() > deadline or self._stopping.is_set():
                raise problems.import_under_way()
            sleep(LOOK_AGAIN_SECONDS)
        return Begun(self.kept, self.kept.place(import_id), turn, self._conninfo)

    def work_on(self, begun: Begun, asked: Asked) -> None:
        """Have a program work on what has arrived."""
        self._program = program = begun.start(asked)
        self._in_a_thread(lambda: begun.end_with(program))

    def close(self) -> None:
        """Interrupt the program at work, and wait for it: it says what is in."""
        self._stopping.set()
        if (program := self._program) is not None and program.poll() is None:
            program.terminate()
            try:
                program.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                program.kill()
        for thread in self._threads:
            thread.join()

    def _in_a_thread(self, work: Callable[[], None]) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=work, name="import", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _tidy_again_and_again(self) -> None:
        while not self._stopping.wait(TIDY_SECONDS):
            self._tidy()

    def _tidy(self) -> None:
        try:
            self.kept.tidy(self._conninfo, self._now())
        except (OSError, psycopg.Error) as error:
            logger.error("failed", step="upload", error=type(error).__name__, raised_at=raised_at(error))
