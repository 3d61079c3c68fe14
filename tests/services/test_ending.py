"""Every program ends in order when told to, at any moment, and leaves nothing running when it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psycopg
import pytest

from scp_events.access import development
from scp_events.database import open_database
from scp_events.runtime.port import Port
from tests.check_log import check_log
from tests.conftest import IN_MEMORY
from tests.services.ended import (
    COMMAND_LINE,
    HOME,
    IMPORT,
    PATIENCE,
    TO_END,
    TO_ERASE,
    Place,
    Program,
    command,
    place,
    service,
    told,
)
from tests.services.test_api_service import AUDIENCE, Somebody, drafted
from tests.waiting import until
from tests.words import REFERRER

# Once: the same programs in the same trouble; test_cli_serve ends one from the wheel
pytestmark = [pytest.mark.faults, pytest.mark.once]
CASE = "SC-2025-007"
SERVICES = [
    service("scp_api"),
    service("scp_projector"),
    service("scp_relay"),
    service("scp_tiles"),
    service("scp_witness"),
    service(COMMAND_LINE, "serve"),
    service(COMMAND_LINE, "witness"),
]
ERASE = command("erase", TO_ERASE, "--by", "sv-rowan", "--grounds", f"{HOME}/grounds.json")
COMMANDS = [
    command("demo"),
    command("token", "--by", "kw-juniper", "--role", "key-worker"),
    IMPORT,
    command("cases"),
    command("replay", CASE),
    command("diff", CASE, "--to-known-at", "2025-05-01"),
    command("decisions"),
    command("caseload"),
    command("outcomes"),
    command("projections"),
    command("rebuild", "all"),
    command("verify"),
    command("export", CASE),
    command("anchors"),
    ERASE,
    command("keys", "status"),
    command("keys", "rotate"),
]
PROGRAMS = SERVICES + COMMANDS
SIGNALS = (*TO_END, signal.SIGKILL)
NEXT = Program("scp_events.database", ("true",))
"""A command that uses the database, and takes the least time of all."""
FEW = (0.0, 0.4, 0.7, 1.1)
"""Moments, as shares of what a short command takes: at once, importing, opening the database, at work."""
MANY = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.6, 2.4)


@pytest.fixture(scope="session")
def here() -> Iterator[Place]:
    with (
        tempfile.TemporaryDirectory(prefix="scp-end-", dir=os.environ.get(IN_MEMORY) or None) as directory,
        place(Path(directory)) as made,
    ):
        yield made


@pytest.fixture(autouse=True)
def _hang_up_is_not_ignored() -> Iterator[None]:
    """A run under `nohup` would have the programs ignore it too, as they should."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_a_program_that_is_told_to_end_or_killed_leaves_nothing_running(
    here: Place, program: Program
) -> None:
    """Each once, at one moment; every second one is killed."""
    turn = PROGRAMS.index(program)
    number = signal.SIGKILL if turn % 2 else TO_END[turn // 2 % 3]
    ends_in_order(here, program, number, FEW[turn // 2 % 4])


@pytest.mark.long
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_a_program_leaves_nothing_running_whenever_it_ends(
    here: Place, program: Program, number: signal.Signals
) -> None:
    for share in MANY:
        ends_in_order(here, program, number, share)


def ends_in_order(here: Place, program: Program, number: signal.Signals, share: float) -> None:
    """Start a program, end it, and look for what it left."""
    ended = told(here, program, number, share)
    at = f"{program}, {number.name} after {share} of {here.pace:.1f} s: {ended}"
    if number == signal.SIGKILL:
        assert ended.code in {-number, program.done}, at
        until(lambda: not here.orphans(), f"what a killed program started ends with it ({at})")
        here.run(NEXT)
    else:
        assert ended.was_in_order(program, number), at
    assert not here.server_runs(), at
    assert not here.orphans(), at


def test_an_interrupted_import_and_an_interrupted_erasure_are_finished_by_the_next(here: Place) -> None:
    for program, number in ((IMPORT, signal.SIGKILL), (ERASE, signal.SIGTERM)):
        ends_in_order(here, program, number, 1.3)
        assert here.run(program)
    with open_database(None, here.home) as conninfo:
        check_log(conninfo)


# --- what was acknowledged --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGKILL, *(pytest.param(n, marks=pytest.mark.long) for n in TO_END[1:])]
)
def test_what_was_acknowledged_is_in_the_log_and_what_was_taken_is_answered(
    here: Place, number: signal.Signals
) -> None:
    """Clients record for as long as somebody answers; each connects anew for every request."""
    process = here.start(service(COMMAND_LINE, "serve"))
    clients = [Client(here, f"{number.name}-{which}") for which in range(3)]
    try:
        for client in clients:
            client.start()
        until(lambda: all(client.acknowledged for client in clients), "each was answered once", PATIENCE)
        process.send_signal(number)
    finally:
        ended = here.ended(process)
        for client in clients:
            client.join()
    assert ended.code == (-number if number == signal.SIGKILL else 0), ended
    until(lambda: not here.orphans(), "the services have ended", PATIENCE)
    with open_database(None, here.home) as conninfo, psycopg.connect(conninfo) as connection:
        check_log(conninfo)
        recorded = {row[0] for row in connection.execute("SELECT reference FROM event_log.cases")}
    assert not here.server_runs()
    assert not {reference for client in clients for reference in client.acknowledged} - recorded
    # Where `serve` was killed too: its services are told by that, and end in order.
    assert not {reference for client in clients for reference in client.unanswered} & recorded


class Client(threading.Thread):
    """Drafts one referral after the other until nobody listens any more."""

    def __init__(self, here: Place, name: str) -> None:
        super().__init__(name=name)
        self._url = f"http://127.0.0.1:{here.port}"
        self._token = development.mint(here.home, REFERRER, AUDIENCE)
        self.acknowledged: list[str] = []
        self.unanswered: list[str] = []
        """Let in by the system, perhaps, and not heard by the service."""

    def run(self) -> None:
        until(self._is_answered, "the service answers", PATIENCE)
        turn = 0
        while self._drafts(f"SC-2030-{self.name}-{turn}".upper()):
            turn += 1

    def _is_answered(self) -> bool:
        try:
            return httpx2.get(f"{self._url}/readyz", timeout=60).status_code == 200
        except httpx2.ConnectError:
            return False

    def _drafts(self, reference: str) -> bool:
        headers = {"Authorization": f"Bearer {self._token}", "Scp-Purpose": "referral", "Connection": "close"}
        with httpx2.Client(base_url=self._url, headers=headers, timeout=60) as http:
            try:
                answer = drafted(Somebody(http), reference)
            except httpx2.ConnectError:
                return False
            except httpx2.TransportError:
                self.unanswered.append(reference)
                return False
        assert answer.status_code == 201, answer.text
        self.acknowledged.append(reference)
        return True


# --- before anything is started ---------------------------------------------------------------------------


@pytest.mark.parametrize("program", [SERVICES[0], *SERVICES[3:]], ids=str)
def test_a_port_that_is_taken_is_said_in_one_line_before_anything_is_started(
    tmp_path: Path, program: Program
) -> None:
    with Port("127.0.0.1", 0, setting="") as port:
        port.open()
        where = Place(tmp_path / HOME, port.number)
        ended = where.ended(where.start(program))
        taken = f"nobody can listen on 127.0.0.1, port {port.number}: Address already in use"
    assert ended.code in {1, 2}
    (line,) = ended.err.splitlines()
    assert taken in line
    assert not (tmp_path / HOME / "postgres").exists()


LISTENED = """
import runpy, sys
from scp_events.runtime import ending
def listen(*_):
    print(*sys.modules)
    raise SystemExit(0)
ending.listen = listen
"""
TAKE_LONG = {
    "structlog",
    "psycopg",
    "pydantic",
    "typer",
    "cryptography",
    "uvicorn",
    "fastapi",
    "asyncio",
    "threading",
}


@pytest.mark.parametrize(
    "started",
    [
        *(
            f"runpy.run_module({name!r}, run_name='__main__')"
            for name in sorted({program.name for program in PROGRAMS})
        ),
        "from scp_cli.starting import main; main()",
    ],
)
def test_a_program_takes_signals_before_it_imports_what_takes_long(started: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LISTENED + started], capture_output=True, text=True, check=True, timeout=60
    )
    assert "scp_events.runtime.ending" in ran.stdout
    assert not TAKE_LONG & {*ran.stdout.split()}
