"""Asking again where a connection broke: for what may be repeated without harm.

After a failure the pool is checked, so that of connections that broke together only one is met with. Raises
`PoolTimeout` where every connection stays busy, and the last error where the attempts are used up.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import psycopg
from psycopg import AsyncConnection, Connection
from psycopg_pool import AsyncConnectionPool, ConnectionPool, PoolTimeout

from scp_events.database.errors import is_out_of_reach

T = TypeVar("T")

SAID_FOR_GOOD = (PoolTimeout, psycopg.errors.DiskFull, psycopg.errors.ObjectNotInPrerequisiteState)
"""Operational errors that asking again does not mend."""


def insist(pool: ConnectionPool[Any], attempts: int, work: Callable[[Connection[Any]], T]) -> T:
    """Do `work` on a connection; on a broken one, again on the next, until `attempts` are used up."""
    for left in reversed(range(attempts)):
        try:
            with pool.connection() as connection:
                return work(connection)
        except psycopg.Error as error:
            if not left or not _is_worth_a_retry(error):
                raise
            pool.check()
    raise AssertionError("unreachable: the loop returns or raises")


async def insist_async(
    pool: AsyncConnectionPool[Any], attempts: int, work: Callable[[AsyncConnection[Any]], Awaitable[T]]
) -> T:
    """Do as `insist` does, for a task of an event loop."""
    for left in reversed(range(attempts)):
        try:
            async with pool.connection() as connection:
                return await work(connection)
        except psycopg.Error as error:
            if not left or not _is_worth_a_retry(error):
                raise
            await pool.check()
    raise AssertionError("unreachable: the loop returns or raises")


def _is_worth_a_retry(error: psycopg.Error) -> bool:
    return is_out_of_reach(error) and not isinstance(error, SAID_FOR_GOOD)
