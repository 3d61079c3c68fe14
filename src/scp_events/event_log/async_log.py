"""The log for the tasks of one event loop: decisions go in as with `EventLog`, without a thread for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Self, TypeVar
from uuid import UUID

from scp_events.event_log.answers import BusyError, Outcome
from scp_events.event_log.appender import SENDERS, AppenderAsync
from scp_events.event_log.appends import Answer, Append
from scp_events.event_log.deciding import Asked, Fetch, Open, Record, Request, deciding
from scp_events.event_log.envelope import key_ids_in
from scp_events.event_log.familiar import Standing
from scp_events.event_log.line import ClosedError, QueueFullError
from scp_events.event_log.log import EventLog
from scp_events.event_log.opening import OpeningAsync
from scp_events.event_log.reading import ReaderAsync
from scp_events.event_log.sender import SenderAsync
from scp_events.event_log.standing import caught_up, known_of
from scp_events.event_log.turns import TurnsAsync
from scp_events.privacy.async_keyring import KeyringAsync
from scp_events.scripts import play_async
from scp_events.vocabulary import Aggregate, Command, Event, ParticipantId, Position, Provenance, Stream

Id = TypeVar("Id", bound=UUID)
S = TypeVar("S")
C = TypeVar("C", bound=Command)
E = TypeVar("E", bound=Event)
T = TypeVar("T")

READERS = 1
"""Connections to open streams over: one query at a time opens as many as are waited for."""
LONG = 64
"""Events that a loop reads between two of its other tasks; more are read by a thread."""


class EventLogAsync:
    """Appends to a log from one event loop, and opens the streams that are decided on.

    Whatever else has to be asked is asked by a thread.
    """

    def __init__(self, log: EventLog, *, readers: int = 8) -> None:
        """`readers` are threads that ask `log`, which needs a connection for each."""
        self.log = log
        senders = [SenderAsync(log.conninfo, patience_seconds=log.patience) for _ in range(SENDERS)]
        self._appender = AppenderAsync(senders, room=log.room)
        self._turns = TurnsAsync()
        self._reader = ReaderAsync(log.conninfo, pool_size=READERS, patience=log.patience)
        self._opening = OpeningAsync(self._reader.fetch)
        self._keys = KeyringAsync(log.keyring, self.aside)
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
        await self._opening.close()
        await self._reader.close()
        await self._keys.close()

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
            return await play_async(deciding(asked, self.log.enveloping, self.log.familiar), self._reply)

    async def case_of_stream(self, aggregate: Aggregate[Id, S, C, E], stream_id: Id) -> ParticipantId | None:
        """Return whose case a stream belongs to; None where it has no events, or belongs to none.

        A stream that is not remembered is opened: whoever asks this is about to decide on it.
        """
        stream = aggregate.stream(stream_id)
        known = self.log.familiar.get(stream)
        if known is not None:
            return known.case_id
        return (await self.standing(aggregate, stream)).case_id

    async def standing(self, aggregate: Aggregate[Any, Any, Any, Any], stream: Stream) -> Standing[Any]:
        """Return where a stream stands, as `EventLog.standing` does.

        A thread reads what is long, and what would have to wait for a key after all: one that is nowhere, or
        was forgotten again meanwhile.
        """
        self._must_be_open()
        known = known_of(self.log.familiar, aggregate, stream)
        pages = await self._opening.read(stream.id, known.standing.version)
        key_ids = key_ids_in(page.body for page in pages)
        await self._keys.foresee(key_ids)
        reading = partial(caught_up, known, pages, self.log.codec, self.log.familiar)
        if len(pages) > LONG or self.log.keyring.unforeseen(key_ids):
            return await self.aside(reading)
        return reading()

    async def aside(self, work: Callable[[], T]) -> T:
        """Let a thread do what has to wait for the database, such as asking `log`."""
        self._must_be_open()
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    def _must_be_open(self) -> None:
        if self._closed:
            raise ClosedError("the log was closed: nothing more can be asked of it")

    async def _reply(self, request: Request) -> object:
        if isinstance(request, Record):
            return await self._append(request.append)
        if isinstance(request, Open):
            return await self.standing(request.aggregate, request.stream)
        if isinstance(request, Fetch):
            self._must_be_open()
            await self._keys.fetch(request.subjects, request.newcomers)
            return None
        return await self.aside(partial(self.log.reply, request))

    async def _append(self, append: Append) -> Answer:
        try:
            return await self._appender.append(append)
        except QueueFullError as full:
            raise BusyError(str(full)) from full
