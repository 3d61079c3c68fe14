"""A log to record in, and one to try things on first.

A row of several commands is tried first, so that it is recorded whole or not at all. A dry run is tried from
beginning to end: no lock is taken and nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Protocol, Self

from scp_events.aggregates import ALL
from scp_events.database.patience import PATIENCE_SECONDS
from scp_events.event_log import (
    BlockingCommandHandler,
    Codec,
    CommandHandler,
    CommandRequest,
    LogReader,
    Outcome,
    Recorded,
)
from scp_events.event_log.store import LogStore
from scp_events.event_log.trial import TrialKeys, TrialStore
from scp_events.importing.desk import Register
from scp_events.vocabulary import CaseId, CommandId


class Log(Register, Protocol):
    """What an import asks of the log, or of a trial of it."""

    def handle(self, request: CommandRequest) -> Outcome:
        """Decide a command and record what it comes to, as `CommandHandler.handle` does."""


class Live:
    """The log itself."""

    def __init__(self, reader: LogReader, handler: BlockingCommandHandler) -> None:
        self.open_case = handler.open_case
        self.handle = handler.handle
        self.case_of = reader.case_of
        self.events_of_command = reader.events_of_command


class Rehearsal:
    """A log that answers as it stands, remembers what it is asked to record, and writes nothing."""

    def __init__(self, reader: LogReader) -> None:
        keys = TrialKeys(reader.keyring)
        self._reader = reader
        self._codec = Codec(ALL, keys)
        self._store = TrialStore(LogStore(reader.conninfo, patience=PATIENCE_SECONDS))
        self._handler = CommandHandler(reader.conninfo, keys, store=self._store)
        self._asking = BlockingCommandHandler(self._handler)
        self._cases: dict[str, CaseId] = {}
        self.handle = self._asking.handle

    def __enter__(self) -> Self:
        """Connect. Raises `UnsafeServerError` or `LogUnreachableError`."""
        self._asking.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._asking.close()

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Forget what is recorded in this block when it ends."""
        so_far = self._store.so_far()
        try:
            yield
        finally:
            self._store.undo(so_far)
            self._handler.forget()

    def open_case(self, reference: str) -> CaseId:
        """Return the case people call `reference`; imagine one where there is none yet."""
        self._cases[reference] = self._asking.open_case(reference)
        return self._cases[reference]

    def case_of(self, reference: str) -> CaseId | None:
        """Return the case people call `reference`, or None."""
        return self._cases.get(reference) or self._reader.case_of(reference)

    def events_of_command(self, command_id: CommandId) -> list[Recorded[Any]]:
        """Return what a command came to, oldest first; empty where it is not known."""
        tried = [self._codec.recorded(row, self._reader.calendar) for row in self._store.rows_of(command_id)]
        return tried or self._reader.events_of_command(command_id)
