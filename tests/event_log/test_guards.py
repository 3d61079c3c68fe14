"""What a server must promise; each promise of a whole server is tried in `tests/faults`."""

from __future__ import annotations

import psycopg
import pytest

from scp_events.event_log.guards import UnsafeServerError, check_promises, refuse

LIBRARY = "POSTGRES_ENABLE_DB_FUNCTIONS"


def test_a_server_that_keeps_its_promises_is_not_refused(postgres_server: str) -> None:
    with psycopg.connect(postgres_server) as connection:
        check_promises(connection)


def test_what_counts_is_how_this_connection_uses_the_server(postgres_server: str) -> None:
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        with pytest.raises(UnsafeServerError, match=r"^synchronous_commit is off: .* this role and database"):
            check_promises(connection)
        for kept in ("local", "remote_write", "on", "remote_apply"):
            connection.execute(f"SET synchronous_commit = {kept}".encode())
            check_promises(connection)


def test_every_broken_promise_is_named() -> None:
    with pytest.raises(UnsafeServerError, match=r"^fsync and synchronous_commit are off"):
        refuse(["synchronous_commit", "fsync"])


@pytest.mark.parametrize("said", ["1", "y", "Yes", "t", "True", "ON"])
def test_the_library_s_own_functions_are_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv(LIBRARY, said)
    with pytest.raises(UnsafeServerError, match=rf"^{LIBRARY} is on: .* Unset it"):
        refuse([])


@pytest.mark.parametrize("said", ["", "0", "n", "no", "false", "off"])
def test_where_the_library_s_own_functions_are_off_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv(LIBRARY, said)
    refuse([])
