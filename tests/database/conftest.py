"""Homes of embedded servers. Whatever a test does to its server, none is left behind."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scp_events.database import embedded, postmaster
from scp_events.database.account import server_account
from scp_events.database.home import Home


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SCP_HOME", "SCP_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def a_made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home whose server was started once and stopped."""
    home = tmp_path_factory.mktemp("made") / "home"
    with embedded.hold(home):
        pass
    return home


@pytest.fixture
def empty_home() -> Iterator[Path]:
    """Yield a directory that does not exist yet; its path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="scp-test-") as directory:
        yield Path(directory) / "home"
        leave_nothing_running(Path(directory) / "home")


@pytest.fixture
def home(a_made_home: Path, empty_home: Path) -> Path:
    """Return a home with data in it; a copy, because making one takes a second."""
    return copied(a_made_home, empty_home)


def copied(home: Path, to: Path) -> Path:
    """Copy a home whose server is stopped, owners and all, and return the copy."""
    subprocess.run(["cp", "-Rp", home, to], check=True)
    return to


def leave_nothing_running(path: Path) -> None:
    """Stop the server of a home, and fail if it was still running."""
    home = Home(path)
    left = postmaster.running(home)
    if left is not None:
        postmaster.stop(home, server_account(home.data))
    assert left is None, f"the test left the server {left} behind"
