"""The connections over which a service reads for those who ask it."""

from __future__ import annotations

from psycopg_pool import ConnectionPool


def request_pool(conninfo: str, *, most: int, patience: float) -> ConnectionPool:
    """Return so many connections, not opened yet. `patience` is how many seconds one is waited for."""
    return ConnectionPool(
        conninfo,
        min_size=1,
        max_size=most,
        timeout=patience,
        reconnect_timeout=patience,  # then the next request tries anew, not a clock that doubles
        kwargs={"autocommit": True},
        open=False,
    )
