"""A log to try things on: it knows what is recorded, and keeps to itself what it is told.

A row of several commands is tried here first, so that it is recorded whole or not at all. A dry run is tried
here from beginning to end. No lock is taken and nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar
from uuid import UUID, uuid4

from scp_events.aggregates import ALL
from scp_events.event_log import CommandIdReusedError, EventLog, Loaded, Outcome, Recorded
from scp_events.vocabulary import (
    Aggregate,
    Command,
    CommandId,
    Event,
    ParticipantId,
    Position,
    Provenance,
    Stream,
    fold,
)

Id = TypeVar("Id", bound=UUID)
S = TypeVar("S")
C = TypeVar("C", bound=Command)
E = TypeVar("E", bound=Event)


class Rehearsal(EventLog):
    """An event log that decides as the real one does and appends to memory."""

    def __init__(self, log: EventLog) -> None:
        super().__init__(log.conninfo, ALL, keyring=log.keyring, pool_size=1)
        self._added: list[Recorded[Any]] = []
        self._tried: dict[CommandId, bytes] = {}
        self._opened: dict[str, ParticipantId] = {}

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Forget, at the end, whatever is appended in between."""
        kept = len(self._added)
        tried = dict(self._tried)
        try:
            yield
        finally:
            del self._added[kept:]
            self._tried = tried

    # --- decisions go in ----------------------------------------------------------------------------------

    def handle(  # noqa: PLR0913 - as EventLog.handle
        self,
        aggregate: Aggregate[Id, S, C, E],
        stream_id: Id,
        command: C,
        provenance: Provenance,
        *,
        case_id: ParticipantId | None = None,
        expected_version: int | None = None,  # noqa: ARG002 - nobody else writes here
        evidence_through: Position | None = None,  # noqa: ARG002 - as above
        fingerprint: bytes | None = None,
    ) -> Outcome:
        """Decide a command as `EventLog.handle` does, and keep what is decided in memory."""
        stream = aggregate.stream(stream_id)
        loaded = self.load(aggregate, stream_id)
        case = loaded.case_id or case_id
        blinded = partial(self.fingerprint, stream, command, fingerprint, case)
        asked = fingerprint or b""
        if earlier := self._earlier(provenance.command_id, asked, blinded):
            return earlier
        times = {r.envelope.event_id: r.envelope.occurred_at for r in loaded.history}
        envelopes = [
            self.enveloping.envelope(event, provenance, stream, case, times.get)
            for event in aggregate.decide(loaded.state, command)
        ]
        before = self.head()
        now = datetime.now(UTC)
        for n, envelope in enumerate(envelopes, start=1):
            self._added.append(
                Recorded(
                    position=Position(before + n),
                    stream=stream,
                    version=loaded.version + n,
                    recorded_at=now,
                    envelope=envelope,
                )
            )
        if envelopes:
            self._tried[provenance.command_id] = asked
        return Outcome(
            stream_id=stream.id,
            version=loaded.version + len(envelopes),
            events=len(envelopes),
            first_position=Position(before + 1) if envelopes else None,
            recorded_at=now if envelopes else None,
        )

    def _earlier(self, command_id: CommandId, asked: bytes, blinded: Callable[[], bytes]) -> Outcome | None:
        if command_id not in self._tried:
            return self._answered(command_id, blinded)
        if self._tried[command_id] != asked:
            raise CommandIdReusedError(f"command {command_id} was another one: give each its own id")
        first = self.events_of_command(command_id)[0]
        return Outcome(
            stream_id=first.stream.id,
            version=first.version,
            events=1,
            first_position=first.position,
            recorded_at=first.recorded_at,
            repeated=True,
        )

    def open_case(self, reference: str) -> ParticipantId:
        """Return the case of this reference; imagine one where there is none yet."""
        return self.case_of(reference) or self._opened.setdefault(reference, ParticipantId(uuid4()))

    # --- history comes out --------------------------------------------------------------------------------

    def load(self, aggregate: Aggregate[Id, S, C, E], stream_id: Id) -> Loaded[S, E]:
        """Return a stream as it stands here."""
        recorded = super().load(aggregate, stream_id)
        stream = aggregate.stream(stream_id)
        history = [*recorded.history, *(r for r in self._added if r.stream == stream)]
        return Loaded(fold(aggregate, [r.event for r in history]), len(history), history)

    def case_of(self, reference: str) -> ParticipantId | None:
        """Return the case people call `reference`, or None."""
        return self._opened.get(reference) or super().case_of(reference)

    def case_of_stream(self, stream: Stream) -> ParticipantId | None:
        """Return whose case a stream belongs to."""
        here = (r.envelope.case_id for r in self._added if r.stream == stream)
        return next(here, None) or super().case_of_stream(stream)

    def head(self) -> Position:
        """Return the last position given out here."""
        return Position(super().head() + len(self._added))

    def case_history(self, case_id: ParticipantId, known_through: Position) -> list[Recorded[Event]]:
        """Return a case's events as they stand here."""
        here = [r for r in self._added if r.envelope.case_id == case_id]
        return super().case_history(case_id, known_through) + here

    def latest_of_each_stream(self, *kinds: type[Event]) -> list[Recorded[Event]]:
        """Return, of every stream that has any, its last event of these kinds."""
        here = [r for r in self._added if isinstance(r.event, kinds)]
        latest = {r.stream: r for r in (*super().latest_of_each_stream(*kinds), *here)}
        return sorted(latest.values(), key=lambda r: r.position)

    def events_of_command(self, command_id: CommandId) -> list[Recorded[Event]]:
        """Return what a command came to, recorded or tried."""
        here = [r for r in self._added if r.envelope.command_id == command_id]
        return here or super().events_of_command(command_id)
