from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest

from scp_events import event_log, privacy
from scp_events.event_log import guards
from scp_events.event_log.group_commit import GroupCommit
from scp_events.event_log.store import SENDERS
from tests.conftest import database
from tests.event_log.appending import change_database, one, stored
from tests.event_log.from_outside import sender
from tests.event_log.oracle.run import run
from tests.own_server import OwnServer
from tests.waiting import until

pytestmark = pytest.mark.faults

CALLERS = 8
ENOUGH = 400
"""Appends acknowledged before the server is killed."""


class Load:
    """Many callers that append until told to stop, and what they were told."""

    def __init__(self, conninfo: str) -> None:
        self.acknowledged: dict[int, object] = {}
        """Commands by their positions."""
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._callers = self._pool.submit(asyncio.run, self._append_all(conninfo))

    async def _append_all(self, conninfo: str) -> None:
        senders = [sender(conninfo) for _ in range(SENDERS)]
        commit = GroupCommit([each.send for each in senders])
        await asyncio.gather(*(self._append(commit) for _ in range(CALLERS)))
        await commit.close()
        for each in senders:
            each.close()

    async def _append(self, commit: GroupCommit) -> None:
        while not self._stopping.is_set():
            append = one()
            answer = await commit.append(append)
            self.acknowledged[answer.first_position] = append.command_id

    def until(self, acknowledged: int) -> None:
        """Let them go on until so many appends are acknowledged."""
        until(lambda: len(self.acknowledged) >= acknowledged, f"{acknowledged} appends are acknowledged")

    def stop(self) -> None:
        """Let them end with the append they are at."""
        self._stopping.set()
        self._callers.result(60)
        self._pool.shutdown()


@pytest.fixture
def conninfo(own: OwnServer) -> Iterator[str]:
    """Yield how to connect to an empty log, of which the disk knows whatever was written before."""
    with database(own.conninfo) as conninfo:
        event_log.prepare(conninfo)
        privacy.prepare(conninfo)
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        yield conninfo


@contextmanager
def load(conninfo: str) -> Iterator[Load]:
    """Put a log under load until the block ends."""
    made = Load(conninfo)
    try:
        yield made
    finally:
        made.stop()


def lost(conninfo: str, acknowledged: dict[int, object]) -> list[int]:
    """Return the positions that were acknowledged and are not there, or hold something else."""
    kept = {position: command for position, _, _, command in stored(conninfo)}
    assert list(kept) == list(range(1, len(kept) + 1)), "positions are dense, whatever is lost"
    return [position for position, command in acknowledged.items() if kept.get(position) != command]


def kill_the_server(own: OwnServer, _: str) -> None:
    own.kill()
    own.start()


def kill_one_of_its_processes(_: OwnServer, conninfo: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    os.kill(rows[0][0], signal.SIGKILL)


@pytest.mark.parametrize("kill", [kill_the_server, kill_one_of_its_processes])
def test_nothing_acknowledged_is_lost_where_the_server_is_killed_under_load(
    own: OwnServer, conninfo: str, kill: Callable[[OwnServer, str], None]
) -> None:
    with load(conninfo) as callers:
        callers.until(ENOUGH)
        before = dict(callers.acknowledged)
        kill(own, conninfo)
        callers.until(len(before) + ENOUGH)
    assert lost(conninfo, before) == []
    assert lost(conninfo, callers.acknowledged) == []


def test_without_synchronous_commit_the_same_loses_what_was_acknowledged(
    own: OwnServer, conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: were nothing lost here, the test above would prove nothing."""
    assert "synchronous_commit" in guards.PROMISES, "nobody but this test gets as far"
    monkeypatch.setattr(guards, "PROMISES", ())
    change_database(conninfo, "synchronous_commit = off")
    with load(conninfo) as callers:
        callers.until(ENOUGH)
        before = dict(callers.acknowledged)
        kill_the_server(own, conninfo)
    assert len(lost(conninfo, before)) > 0


@pytest.mark.long
def test_nothing_is_lost_or_told_wrong_where_callers_and_the_server_s_processes_are_killed(
    own: OwnServer, conninfo: str
) -> None:
    acts = ("kill_a_writer", "kill_a_backend", "kill_the_server")
    verdict = run(conninfo, own, seed=1, seconds=5.0, acts=acts, moves=False)
    print(verdict)  # noqa: T201 - shown where it fails
    assert not verdict.laws
    assert set(acts) & set(verdict.mischief)
