"""A database with a keyring of its own, whose epochs a test may rotate and retire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from scp_events.privacy import Keyring
from scp_events.privacy.file_home import FileHome

Opening = Callable[..., Keyring]


@pytest.fixture
def keyring_file(tmp_path: Path) -> Path:
    return tmp_path / "keyring"


@pytest.fixture
def opening(log_database: str, keyring_file: Path) -> Iterator[Opening]:
    """Yield a way to open the keyring, as each of several processes would."""
    with ExitStack() as opened:

        def another(conninfo: str = log_database, **how: Any) -> Keyring:
            return opened.enter_context(
                Keyring(conninfo, lambda installation: FileHome(keyring_file, installation), **how)
            )

        yield another


@pytest.fixture
def keyring(opening: Opening) -> Keyring:
    return opening()
