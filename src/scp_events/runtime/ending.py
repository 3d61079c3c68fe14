"""Told to end: what SIGTERM, SIGHUP and SIGINT (Ctrl-C) come to, from a program's first line on.

A program is cut short where it stands: it has to survive a crash there anyway. What would outlive it, such as
a database server that it started, is let go of first (`at_last`). No exception is raised in the middle of
whatever was going on, so none can be swallowed there, and none is shown as a traceback.

    ending.listen("scp")              # the first thing a program does, before it imports what takes long
    with ending.saying(how_far):      # its line says how far the block has come, where it is cut short in it
    with ending.at_last(let_go):      # called when the block ends, and where it is cut short
        with ending.postponed():      # a signal is noted, and cuts the program short when the block ends
            ...
        with ending.in_order():       # a signal is noted, for the block to ask about; nothing is cut short
            while not ending.told():
                ...

A service that was told to end has done as it should: its exit code is 0. A command was interrupted: it says
so in one line, and its exit code is what a shell tells of a program killed so, 128 and the signal's number.
"""

from __future__ import annotations

import atexit
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Windows does not know them all."""
WITH_STDIN = "SCP_END_WITH_STDIN"
"""A variable set for a program that is to end with its parent, which holds the other end of its stdin."""
REPEATABLE = "what was recorded stays, and it may be run again"
KILLED = 128
STDERR = 2
CLEAN = "\r\x1b[K\x1b[?25h"
"""Has a terminal forget the progress bar that was drawn, and show its cursor again."""

Step = Callable[[], object]
Stop = Callable[[int], object]


class _ToldError(BaseException):
    """Leads from a place that waits to the end of the postponed block around it, where the program ends."""


class _Program:
    """What is known of the end of the one program there is here."""

    def __init__(self) -> None:
        self.name: str | None = None
        self.told: signal.Signals | None = None
        self.postponing: list[object] = []
        self.letting_go: list[Step] = []
        self.stop: Stop | None = None
        self.is_ending = False
        self.how_far: Callable[[], str] = lambda: REPEATABLE


_this = _Program()


def listen(command: str | None = None) -> None:
    """Take the signals from now on, for the command of this name, or else for a service.

    SIGHUP stays ignored where it was: that is what `nohup` is for.
    """
    _this.name = command
    for number in SIGNALS:
        if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _note)
    atexit.register(_ignore)
    if os.environ.pop(WITH_STDIN, None):
        _end_with_stdin()


def told() -> bool:
    """Whether the program was told to end."""
    return _this.told is not None


def check() -> None:
    """Leave the postponed block where the program was told to end. For a place that waits."""
    if told() and _this.stop is None and not _this.is_ending:
        raise _ToldError


@contextmanager
def postponed() -> Iterator[None]:
    """Let nothing be cut short in the block: the program ends when it does."""
    mark = object()
    _this.postponing.append(mark)
    try:
        yield
    finally:
        _this.postponing.remove(mark)
        if told() and _this.stop is None:
            _end_unless_postponed()


@contextmanager
def in_order(stop: Stop = lambda _number: None) -> Iterator[None]:
    """Once told, let the block end by itself, and the program as it would have ended anyway.

    `stop` is called with the number of every signal, between any two lines of the main thread, so it may take
    no lock: it sets a flag.
    """
    _this.stop = stop
    try:
        yield
    finally:
        if not told():
            _this.stop = None


@contextmanager
def saying(how_far: Callable[[], str]) -> Iterator[None]:
    """Have the line that a command ends with say how far it has come, where it is cut short in the block.

    `how_far` is called between any two lines of the main thread, so it may take no lock.
    """
    _this.how_far = how_far
    try:
        yield
    finally:
        _this.how_far = lambda: REPEATABLE


@contextmanager
def at_last(let_go: Step) -> Iterator[None]:
    """Have `let_go` called when the block ends, and also where the program is cut short in it.

    It has to cope with whatever line of the block was the last.
    """
    _this.letting_go.append(let_go)
    try:
        yield
    finally:
        with postponed():
            try:
                let_go()
            finally:
                _this.letting_go.remove(let_go)


def _note(number: int, _frame: object) -> None:
    """Take a signal. The first one counts."""
    _this.told = _this.told or signal.Signals(number)
    if _this.stop is not None:
        _this.stop(number)
    else:
        _end_unless_postponed()


def _end_unless_postponed() -> None:
    if not (_this.postponing or _this.is_ending):
        _end()


def _end() -> NoReturn:
    """Let go of what would outlive the program, and end it here and now."""
    _this.is_ending = True
    number = _this.told or signal.SIGTERM
    name = _this.name or "a service that was told to end"
    terminal = _taken_from_others()
    if _this.name is not None:
        _say(terminal, f"{name}: ended by {number.name}; {_this.how_far()}")
    for let_go in reversed(_this.letting_go):
        try:
            let_go()
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are let go of as well
            _say(terminal, f"{name}: {error}")
    os._exit(0 if _this.name is None else KILLED + number)


def _taken_from_others() -> int:
    """Return what stderr was, for us alone: other threads are about to complain of broken connections."""
    terminal, nowhere = os.dup(STDERR), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STDERR)
    return terminal


def _say(terminal: int, line: str) -> None:
    """Write a line, whatever Python was in the middle of writing. The terminal may have gone."""
    with suppress(OSError):
        os.write(terminal, f"{CLEAN if os.isatty(terminal) else ''}{line}\n".encode())


def _ignore() -> None:
    """Take no more signals: the program has done its work, and Python is about to let go of them."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _end_with_stdin() -> None:
    """Tell ourselves to end once nobody holds the other end of stdin: however the parent ended."""
    import threading  # noqa: PLC0415 - few programs need it this early

    main = threading.main_thread().ident or 0

    def wait() -> None:
        while os.read(0, 1):
            pass
        signal.pthread_kill(main, signal.SIGTERM)

    threading.Thread(target=wait, daemon=True, name="parent").start()
