"""`scp-events verify` two hundred times, while others record, erase, and the server is stopped and killed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import psycopg
import pytest

from scp_events import event_log
from scp_events.event_log import LogUnreachableError, LogUnwritableError
from tests.conftest import database
from tests.own_server import OwnServer, own_server
from tests.services.cli_case import write_case
from tests.services.desk import Desk
from tests.services.test_cli_verifying import erase, said_by

pytestmark = pytest.mark.once  # it is about the log, whoever verifies it
RUNS = 200
GOES_AWAY = (psycopg.OperationalError, LogUnreachableError, LogUnwritableError)
AWAY = 1
"""The exit code where nothing could be asked."""


@pytest.fixture
def server() -> Iterator[OwnServer]:
    with own_server() as server:
        yield server


@pytest.fixture
def own_desk(server: OwnServer, tmp_path: Path) -> Iterator[Desk]:
    with database(server.conninfo) as conninfo:
        event_log.prepare(conninfo)
        write_case(conninfo)
        yield Desk(conninfo, tmp_path)


@contextmanager
def others_recording(conninfo: str) -> Iterator[None]:
    """Have cases written, one after another, whatever becomes of the server in between."""
    stopped = threading.Event()

    def record() -> None:
        for number in count(1):
            if stopped.is_set():
                return
            with suppress(*GOES_AWAY):
                write_case(conninfo, f"SC-2026-{number:05}")

    writing = threading.Thread(target=record)
    writing.start()
    try:
        yield
    finally:
        stopped.set()
        writing.join()


@contextmanager
def killed_meanwhile(server: OwnServer, after: float) -> Iterator[None]:
    """Kill the server while something runs, and start it again."""
    killing = threading.Timer(after, server.kill_all)
    killing.start()
    try:
        yield
    finally:
        killing.join()
        server.start()


@pytest.mark.long
def test_two_hundred_runs_under_load_restarts_and_erasures_raise_no_false_alarm(
    own_desk: Desk, server: OwnServer
) -> None:
    _, said = said_by(own_desk)
    pin, came_to = said["pin"], set()
    with others_recording(own_desk.database):
        for number in range(RUNS):
            if number % 20 == 5:
                write_case(own_desk.database, f"SC-2027-{number:03}")
                erase(own_desk, f"SC-2027-{number:03}")
            if number % 20 == 10:
                server.stop()
                server.start()
            if number % 20 == 15:
                with killed_meanwhile(server, after=number / 100):
                    cut_off = own_desk.scp("verify", "--format", "json", "--pin", pin)
                assert cut_off.code in {0, AWAY}, cut_off
                assert cut_off.code == AWAY or json.loads(cut_off.out)["outcome"] == "verified"
            code, said = said_by(own_desk, "--pin", pin)
            came_to.add(code)
            pin = said["pin"]
    assert came_to == {0}
    assert own_desk.scp("projections", "verify").code == 0
