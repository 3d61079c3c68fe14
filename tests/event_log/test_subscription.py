"""The library's subscription on our recorder: it misses nothing, whatever becomes of its connections."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from scp_events.database.insisting import insist
from scp_events.event_log.recorder import LogRecorder
from tests.event_log.appending import one
from tests.waiting import until

SHORT = 0.2
"""Seconds a reader waits for a connection before it is told that there is none."""


@contextmanager
def out_of_reach(conninfo: str, server: str) -> Iterator[None]:
    """Let nobody connect to a database until the block ends."""
    name = str(conninfo_to_dict(conninfo)["dbname"])
    allow = SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(allow.format(Identifier(name), SQL("false")))
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )
        try:
            yield
        finally:
            connection.execute(allow.format(Identifier(name), SQL("true")))


def test_it_waits_through_an_outage_and_goes_on_where_it_was(postgres_server: str, log_database: str) -> None:
    recorder = LogRecorder(log_database, patience=SHORT)
    writer = LogRecorder(log_database)
    writer.append(one())
    with recorder.subscribe(gt=0) as subscription, ThreadPoolExecutor(1) as pool:
        assert next(subscription).id == 1
        coming = pool.submit(next, subscription)
        pulls = Pulls(subscription)
        with out_of_reach(log_database, postgres_server):
            until(lambda: pulls.failed, "it has pulled in vain")
        writer.append(one())
        assert coming.result(60).id == 2
    recorder.close()
    writer.close()


class Pulls:
    """Watches a subscription pull."""

    def __init__(self, subscription: object) -> None:
        self.failed = False
        recorder = subscription._recorder  # type: ignore[attr-defined]  # noqa: SLF001 - of the library
        select = recorder.select_notifications

        def watched(*args: object, **kwargs: object) -> object:
            try:
                return select(*args, **kwargs)
            except Exception:
                self.failed = True
                raise

        recorder.select_notifications = watched


def test_whoever_stops_it_is_not_kept_waiting(log_database: str) -> None:
    recorder = LogRecorder(log_database)
    with recorder.subscribe(gt=0) as subscription, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(list, subscription)
        recorder.append(one())
        subscription.stop()
        assert [each.id for each in waiting.result(60)] in ([], [1])
    recorder.close()


def test_a_read_whose_connection_ends_without_a_word_is_made_again(log_database: str) -> None:
    recorder = LogRecorder(log_database)
    recorder.append(one())
    endings = [psycopg.DatabaseError("server closed the connection unexpectedly")]

    def ending(connection: psycopg.Connection[tuple[object, ...]]) -> object:
        if endings:
            raise endings.pop()
        return connection.execute("SELECT position FROM event_log.head").fetchone()

    assert insist(recorder._pool, ending) == (1,)  # noqa: SLF001 - how every read is made
    recorder.close()
