"""The log for the tasks of one event loop: decisions go in as with `EventLog`, without a thread for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Self, TypeVar
from uuid import UUID

from scp_events.event_log.answers import BusyError, Outcome
from scp_events.event_log.appender import AppenderAsync
from scp_events.event_log.appends import Answer, Append
from scp_events.event_log.deciding import Asked, Record, Request, Script, deciding
from scp_events.event_log.log import EventLog, event_id_taken
from scp_events.event_log.sender import SenderAsync
from scp_events.event_log.telling import EventIdTakenError
from scp_events.event_log.together import ClosedError, QueueFullError
from scp_events.event_log.turns import TurnsAsync
from scp_events.vocabulary import Aggregate, Command, Event, ParticipantId, Position, Provenance

Id = TypeVar("Id", bound=UUID)
S = TypeVar("S")
C = TypeVar("C", bound=Command)
E = TypeVar("E", bound=Event)
T = TypeVar("T")

SENDERS = 2
"""Connections to append over: while one's call is under way, the other's callers decide."""


class EventLogAsync:
    """Appends to a log from one event loop. Whatever has to be read first is read by a thread."""

    def __init__(self, log: EventLog, *, readers: int = 8) -> None:
        """`readers` are threads that ask `log`, which needs a connection for each."""
        self.log = log
        senders = [SenderAsync(log.conninfo, patience_seconds=log.patience) for _ in range(SENDERS)]
        self._appender = AppenderAsync(senders, room=log.room)
        self._turns = TurnsAsync()
        self._readers = ThreadPoolExecutor(readers, "log-reader")
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Answer those who wait. `log` stays open."""
        await self._appender.close()
        self._closed = True
        await asyncio.to_thread(self._readers.shutdown)

    async def handle(  # noqa: PLR0913 - as EventLog.handle
        self,
        aggregate: Aggregate[Id, S, C, E],
        stream_id: Id,
        command: C,
        provenance: Provenance,
        *,
        case_id: ParticipantId | None = None,
        expected_version: int | None = None,
        evidence_through: Position | None = None,
        fingerprint: bytes | None = None,
    ) -> Outcome:
        """Ask an aggregate to decide `command`, and record what it decides, once: as `EventLog.handle`."""
        stream = aggregate.stream(stream_id)
        asked = Asked(
            aggregate=aggregate,
            stream=stream,
            command=command,
            provenance=provenance,
            case_id=case_id,
            expected_version=expected_version,
            evidence_through=evidence_through,
            fingerprint=partial(self.log.fingerprint, stream, command, fingerprint),
        )
        async with self._turns.of(stream):
            return await self._play(deciding(asked, self.log.enveloping, self.log.familiar))

    async def case_of_stream(self, aggregate: Aggregate[Id, S, C, E], stream_id: Id) -> ParticipantId | None:
        """Return whose case a stream belongs to; None where it has no events, or belongs to none.

        A stream that is not remembered is opened: whoever asks this is about to decide on it.
        """
        stream = aggregate.stream(stream_id)
        known = self.log.familiar.get(stream)
        if known is not None:
            return known.case_id
        return (await self.aside(partial(self.log.standing, aggregate, stream))).case_id

    async def aside(self, work: Callable[[], T]) -> T:
        """Let a thread do what has to wait for the database, such as asking `log`."""
        if self._closed:
            raise ClosedError("the log was closed: nothing more can be asked of it")
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    async def _play(self, script: Script[T]) -> T:
        """Give a script what it asks for, until it ends."""
        try:
            request = next(script)
            while True:
                try:
                    reply = await self._reply(request)
                except Exception as error:  # noqa: BLE001 - the script may know what to do
                    request = script.throw(error)
                else:
                    request = script.send(reply)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _reply(self, request: Request) -> object:
        if isinstance(request, Record):
            return await self._append(request.append)
        return await self.aside(partial(self.log.reply, request))

    async def _append(self, append: Append) -> Answer:
        try:
            return await self._appender.append(append)
        except QueueFullError as full:
            raise BusyError(str(full)) from full
        except EventIdTakenError as taken:
            raise event_id_taken(taken) from None
