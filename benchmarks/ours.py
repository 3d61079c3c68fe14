"""The event log, with the aggregates of a case: a command's whole path, from the rules to the commit.

One event loop, of the kind that serves HTTP, runs in a thread of its own: its tasks are those who are
measured. A thread may ask it, too, for what is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from threading import Thread
from typing import Any, TypeVar

import psycopg
import uvloop
from psycopg.rows import TupleRow

from benchmarks.callers import tasks
from benchmarks.contacts import MINUTES, NOTE, life, new_case, reference_of, request, reviewed
from benchmarks.rounds import Done
from benchmarks.stores import Tally, anew
from scp_events import event_log
from scp_events.aggregates.engagement.commands import RecordContact
from scp_events.event_log import CommandHandler, CommandRequest, LogReader, Outcome
from scp_events.event_log.appends import Append, Condition, NewEvent
from scp_events.privacy import open_keyring
from scp_events.vocabulary import CaseId, Command, Position, Precision, Stream

T = TypeVar("T")

CHECK = """
    SELECT (SELECT position FROM event_log.head), coalesce(max(position), %(checked)s), count(*),
           count(*) FILTER (WHERE type = 'engagement.contact-recorded'),
           coalesce(sum((convert_from(body, 'UTF8')::jsonb -> 'event' ->> 'held_minutes')::int), 0)
    FROM event_log.events WHERE position > %(checked)s"""

STORED = """
    SELECT c.command_id, c.fingerprint, e.category, e.stream_id, case_id, version, type, body, event_id,
           schema_version, occurred_at, precision, is_decision
    FROM event_log.events e JOIN event_log.commands c USING (command_id)
    WHERE case_id = %s ORDER BY position"""


class Ours:
    """One log, and what was last known of it."""

    def __init__(self, conninfo: str, keyring: str, *, connections: int = 4) -> None:
        """`keyring` is the file that the keys of this log are in; it is made where there is none."""
        event_log.prepare(conninfo)
        self.conninfo = conninfo
        self.keyring_file = keyring
        self.keyring = open_keyring(conninfo, named=keyring)
        self.reader = LogReader(conninfo, self.keyring, pool_size=connections)
        self.handler = CommandHandler(conninfo, self.keyring)
        self._loop = uvloop.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.wait_for(self.handler.__aenter__())
        self._checked = int(self.reader.head())
        self._callers: list[Caller] = []

    def close(self) -> None:
        """Give every connection back."""
        self.wait_for(self.handler.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.reader.close()
        self.keyring.close()

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """Have the loop do something, and return what comes of it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def callers(self, number: int) -> Sequence[FromAThread]:
        """Return so many, who each record one thing after the other; they go on where they stopped."""
        return anew([FromAThread(self, caller) for caller in self._of(number)])

    def record(self, callers: int, seconds: float) -> tuple[Done, Tally]:
        """Let so many tasks record for so long."""
        calling = anew(self._of(callers))
        done = self.wait_for(tasks(calling, seconds))
        return done, sum((caller.tally for caller in calling), start=Tally())

    def body(self) -> bytes:
        """Return what is stored of a contact, so that others can store the same bytes."""
        [contact] = self.stored_case(length=3)[-1].events
        self._checked = self.head()
        return contact.body

    def check(self, tally: Tally) -> None:
        """Check that since last time just what callers were told was recorded, without a gap."""
        with psycopg.connect(self.conninfo) as connection:
            row = connection.execute(CHECK, {"checked": self._checked}).fetchone()
        assert row is not None
        head, last, events, contacts, minutes = row
        assert (head, events) == (last, last - self._checked) == (last, tally.events), (row, tally)
        assert (contacts, minutes) == (tally.contacts, tally.contacts * MINUTES), (row, tally)
        self._checked = head

    def head(self) -> int:
        """Return the last position."""
        return int(self.reader.head())

    def open_case(self, length: int, note: str | None = NOTE) -> CaseId:
        """Record a case of so many events."""
        return self.wait_for(self._open_case(length, note))

    def named_case(self, length: int) -> str:
        """Record a case of so many events, and return what it is called."""
        reference = reference_of(new_case())
        case = self.wait_for(self.handler.open_case(reference))
        self.wait_for(self._open_case(length, NOTE, case))
        return reference

    def reviewed_referral(self) -> str:
        """Record a referral that can be accepted, and return its id."""
        case = new_case()
        for each in reviewed(case):
            self.wait_for(self.handler.handle(each))
        return str(case)

    async def _open_case(self, length: int, note: str | None, case: CaseId | None = None) -> CaseId:
        case = case or new_case()
        for command in life(length, note):
            await self.handler.handle(request(case, command))
        return case

    def stored_case(self, length: int, note: str | None = NOTE) -> list[Append]:
        """Record a case of so many events, and return what was appended."""
        case = self.open_case(length, note)
        with psycopg.connect(self.conninfo) as connection:
            rows = connection.execute(STORED, [case], binary=True).fetchall()
        return [_append(row) for row in rows]

    async def open_cold(self, asked: CommandRequest) -> int:
        """Read a stream and its evidence as for a first command; return where it stands."""
        assert asked.case_id is not None
        self.keyring.cache.forget(asked.case_id)
        known = await self.handler._opened(self.handler._asked(asked))  # noqa: SLF001 - a part of a command is measured
        return known.standing.version

    async def open_again(self, asked: CommandRequest) -> int:
        """Read what has come since; return where the stream stands."""
        handler, wanted = self.handler, self.handler._asked(asked)  # noqa: SLF001 - as above
        known = await handler._remembered(wanted)  # noqa: SLF001 - as above
        assert known is not None
        await handler._read_on(wanted, known.standing, known.evidence)  # noqa: SLF001 - as above
        return known.standing.version

    def _of(self, number: int) -> Sequence[Caller]:
        self._callers += [Caller(self.handler) for _ in range(number - len(self._callers))]
        return self._callers[:number]


class Caller:
    """Records the commands of one case after the other, as a task."""

    def __init__(self, handler: CommandHandler) -> None:
        self._handler = handler
        self._lives = _lives()
        self.tally = Tally()

    async def __call__(self) -> int:
        """Send one command, and return the event's place in the log."""
        case, command = next(self._lives)
        outcome: Outcome = await self._handler.handle(request(case, command))
        self.tally.events += outcome.events
        self.tally.contacts += outcome.events if isinstance(command, RecordContact) else 0
        return int(outcome.first_position or 0)


class FromAThread:
    """The same, asked by a thread."""

    def __init__(self, ours: Ours, caller: Caller) -> None:
        self._ours = ours
        self._caller = caller

    @property
    def tally(self) -> Tally:
        """Return what it was told is recorded."""
        return self._caller.tally

    @tally.setter
    def tally(self, tally: Tally) -> None:
        self._caller.tally = tally

    def __call__(self) -> int:
        """Send one command, and return the event's place in the log."""
        return self._ours.wait_for(self._caller())


def _append(row: TupleRow) -> Append:
    command_id, fingerprint, category, stream_id, case_id, version, type_, body, event_id, *rest = row
    schema_version, occurred_at, precision, is_decision = rest
    event = NewEvent(
        Stream(category, stream_id),
        case_id,
        version,
        type_,
        body,
        event_id,
        schema_version,
        occurred_at,
        Precision(precision),
        is_decision,
    )
    watched = Condition(("participant.registered", "participant.died"), (case_id,), Position(version))
    return Append(command_id=command_id, fingerprint=fingerprint, events=[event], condition=watched)


def _lives() -> Iterator[tuple[CaseId, Command]]:
    while True:
        case = new_case()
        for command in life():
            yield case, command
