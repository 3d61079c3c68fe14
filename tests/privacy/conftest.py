"""A database with a keyring of its own, whose epochs a test may rotate and retire.

Tests that ask for `home_of` run twice: with the keyring in a file, and in a Vault where there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from scp_events.privacy import Keyring
from scp_events.privacy.homes import KeyHome
from scp_events.privacy.opening import home_named
from tests.vault import Vault, running

Opening = Callable[..., Keyring]
HomeOf = Callable[[UUID], KeyHome]


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    with running(tmp_path_factory.mktemp("vault") / "log") as vault:
        yield vault


@pytest.fixture
def keyring_file(tmp_path: Path) -> Path:
    return tmp_path / "keyring"


@pytest.fixture(params=["file", pytest.param("vault", marks=pytest.mark.vault)])
def named(request: pytest.FixtureRequest, keyring_file: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what SCP_KEYRING says."""
    if request.param == "file":
        return str(keyring_file)
    vault: Vault = request.getfixturevalue("vault")
    monkeypatch.setenv("SCP_KEYRING_TOKEN", vault.token)
    return f"{vault.address}-{uuid4()}"  # copies of one database are one installation: keep tests apart


@pytest.fixture
def home_of(named: str) -> HomeOf:
    return home_named(named)


@pytest.fixture
def opening(log_database: str, home_of: HomeOf) -> Iterator[Opening]:
    """Yield a way to open the keyring, as each of several processes would."""
    with ExitStack() as opened:

        def another(conninfo: str = log_database, **how: Any) -> Keyring:
            return opened.enter_context(Keyring(conninfo, home_of, **how))

        yield another


@pytest.fixture
def keyring(opening: Opening) -> Keyring:
    return opening()
