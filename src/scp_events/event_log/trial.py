"""Trying commands: a log that answers as it stands, takes what is appended into memory, and writes nothing.

    keys = TrialKeys(keyring)
    trial = CommandHandler(conninfo, keys, store=TrialStore(LogStore(conninfo, patience=30)))

It stands still from its first question on: what others record meanwhile is not seen before all that was tried
is undone.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from pydantic_core import from_json

from scp_events.event_log.appends import Answer, Append, NewEvent
from scp_events.event_log.rows import Row
from scp_events.event_log.sending import EventIdTakenError
from scp_events.event_log.store import Found, Named, Recalled, Store, Wanted
from scp_events.privacy.encryption import DATA_KEY_BYTES, PartKey
from scp_events.privacy.keyring import ERASED, Keyring
from scp_events.vocabulary import CaseId, CommandId, Erased, EventId, FieldGroup, Position, Stream

CORRECTED, RETRACTED = ".corrected", ".retracted"


class _Tried(NamedTuple):
    """An event of a trial in its place."""

    position: Position
    recorded_at: datetime
    command_id: UUID
    fingerprint: bytes
    event: NewEvent

    @property
    def row(self) -> Row:
        """Return it as it would be read from the log."""
        event = self.event
        return Row(
            self.position,
            event.stream.id,
            event.stream.category,
            event.version,
            self.recorded_at,
            event.type,
            event.body,
            event.case_id,
        )

    def about(self) -> EventId:
        """Return the event it corrects or retracts, or else its own id."""
        if not self.event.type.endswith((CORRECTED, RETRACTED)):
            return EventId(self.event.event_id)
        return EventId(UUID(from_json(self.event.body)["event"]["corrects"]))

    def as_named(self, about: EventId) -> Named:
        """Return what a command hears of the event that it names."""
        event = self.event
        return Named(
            about,
            CaseId(event.case_id) if event.case_id else None,
            self.position,
            event.occurred_at or self.recorded_at,
            event.precision,
            event.type.endswith(RETRACTED),
        )


class TrialStore:
    """Stands before a log, which it never changes."""

    def __init__(self, log: Store) -> None:
        self._log = log
        self._head: Position | None = None
        self._tried: list[_Tried] = []
        self._cases: dict[str, CaseId] = {}

    async def close(self) -> None:
        """Give the log's connections back."""
        await self._log.close()

    def so_far(self) -> int:
        """Return how many events were tried, to undo what comes after them."""
        return len(self._tried)

    def undo(self, so_far: int) -> None:
        """Take back what was tried since. Whoever decided on it must forget it."""
        del self._tried[so_far:]
        if not self._tried:
            self._head = None

    def rows_of(self, command_id: CommandId) -> list[Row]:
        """Return what a command came to in this trial, oldest first."""
        return [each.row for each in self._tried if each.command_id == command_id]

    async def find(self, wanted: Wanted) -> Found:
        """Read a stream and evidence."""
        head = await self._ends_at()
        found = await self._log.find(wanted)
        case_id = found.case_id or await self.case_of_stream(wanted.stream)
        cases = {case_id, *wanted.other_cases}
        stream = [row for row in found.stream if row.position <= head]
        evidence = [row for row in found.evidence if row.position <= head]
        for each in self._tried:
            event = each.event
            if event.stream == wanted.stream and event.version > wanted.after:
                stream.append(each.row)
            if event.case_id in cases and event.type in wanted.types and each.position > wanted.since:
                evidence.append(each.row)
        return Found(case_id, self._reached(head), stream, evidence)

    async def named(self, event_ids: Collection[EventId]) -> tuple[Position, list[Named]]:
        """Return the head, and those of these events that there are, each followed by its corrections."""
        _, found = await self._log.named(event_ids)
        tried = [
            each.as_named(about)
            for each in self._tried
            for about in {EventId(each.event.event_id), each.about()}
            if about in event_ids
        ]
        return self._reached(await self._ends_at()), [*found, *tried]

    async def versions(self, streams: Collection[Stream]) -> dict[Stream, int]:
        """Return where streams stand; what has no events is left out."""
        stand = await self._log.versions(streams)
        return stand | {
            each.event.stream: each.event.version for each in self._tried if each.event.stream in streams
        }

    async def recall(self, command_id: CommandId) -> list[Recalled]:
        """Return what a command came to; empty where it is not known."""
        tried = [each for each in self._tried if each.command_id == command_id]
        return [
            Recalled(
                each.fingerprint,
                each.event.stream,
                each.event.version,
                EventId(each.event.event_id),
                each.position,
                each.recorded_at,
            )
            for each in tried
        ] or await self._log.recall(command_id)

    async def append(self, append: Append) -> Answer:
        """Take in an append, or return why not."""
        now = datetime.now(UTC)
        if await self.recall(CommandId(append.command_id)):
            return Answer("already", 0, now)
        if await self._has_moved_on(append):
            return Answer("evidence-moved", 0, now)
        first = Position(self._reached(await self._ends_at()) + 1)
        for n, event in enumerate(append.events):
            tried = _Tried(Position(first + n), now, append.command_id, append.fingerprint, event)
            self._tried.append(tried)
        return Answer("recorded", first, now)

    async def _has_moved_on(self, append: Append) -> bool:
        _, taken = await self.named([EventId(event.event_id) for event in append.events])
        if taken:
            raise EventIdTakenError(taken[0].event_id)
        condition = append.condition
        return condition is not None and any(
            each.position > condition.since
            and each.event.type in condition.types
            and each.event.case_id in condition.cases
            for each in self._tried
        )

    async def case_of_stream(self, stream: Stream) -> CaseId | None:
        """Return whose case a stream belongs to, if any."""
        for each in self._tried:
            if each.event.stream == stream and each.event.case_id is not None:
                return CaseId(each.event.case_id)
        return await self._log.case_of_stream(stream)

    async def case_of(self, reference: str) -> CaseId | None:
        """Return the case people call `reference`, if any."""
        return self._cases.get(reference) or await self._log.case_of(reference)

    async def open_case(self, reference: str) -> CaseId:
        """Return the case people call `reference`; make one where there is none yet."""
        known = await self.case_of(reference)
        if known is None:
            known = self._cases[reference] = CaseId(uuid4())
        return known

    async def _ends_at(self) -> Position:
        if self._head is None:
            self._head, _ = await self._log.named(())
        return self._head

    def _reached(self, head: Position) -> Position:
        return Position(head + len(self._tried))


class TrialKeys:
    """A keyring's keys, and for whoever has none, keys that last as long as the trial."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._made: dict[tuple[UUID, FieldGroup], PartKey] = {}
        self._by_id: dict[str, PartKey] = {}
        self.cache = keyring.cache

    def to_encrypt(self, subject: UUID, group: FieldGroup) -> PartKey | Erased:
        """Return the key to encrypt a person's fields; `Erased` where it is destroyed."""
        return self._keyring.find(subject, group) or self._own(subject, group)

    def to_open(self, key_id: str) -> PartKey | Erased:
        """Return the key that something was encrypted with."""
        return self._by_id.get(key_id) or self._keyring.to_open(key_id)

    def foresee(self, key_ids: Collection[str]) -> None:
        """Look up many keys at once."""
        self._keyring.foresee([key_id for key_id in key_ids if key_id not in self._by_id])

    def unforeseen(self, key_ids: Collection[str]) -> list[str]:
        """Return which of these keys would have to be looked up."""
        return self._keyring.unforeseen([key_id for key_id in key_ids if key_id not in self._by_id])

    def missing(self, _subjects: Collection[UUID]) -> list[UUID]:
        """Nobody's are made beforehand."""
        return []

    def fetch(self, subjects: Collection[UUID], newcomers: Collection[UUID] = ()) -> None:
        """Nobody's are made beforehand."""

    def blinded(self, subject: UUID, digest: bytes) -> bytes:
        """Return what tells digests of a person's words apart."""
        key = self.to_encrypt(subject, "narrative")
        return ERASED if isinstance(key, Erased) else key.blind(digest)

    def _own(self, subject: UUID, group: FieldGroup) -> PartKey:
        key = self._made.get((subject, group))
        if key is None:
            data_key = secrets.token_bytes(DATA_KEY_BYTES)
            key = PartKey(data_key, key_id=uuid4(), subject=subject, group=group)
            self._made[subject, group] = self._by_id[str(key.key_id)] = key
        return key
