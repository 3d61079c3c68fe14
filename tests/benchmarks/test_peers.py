"""Peers record what their callers say, and their checks see what is missing and what is too much."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks.peers import emmett, installed, message_db, umadb
from benchmarks.peers.peer import Peer
from benchmarks.program import Run
from tests.own_server import own_server

pytestmark = pytest.mark.once  # what is measured with is not in the wheel
EVENT = b'{"held_minutes": 45, "note": "An invented note."}'


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with own_server() as own:  # each makes a database
        yield own.conninfo


@pytest.fixture(
    params=[pytest.param(kind, id=kind.name, marks=pytest.mark.peers) for kind in installed.PEERS]
)
def peer(request: pytest.FixtureRequest, server: str) -> Iterator[Peer]:
    kind: type[Peer] = request.param
    if kind.version() is None:
        pytest.skip(f"needs {kind.name}: `make peers` installs it")
    with ExitStack() as opened:
        run = Run(server, opened)
        yield run.closing(kind(run, EVENT))


def test_what_callers_were_told_is_there(peer: Peer) -> None:
    for callers in (2, 1, 3):
        done = peer.record(callers, seconds=0.05)
        assert done.times == len(done.waits) >= callers
        peer.check(done.times)


def test_an_event_that_is_not_there_is_missed(peer: Peer) -> None:
    done = peer.record(2, seconds=0.05)
    with pytest.raises(AssertionError):
        peer.check(done.times + 1)


def test_an_event_that_nobody_was_told_of_is_found(peer: Peer) -> None:
    done = peer.record(2, seconds=0.05)
    with pytest.raises(AssertionError):
        peer.check(done.times - 1)


def test_a_peer_that_is_not_installed_is_named_with_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(umadb, "PROGRAMS", tmp_path)
    monkeypatch.setattr(message_db, "PACKAGE", tmp_path)
    monkeypatch.setattr(emmett, "PACKAGE", tmp_path)
    with ExitStack() as opened:
        run = Run("no server is asked", opened)
        assert installed.contenders(run, EVENT, 16) == {}
    assert run.not_run == [
        f"{name}: not installed, `make peers` installs it"
        for name in ("umadb", "message_db", "message_db_apart", "emmett")
    ]
    assert installed.ratios(run, "ours, 16 tasks", 16) == {
        "append_16_vs_umadb": None,
        "append_16_vs_message_db": None,
        "append_16_vs_message_db_apart": None,
        "append_16_vs_emmett": None,
    }
