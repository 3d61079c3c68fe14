"""Trying commands: a log that answers as it stands, takes what is appended into memory, and writes nothing.

    keys = TrialKeys(keyring)
    trial = CommandHandler(conninfo, keys, store=TrialStore(LogStore(conninfo, patience=30)))

Or `handler.trial()`, over the connections of a handler there is. It stands still from its first question on:
what others record meanwhile is not seen.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from pydantic_core import from_json

from scp_events.event_log.appends import Answer, Append, NewEvent
from scp_events.event_log.rows import Row
from scp_events.event_log.sending import EventIdTakenError
from scp_events.event_log.store import Found, Named, Recalled, Recollection, Store, Wanted
from scp_events.privacy.cache import KeyCache
from scp_events.privacy.encryption import DATA_KEY_BYTES, PartKey
from scp_events.privacy.keyring import ERASED, Keyring
from scp_events.vocabulary import (
    NOTHING_YET,
    CaseId,
    CommandId,
    Erased,
    EventId,
    FieldGroup,
    Position,
    Stream,
)

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

    @property
    def recalled(self) -> Recalled:
        """Return it as it would be recalled by its command."""
        return Recalled(self.fingerprint, EventId(self.event.event_id), self.row)

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
            event.about,
            self.position,
            event.occurred_at or self.recorded_at,
            event.precision,
            event.type.endswith(RETRACTED),
        )


class TrialStore:
    """Stands before a log, or before another trial, which it never changes."""

    def __init__(self, log: Store) -> None:
        self._log = log
        self._head: Position | None = None
        self._tried = 0
        self._by_command: dict[UUID, list[_Tried]] = defaultdict(list)
        self._by_stream: dict[Stream, list[_Tried]] = defaultdict(list)
        self._by_subject: dict[UUID, list[_Tried]] = defaultdict(list)
        self._about: dict[EventId, list[Named]] = defaultdict(list)
        self._cases: dict[str, CaseId] = {}
        self._unknown: set[CommandId] = set()
        """Commands that the log was asked for in vain: for a trial it stands still."""
        self._free: set[EventId] = set()
        """Event ids that nothing in the log has."""

    async def close(self) -> None:
        """Give the log's connections back."""
        await self._log.close()

    async def find(self, wanted: Wanted) -> Found:
        """Read a stream and evidence."""
        found = await self._log.find(wanted)
        if self._head is None:
            self._head = found.through
        head = self._head
        case_id = found.case_id or await self.case_of_stream(wanted.stream)
        stream = [row for row in found.stream if row.position <= head]
        evidence = [row for row in found.evidence if row.position <= head]
        stream += [
            each.row for each in self._by_stream.get(wanted.stream, ()) if each.event.version > wanted.after
        ]
        for about in {case_id or wanted.stream.id, *wanted.others}:
            evidence += [each.row for each in self._since(about, wanted.since, wanted.types)]
        return Found(case_id, self._reached(head), stream, evidence)

    def _since(self, about: UUID, since: int, types: Collection[str]) -> Iterator[_Tried]:
        """Yield what was tried of some types in a case or stream after a position, the latest first."""
        for each in reversed(self._by_subject.get(about, ())):
            if each.position <= since:
                return
            if each.event.type in types:
                yield each

    async def named(self, event_ids: Collection[EventId]) -> tuple[Position, list[Named]]:
        """Return the head, and those of these events that there are, each followed by its corrections."""
        asked = [event_id for event_id in event_ids if event_id not in self._free]
        _, found = await self._log.named(asked) if asked else (NOTHING_YET, [])
        tried = [named for event_id in event_ids for named in self._about.get(event_id, ())]
        return self._reached(await self._ends_at()), [*found, *tried]

    async def foresee(self, event_ids: Collection[EventId]) -> None:
        """Look up at once the ids that commands are about to name: each would be looked up by itself."""
        head = await self._ends_at()
        _, found = await self._log.named(event_ids)
        self._free.update({*event_ids}.difference(each.event_id for each in found if each.position <= head))

    def note_free(self, event_id: EventId) -> None:
        """Hear of an id that was made just now: nothing in the log has it."""
        self._free.add(event_id)

    async def versions(self, streams: Collection[Stream]) -> dict[Stream, int]:
        """Return where streams stand; what has no events is left out."""
        stand = await self._log.versions(streams)
        return stand | {
            stream: tried[-1].event.version for stream in streams if (tried := self._by_stream.get(stream))
        }

    async def recall(self, command_ids: Collection[CommandId]) -> Recollection:
        """Return what those of these commands came to that are known."""
        found: Recollection = {
            command_id: [each.recalled for each in tried]
            for command_id in command_ids
            if (tried := self._by_command.get(command_id))
        }
        asked = [each for each in command_ids if each not in found and each not in self._unknown]
        if asked:
            found |= await self._log.recall(asked)
            self._unknown.update(each for each in asked if each not in found)
        return found

    async def append(self, append: Append) -> Answer:
        """Take in an append, or return why not."""
        now = datetime.now(UTC)
        if await self.recall([CommandId(append.command_id)]):
            return Answer("already", 0, now)
        if await self._has_moved_on(append):
            return Answer("evidence-moved", 0, now)
        first = Position(self._reached(await self._ends_at()) + 1)
        for n, event in enumerate(append.events):
            self._take_in(_Tried(Position(first + n), now, append.command_id, append.fingerprint, event))
        return Answer("recorded", first, now)

    def _take_in(self, tried: _Tried) -> None:
        event = tried.event
        self._tried += 1
        self._by_command[tried.command_id].append(tried)
        self._by_stream[event.stream].append(tried)
        self._by_subject[event.about].append(tried)
        for about in {EventId(event.event_id), tried.about()}:
            self._about[about].append(tried.as_named(about))

    async def _has_moved_on(self, append: Append) -> bool:
        _, taken = await self.named([EventId(event.event_id) for event in append.events])
        if taken:
            raise EventIdTakenError(taken[0].event_id)
        condition = append.condition
        return condition is not None and any(
            True for about in condition.about for _ in self._since(about, condition.since, condition.types)
        )

    async def case_of_stream(self, stream: Stream) -> CaseId | None:
        """Return whose case a stream belongs to, if any."""
        for each in self._by_stream.get(stream, ()):
            if each.event.case_id is not None:
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
        return Position(head + self._tried)


class TrialKeys:
    """A keyring's keys, and for whoever has none, keys that last as long as the trial."""

    def __init__(self, keyring: Keyring | TrialKeys) -> None:
        self._keyring = keyring
        self._made: dict[tuple[UUID, FieldGroup], PartKey] = {}
        self._by_id: dict[str, PartKey] = {}
        self.cache: KeyCache = keyring.cache

    def to_encrypt(self, subject: UUID, group: FieldGroup) -> PartKey | Erased:
        """Return the key to encrypt a person's fields; `Erased` where it is destroyed."""
        return self.find(subject, group) or self._own(subject, group)

    def find(self, subject: UUID, group: FieldGroup) -> PartKey | Erased | None:
        """Return a person's key as it stands; None where none was made yet."""
        return self._made.get((subject, group)) or self._keyring.find(subject, group)

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
        data_key = secrets.token_bytes(DATA_KEY_BYTES)
        key = PartKey(data_key, key_id=uuid4(), subject=subject, group=group)
        self._made[subject, group] = self._by_id[str(key.key_id)] = key
        return key
