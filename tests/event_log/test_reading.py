"""Rows are read whatever becomes of a connection, by threads and by tasks of a loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from scp_events.event_log.opening import OpeningAsync
from scp_events.event_log.reading import RECONNECTS, Reader, ReaderAsync
from scp_events.event_log.recorder import LogRecorder
from scp_events.event_log.telling import LogUnreachableError
from tests.event_log.appending import append, event, one
from tests.event_log.test_subscription import out_of_reach

HEAD = "SELECT position FROM event_log.head"
NOBODY = "SELECT count(*)::int FROM pg_roles WHERE rolname = current_user AND rolsuper"


@pytest.fixture
def recorder(log_database: str) -> Iterator[LogRecorder]:
    recorder = LogRecorder(log_database)
    yield recorder
    recorder.close()


def by_a_thread(conninfo: str, question: str, *, patience: float = 5.0, killing: int = 0) -> object:
    reader = Reader(conninfo, pool_size=2, patience=patience)
    try:
        for _ in range(killing):
            reader.fetch(HEAD)
            end_every_reader(conninfo)
        return reader.fetch(question)[0][0]
    finally:
        reader.close()


def by_a_task(conninfo: str, question: str, *, patience: float = 5.0, killing: int = 0) -> object:
    async def scene() -> object:
        reader = ReaderAsync(conninfo, pool_size=2, patience=patience)
        try:
            for _ in range(killing):
                await asyncio.gather(reader.fetch(HEAD), reader.fetch(HEAD))
                end_every_reader(conninfo)
            return (await reader.fetch(question))[0][0]
        finally:
            await reader.close()

    return asyncio.run(scene())


def end_every_reader(conninfo: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as superuser:
        superuser.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND query LIKE '%event_log.head%'"
        )


either = pytest.mark.parametrize("reads", [by_a_thread, by_a_task])


@either
def test_a_connection_that_was_ended_is_replaced(
    recorder: LogRecorder, log_database: str, reads: Callable[..., object]
) -> None:
    recorder.append(one())
    assert reads(log_database, HEAD, killing=3) == 1


@either
def test_who_only_reads_has_no_more_rights_than_a_writer(
    log_database: str, reads: Callable[..., object]
) -> None:
    assert reads(log_database, NOBODY) == 0


@either
def test_a_database_that_cannot_be_reached_is_told_as_such(
    log_database: str, postgres_server: str, reads: Callable[..., object]
) -> None:
    with out_of_reach(log_database, postgres_server), pytest.raises(LogUnreachableError, match="try again"):
        reads(log_database, HEAD, patience=0.1)


@either
def test_what_the_server_refuses_is_not_asked_again(log_database: str, reads: Callable[..., object]) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        reads(log_database, "SELECT FROM event_log.no_such_table")


@either
def test_what_goes_on_breaking_is_given_up(
    log_database: str, monkeypatch: pytest.MonkeyPatch, reads: Callable[..., object]
) -> None:
    asked: list[object] = []

    def breaking(execute: Callable[..., Any]) -> Callable[..., Any]:
        def asking(connection: object, query: object, *more: object, **how: object) -> Any:
            if query != HEAD:  # such as whether the connection still is one
                return execute(connection, query, *more, **how)
            asked.append(query)
            raise psycopg.DatabaseError("server closed the connection unexpectedly")

        return asking

    for connection in (psycopg.Connection, psycopg.AsyncConnection):
        monkeypatch.setattr(connection, "execute", breaking(connection.execute))
    with pytest.raises(LogUnreachableError, match="cannot be reached"):
        reads(log_database, HEAD)
    assert len(asked) == RECONNECTS


def test_streams_that_tasks_open_together_are_read_by_one_query(
    recorder: LogRecorder, log_database: str
) -> None:
    streams = [uuid4() for _ in range(5)]
    for length, stream in enumerate(streams):
        if length:
            recorder.append(append(*(event(stream, version) for version in range(1, length + 1))))
    queries: list[object] = []

    async def scene(reader: ReaderAsync) -> None:
        def fetch(query: str, parameters: object) -> Awaitable[list[tuple[object, ...]]]:
            queries.append(parameters)
            return reader.fetch(query, parameters)

        opening = OpeningAsync(fetch)
        found = await asyncio.gather(*(opening.read(stream, 1) for stream in streams))
        assert [[page.version for page in pages] for pages in found] == [[], [], [2], [2, 3], [2, 3, 4]]
        await opening.close()

    async def all_of_it() -> None:
        reader = ReaderAsync(log_database, pool_size=2, patience=5.0)
        try:
            await asyncio.wait_for(scene(reader), 60)
        finally:
            await reader.close()

    asyncio.run(all_of_it())
    assert len(queries) == 1
