"""What a run is played with: the real things, or a mutant's in the place of one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from scp_events.event_log.appender import Appender, AppenderAsync
from scp_events.event_log.sender import Sender, SenderAsync

from scp_events.event_log.listener import Listener

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


@dataclass(frozen=True)
class Parts:
    """How each thing is made."""

    sender: Callable[[str], Sender] = Sender
    sender_async: Callable[[str], SenderAsync] = SenderAsync
    appender: Callable[[Sequence[Sender]], Appender] = Appender
    appender_async: Callable[[Sequence[SenderAsync]], AppenderAsync] = AppenderAsync
    tail: Callable[[int], Tail] = Tail
    listener: Callable[[str], Listener] = Listener
    patch: Callable[[], None] = lambda: None
    """What is done in a writer's process before anything else."""
