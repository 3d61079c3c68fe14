"""Whoever is told to end, or killed, while it starts or stops its server leaves none without a holder."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from scp_events.database.embedded import hold
from scp_events.database.home import Home
from tests.database.programs import program
from tests.waiting import until

# Once: the same program in trouble; test_embedded runs it from the wheel
pytestmark = [pytest.mark.faults, pytest.mark.once]
LISTENS = "from scp_events.runtime import ending\nending.listen('holder')"
TO_END = (signal.SIGTERM, signal.SIGINT)
MOMENTS: dict[str, Callable[[Path], bool]] = {
    "its data is being made": lambda home: (home / "postgres.making" / "PG_VERSION").exists(),
    "its data is made": lambda home: (home / "postgres").exists(),
    "the server starts": lambda home: (home / "postgres" / "postmaster.pid").exists(),
}


@pytest.mark.parametrize("number", TO_END)
@pytest.mark.parametrize("moment", MOMENTS)
def test_told_to_end_while_its_server_comes_to_be_a_program_leaves_none(
    empty_home: Path, moment: str, number: signal.Signals
) -> None:
    with program(empty_home, before=LISTENS) as told:
        until(lambda: MOMENTS[moment](empty_home), moment)
        told.process.send_signal(number)
        said, _ = told.process.communicate(timeout=120)
    assert told.process.returncode == 128 + number, said
    assert "Traceback" not in said
    assert not Home(empty_home).any_process()
    hold_once(empty_home)


@pytest.mark.parametrize("moment", MOMENTS)
def test_what_a_program_left_that_was_killed_meanwhile_is_no_hindrance_and_is_stopped_by_the_next(
    empty_home: Path, moment: str
) -> None:
    with program(empty_home) as killed:
        until(lambda: MOMENTS[moment](empty_home), moment)
        killed.kill()
    hold_once(empty_home)


def test_while_it_waits_for_another_program_to_start_the_server_a_program_can_be_told_to_end(
    home: Path,
) -> None:
    with Home(home).locked(), program(home, before=f"{LISTENS}\nprint('begun', flush=True)") as told:
        assert told.process.stdout is not None
        assert told.process.stdout.readline() == "begun\n"
        told.process.terminate()
        assert told.process.wait(60) == 128 + signal.SIGTERM
    hold_once(home)


def test_of_two_holders_the_one_that_is_told_to_end_leaves_the_server_to_the_other(home: Path) -> None:
    with program(home, before=LISTENS) as told, program(home) as other:
        assert told.server() == other.server()
        told.process.terminate()
        assert told.process.wait(60) == 128 + signal.SIGTERM
        assert Home(home).any_process()
        other.end()
    assert not Home(home).any_process()


def hold_once(home: Path) -> None:
    with hold(home):
        pass
    assert not Home(home).any_process()
