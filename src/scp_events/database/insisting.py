"""Asking again where a connection broke: for what may be repeated without harm."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg import Connection
from psycopg_pool import ConnectionPool, PoolTimeout

from scp_events.database.errors import is_out_of_reach

T = TypeVar("T")

ATTEMPTS = 8
"""How often it is asked again; each time waits for the pool to reconnect."""
SAID_FOR_GOOD = (PoolTimeout, psycopg.errors.DiskFull, psycopg.errors.ObjectNotInPrerequisiteState)
"""Operational errors that asking again does not mend."""


def insist(pool: ConnectionPool[Any], work: Callable[[Connection[Any]], T]) -> T:
    """Do `work` on a connection; on a broken one, again on the next, while the pool's patience lasts.

    After a failure the pool is checked, so that of connections that broke together only one is met with.
    Raises `PoolTimeout` where every connection stays busy, and the last error where nothing helped.
    """
    deadline = monotonic() + pool.timeout
    for left in reversed(range(ATTEMPTS)):
        try:
            with pool.connection() as connection:
                return work(connection)
        except psycopg.Error as error:
            if not left or not _is_worth_a_retry(error) or monotonic() > deadline:
                raise
            pool.check()
    raise AssertionError("unreachable: the loop returns or raises")


def _is_worth_a_retry(error: psycopg.Error) -> bool:
    return is_out_of_reach(error) and not isinstance(error, SAID_FOR_GOOD)
