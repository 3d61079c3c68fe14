"""What a signal comes to, in programs of a few lines."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
BEGINNING = """
import os, signal, sys, threading, time
from scp_events.runtime import ending
def say(text): os.write(1, f"{text}\\n".encode())  # a signal may come while `print` still holds its lock
def at_work():
    say("at work")
    time.sleep(60)
    say("nobody ended it")
"""


@contextmanager
def running(program: str, **how: object) -> Iterator[subprocess.Popen[str]]:
    """Run a program until the block ends at the latest."""
    with subprocess.Popen(  # type: ignore[call-overload] # the options differ in type
        [sys.executable, "-c", BEGINNING + textwrap.dedent(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **how,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(program: str, *numbers: signal.Signals) -> tuple[int, str, str]:
    """Send signals to a program once it has said the first line; return its code and what it said."""
    with running(program) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        for number in numbers:
            process.send_signal(number)
        out, err = process.communicate(timeout=60)
    return process.returncode, first + out, err


@pytest.fixture(autouse=True)
def _hang_up_is_not_ignored() -> Iterator[None]:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_command_is_interrupted_in_one_line_and_with_the_code_of_the_signal(number: signal.Signals) -> None:
    code, _, err = ended("ending.listen('tidy')\nat_work()", number)
    assert code == 128 + number
    assert err == f"tidy: ended by {number.name}; what was recorded stays, and it may be run again\n"


@pytest.mark.parametrize("number", SIGNALS)
def test_a_service_that_is_told_to_end_has_done_as_it_should(number: signal.Signals) -> None:
    assert ended("ending.listen()\nat_work()", number) == (0, "at work\n", "")


def test_what_would_outlive_a_program_is_let_go_of_last_first() -> None:
    program = """
    ending.listen()
    with ending.at_last(lambda: say("first")), ending.at_last(lambda: say("second")):
        at_work()
    """
    assert ended(program, signal.SIGTERM) == (0, "at work\nsecond\nfirst\n", "")


def test_what_was_let_go_of_is_not_let_go_of_again() -> None:
    program = """
    ending.listen()
    with ending.at_last(lambda: say("once")):
        say("in the block")
    at_work()
    """
    with running(program) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(3)][-1] == "at work\n"
        process.terminate()
        assert process.communicate(timeout=60) == ("", "")


def test_a_second_signal_does_not_keep_a_program_from_letting_go() -> None:
    program = """
    def let_go():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)
        say("let go of")
    ending.listen("tidy")
    with ending.at_last(let_go):
        at_work()
    """
    code, out, err = ended(program, signal.SIGTERM)
    assert (code, out) == (143, "at work\nlet go of\n")
    assert "SIGINT" not in err


def test_what_cannot_be_let_go_of_is_said_and_the_rest_is_let_go_of() -> None:
    program = """
    def cannot():
        raise OSError("it does not stop")
    ending.listen("tidy")
    with ending.at_last(lambda: say("let go of")), ending.at_last(cannot):
        at_work()
    """
    code, out, err = ended(program, signal.SIGTERM)
    assert (code, out) == (143, "at work\nlet go of\n")
    assert err.splitlines()[-1] == "tidy: it does not stop"


def test_a_signal_waits_for_the_end_of_what_must_not_be_cut_short() -> None:
    program = """
    ending.listen()
    with ending.postponed():
        with ending.postponed():
            say("at work")
            while not ending.told():
                time.sleep(0.01)
        say("finished")
    say("not reached")
    """
    assert ended(program, signal.SIGTERM) == (0, "at work\nfinished\n", "")


def test_a_place_that_waits_leaves_what_is_not_cut_short_otherwise() -> None:
    program = """
    ending.listen()
    with ending.postponed():
        try:
            say("waiting")
            while True:
                ending.check()
                time.sleep(0.01)
        finally:
            say("left")
    say("not reached")
    """
    assert ended(program, signal.SIGTERM) == (0, "waiting\nleft\n", "")


def test_a_program_that_ends_by_itself_is_left_to_end_as_it_would_have() -> None:
    program = """
    numbers = []
    ending.listen()
    with ending.at_last(lambda: say("let go of")):
        with ending.in_order(numbers.append):
            say("serving")
            while len(numbers) < 2:
                time.sleep(0.01)
            with ending.postponed():
                pass
        say(f"served, {ending.told()}")
    sys.exit(7)
    """
    code, out, err = ended(program, signal.SIGTERM, signal.SIGINT)
    assert (code, out, err) == (7, "serving\nserved, True\nlet go of\n", "")


def test_nothing_is_shown_of_what_other_threads_say_when_their_connections_go() -> None:
    program = """
    closed = threading.Event()
    def use():
        closed.wait()
        raise OSError("the connection is gone")
    thread = threading.Thread(target=use)
    def let_go():
        closed.set()
        thread.join()
    ending.listen("tidy")
    with ending.at_last(let_go):
        thread.start()
        at_work()
    """
    code, _, err = ended(program, signal.SIGTERM)
    assert code == 143
    assert "Traceback" not in err


def test_a_signal_while_python_tidies_up_changes_nothing() -> None:
    """Python gives its handlers back before it is done, and the signal would then kill it."""
    program = """
    class Late:
        def __del__(self, kill=os.kill, pid=os.getpid(), number=signal.SIGTERM):
            kill(pid, number)
    ending.listen("tidy")
    sys.late = Late()
    say("done")
    """
    assert ended(program) == (0, "done\n", "")


def test_a_hang_up_that_was_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as under `nohup`; the fixture takes it back
    program = """
    ending.listen()
    say("listening")
    time.sleep(0.2)
    say("still there")
    """
    assert ended(program, signal.SIGHUP) == (0, "listening\nstill there\n", "")


def test_a_child_ends_in_order_however_its_parent_ended() -> None:
    child = """
    ending.listen()
    with ending.at_last(lambda: say("let go of")):
        at_work()
    """
    with running(child, stdin=subprocess.PIPE, env=os.environ | {"SCP_END_WITH_STDIN": "1"}) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "at work\n"
        process.stdin.close()  # as the kernel does for a parent that was killed
        assert process.stdout.readline() == "let go of\n"
        assert process.wait(60) == 0
