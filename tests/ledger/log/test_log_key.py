"""A log has one key: made once, kept in its file, and known to its database."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from scp_events.ledger.format.log_keys import LogKeys
from scp_events.ledger.format.note import KeyKind, Signer
from scp_events.ledger.key_files import KeyFileError, write_key
from scp_events.ledger.log import tables
from scp_events.ledger.log.log_key import known_keys, log_key
from tests.ledger.filled import LOG, connected

pytestmark = pytest.mark.once  # the command line makes a key, from the wheel


@pytest.fixture
def path(tmp_path: Path, connection: Connection[Any]) -> Path:
    tables.prepare(connection)
    return tmp_path / "home" / "ledger.key"


def test_a_new_log_gets_a_key_of_its_own(connection: Connection[Any], path: Path) -> None:
    assert known_keys(connection) is None
    signer = log_key(connection, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert signer.name.startswith("scp-events.invalid/")
    assert log_key(connection, path) == signer
    assert known_keys(connection) == LogKeys(signer.verifier)


def test_a_log_is_called_as_one_likes(connection: Connection[Any], path: Path) -> None:
    assert log_key(connection, path, "programme.example/log").name == "programme.example/log"


def test_a_key_that_is_there_is_used(connection: Connection[Any], path: Path) -> None:
    write_key(path, LOG)
    assert log_key(connection, path) == LOG


def test_a_lost_key_is_not_replaced(connection: Connection[Any], path: Path) -> None:
    log_key(connection, path)
    path.unlink()
    with pytest.raises(KeyFileError, match="there is no key"):
        log_key(connection, path)


def test_another_key_is_refused(connection: Connection[Any], path: Path) -> None:
    log_key(connection, path)
    path.unlink()
    write_key(path, Signer("log.example/other", KeyKind.NOTE, b"other".ljust(32)))
    with pytest.raises(KeyFileError, match="restore the log's own key file"):
        log_key(connection, path)


def test_programs_that_begin_together_get_one_key(log_database: str, path: Path) -> None:
    def ask(_: int) -> Signer:
        with connected(log_database) as mine:
            return log_key(mine, path)

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(ask, range(8)))) == 1
