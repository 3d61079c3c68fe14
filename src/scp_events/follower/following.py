"""One projection kept in step by one follower.

A follower may die at any moment. What it had not committed is gone with it, rows and checkpoint alike, and
the next one begins where the last commit was.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

import psycopg
import structlog

from scp_events.database import broke_off
from scp_events.event_log import LogReader, LogUnreachableError, UnreadableEventError
from scp_events.follower import checkpoints
from scp_events.follower.checkpoints import Checkpoint, FencedError, MovedError, State
from scp_events.follower.projection import AnyConnection, Projection, schema_of
from scp_events.follower.reading_ahead import ReadAhead
from scp_events.follower.taking_in import SPAN, Tables
from scp_events.privacy import KeyServiceDownError
from scp_events.vocabulary import NOTHING_YET, Position

POLL_SECONDS = 1.0
"""How often the log is looked at though nobody said that there is news."""
RECONNECT_SECONDS = 0.2

PASSING = frozenset({"08", "40", "53", "55", "57", "58"})
"""Classes of SQLSTATE that tell of the server, not of the event: the same may well work in a moment."""

_journal = structlog.get_logger("scp_events.follower")


class PoisonError(Exception):
    """An event that the projection cannot take in."""

    def __init__(self, position: Position, error: str) -> None:
        super().__init__(f"position {position}: {error}")
        self.position = position
        self.error = error


class Follower:
    """Keeps one projection in step with the log. For one thread; `stop` may come from another.

    It takes the projection over when it first moves: whoever followed it before is fenced. One that runs and
    is fenced itself stands by until nobody follows any more, and takes its place up again.
    """

    def __init__(self, log: LogReader, projection: Projection, *, span: int = SPAN) -> None:
        self.projection = projection
        self.owner = uuid4()
        self._log = log
        self._span = span
        self._tables = Tables(log, projection, schema_of(projection.NAME, projection.VERSION))
        self._ahead = ReadAhead(self._tables.read)
        self._news = log.listener()
        self._stopped = threading.Event()
        self._connection: AnyConnection | None = None
        self._owns = False
        self._lost_its_place = False
        self._next = (NOTHING_YET, NOTHING_YET)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._disconnect()

    def stop(self) -> None:
        """Let `run` return after the transaction it is in."""
        self._stopped.set()
        self._news.stop()

    def run(self) -> None:
        """Follow until `stop`, through restarts of the database and the comings and goings of others."""
        with self, self._news:
            while not self._stopped.is_set():
                self._news.wait(POLL_SECONDS)
                try:
                    self._take_its_turn()
                except (psycopg.Error, LogUnreachableError, KeyServiceDownError) as error:
                    if not is_transient(error):
                        raise
                    _journal.warning("cannot follow", **self._names(), error=describe(error))
                    self._disconnect()
                    self._stopped.wait(RECONNECT_SECONDS)

    def _take_its_turn(self) -> None:
        if self._lost_its_place and checkpoints.is_followed(self._connected(), self.projection):
            return
        if self._lost_its_place:
            _journal.info("took its place up again", **self._names())
        self._lost_its_place = False
        try:
            self.catch_up()
        except FencedError:
            _journal.warning("lost its place", **self._names(), reason="another follower took over")
            self._lost_its_place, self._owns = True, False

    def catch_up(self) -> Position:
        """Take in what the log holds, unless the projection is paused or stopped; return how far it came.

        Raises `FencedError` when another follower has taken over.
        """
        while not self._stopped.is_set():
            checkpoint, head = self._checkpoint(), self._log.head()
            through = self._end_of_span(checkpoint.position, head)
            if checkpoint.state is not State.FOLLOWING or through <= checkpoint.position:
                break
            self._next = (through, self._end_of_span(through, head))
            with suppress(MovedError):
                self._follow(checkpoint.position, through)
        return self._checkpoint().position

    def _end_of_span(self, before: Position, head: Position) -> Position:
        return Position(min(before + self._span, head))

    def _follow(self, before: Position, through: Position) -> None:
        try:
            self._take_in(before, through)
        except PoisonError as poison:
            checkpoints.stop(self._connected(), self.projection, self.owner, poison.position, poison.error)
            _journal.error("stopped", **self._names(), position=poison.position, error=poison.error)

    def _take_in(self, before: Position, through: Position) -> None:
        """Take in what lies after `before`; where an event cannot be, everything ahead of it."""
        try:
            self._commit(before, through)
        except Exception as error:
            if isinstance(error, MovedError) or is_transient(error):
                raise
            if through == before + 1:
                raise PoisonError(through, describe(error)) from error
            middle = Position((before + through) // 2)
            self._take_in(before, middle)
            self._take_in(middle, through)

    def _commit(self, before: Position, through: Position) -> None:
        """Write the rows and move the checkpoint, both or neither."""
        events = self._ahead.take(before, through)
        if self._next[0] < self._next[1]:
            self._ahead.begin(*self._next)
        connection = self._connected()
        with connection.transaction():
            checkpoints.move(connection, self.projection, self.owner, before, through)
            self._tables.take_in(connection, events, through)

    def _checkpoint(self) -> Checkpoint:
        connection = self._connected()
        if not self._owns:
            checkpoints.take_over(connection, self.projection, self.owner)
            self._forget_what_was_read()
            self._owns = True
        found = checkpoints.read(connection, self.projection)
        if found.owner != self.owner:
            raise FencedError(self.projection)
        return found

    def _forget_what_was_read(self) -> None:
        """Read anew, with no key in memory: an erasure fences who may have read before it, and purges."""
        self._ahead.close()
        self._log.keyring.cache.forget_all()

    def _connected(self) -> AnyConnection:
        if self._connection is None:
            self._connection = psycopg.connect(self._log.conninfo, autocommit=True)
            checkpoints.be_there(self._connection, self.owner)
        return self._connection

    def _disconnect(self) -> None:
        self._ahead.close()
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _names(self) -> dict[str, object]:
        return {"projection": self.projection.NAME, "version": self.projection.VERSION}


@contextmanager
def following(log: LogReader, projections: Iterable[Projection]) -> Iterator[list[threading.Thread]]:
    """Follow with one thread for each projection until the block ends. Yields the threads."""
    followers = [Follower(log, projection) for projection in projections]
    threads = [threading.Thread(target=_run, args=(f,), name=f.projection.NAME) for f in followers]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        for follower in followers:
            follower.stop()
        for thread in threads:
            thread.join()


def _run(follower: Follower) -> None:
    named = {"projection": follower.projection.NAME, "version": follower.projection.VERSION}
    _journal.info("following", **named)
    try:
        follower.run()
    except Exception as error:  # noqa: BLE001 - a thread's last words; its message could quote an event
        _journal.error("failed", **named, error=describe(error))


def is_transient(error: Exception) -> bool:
    """Whether an error tells of the server or the way to it, not of the event."""
    if isinstance(error, LogUnreachableError | KeyServiceDownError | psycopg.InterfaceError):
        return True
    if broke_off(error):
        return True
    state = getattr(error, "sqlstate", None)
    return isinstance(error, psycopg.OperationalError) and (state is None or state[:2] in PASSING)


def describe(error: Exception) -> str:
    """Say what kind of failure it was and where; not its message, which may quote an event."""
    if isinstance(error, UnreadableEventError):
        return str(error)
    if isinstance(error, psycopg.Error):
        place = (error.diag.table_name, error.diag.column_name, error.diag.constraint_name)
        return " ".join(filter(None, (type(error).__name__, error.sqlstate, *place)))
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
