"""What a run is played with: the real things, or a mutant's in the place of one of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg

from scp_events.database.connection import Connection
from scp_events.event_log.appends import Append
from scp_events.event_log.calls import STATEMENTS
from scp_events.event_log.connecting import connect
from scp_events.event_log.group_commit import GroupCommit, Send
from scp_events.event_log.listener import Listener
from scp_events.event_log.roles import WRITER
from scp_events.event_log.sending import Sender

PAGE = 10
"""Positions a reader takes at a time."""

Row = tuple[int, str, int]
"""Position, stream and version."""


class Tail:
    """The end of the log, read page after page: `position > n ORDER BY position`, and nothing else."""

    def __init__(self, after: int) -> None:
        self._after = after

    def pull(self, connection: psycopg.Connection[Any]) -> list[Row]:
        """Return what came, up to a page of it."""
        rows = connection.execute(
            "SELECT position, stream_id, version FROM event_log.events WHERE position > %s"
            " ORDER BY position LIMIT %s",
            (self._after, PAGE),
        ).fetchall()
        return self._taken(rows)

    def _taken(self, rows: Sequence[Sequence[Any]]) -> list[Row]:
        if rows:
            self._after = rows[-1][0]
        return [(position, stream.hex, version) for position, stream, version in rows]


PATIENCE = 30.0


def connection(conninfo: str) -> Connection:
    """Return a connection to append over."""
    return Connection(partial(connect, conninfo, WRITER, PATIENCE), STATEMENTS)


def answered(conninfo: str, appends: Sequence[Append]) -> None:
    """Have appends recorded, from outside any loop."""
    sender = Sender(connection(conninfo), patience=PATIENCE)

    async def sending() -> None:
        for said in await sender.send(appends):
            assert not isinstance(said, Exception), said

    asyncio.run(sending())
    sender.close()


@dataclass(frozen=True)
class Parts:
    """How each thing is made."""

    sender: type[Sender] = Sender
    commit: Callable[[Sequence[Send]], GroupCommit] = GroupCommit
    tail: Callable[[int], Tail] = Tail
    listener: Callable[[str], Listener] = Listener
    patch: Callable[[], None] = lambda: None
    """What is done in a writer's process before anything else."""
