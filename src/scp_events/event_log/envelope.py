"""An event as it is stored: what was said, and who said it, when, why and in which conversation.

The envelope and the event are one JSON document, kept as the exact bytes handed in; columns beside it are
copies to find it by. `occurred_at` says when it was so in the world, and `precision` how exactly that is
known; an act has none, as it was so when it was recorded. A correction says when the fact now stands.

What tells of a person does not stand in it. It is taken out and encrypted, one part for each person and field
group (see `privacy`); where there is none, 16 random bytes of `salt` stand, so that nobody can guess a body
from its digest. That a field was filled in stays visible; what is None is not written at all.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, ValidationError
from pydantic_core import from_json, to_json

from scp_events.event_log.rows import Row
from scp_events.history import every_event
from scp_events.privacy.encryption import Opened, Place, decrypt_part, encrypt_part
from scp_events.privacy.failures import CorruptPartError, EncryptionError, WrongKeyError
from scp_events.privacy.keyring import Keys
from scp_events.privacy.marks import Share, excluding, place_in, shares_of, subject_of
from scp_events.privacy.randomness import random_bytes
from scp_events.vocabulary import (
    Actor,
    AnyAggregate,
    Calendar,
    CaseId,
    Code,
    CommandId,
    Correction,
    Decision,
    DecisionEvent,
    Erased,
    ErasureEvent,
    Event,
    EventId,
    Fact,
    Position,
    Precision,
    Refused,
    Retraction,
    SourceRow,
    Stream,
    Unopened,
    When,
    Word,
    stored_type,
)

E = TypeVar("E", bound=Event)
T = TypeVar("T")
E_co = TypeVar("E_co", bound=Event, covariant=True)


class Envelope(Word, Generic[E_co]):
    """What the log keeps with every event; see EVENT LOG in docs/ARCHITECTURE.md for each field's meaning."""

    event_id: EventId
    case_id: CaseId | None = None
    occurred_at: AwareDatetime | None = None
    """None for an act: it was so when it was recorded."""
    precision: Precision = Precision.MINUTE
    actor: Actor
    on_behalf_of: Actor | None = None
    purpose: Code
    command_id: CommandId
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    source_system: Code | None = None
    source_recorded_at: AwareDatetime | None = None
    source_row: SourceRow | None = None
    confidentiality: Literal["standard", "restricted"]
    subjects: tuple[UUID, ...]
    event: E_co


@dataclass(frozen=True, kw_only=True)
class Recorded(Generic[E_co]):
    """An envelope in its place in the log. `recorded_at` is UTC and never decreases along positions."""

    position: Position
    stream: Stream
    version: int
    recorded_at: datetime
    when: When
    """When it was so in the world: of an act, when it was recorded; of a correction, when the fact stands."""
    envelope: Envelope[E_co]

    @property
    def event(self) -> E_co:
        """Return the event itself."""
        return self.envelope.event

    @property
    def event_id(self) -> EventId:
        """Return the id by which others name it."""
        return self.envelope.event_id

    @property
    def by(self) -> Actor:
        """Return who acts: on whose behalf it was said, or else who said it."""
        return self.envelope.on_behalf_of or self.envelope.actor

    @property
    def fact(self) -> Fact[E_co]:
        """Return it as rules and history take it."""
        return Fact(
            self.event,
            self.event_id,
            self.stream,
            self.position,
            self.when,
            self.by,
            self.envelope.command_id,
        )

    @property
    def decision(self) -> Decision | None:
        """Return the grounds, where the event is a decision."""
        return self.event.decision if isinstance(self.event, DecisionEvent) else None

    @property
    def corrects(self) -> EventId | None:
        """Return the event this one corrects or retracts, where it does."""
        return self.event.corrects if isinstance(self.event, Correction | Retraction) else None


class UnreadableEventError(Exception):
    """A stored event that this version of the program cannot read; it names the place, never the content.

    Where an encrypted part cannot be opened, its `__cause__` is the `EncryptionError` that says why.
    """


class AlteredEventError(UnreadableEventError):
    """A stored event that is filed as another one than it says it is; nothing is decided on it."""

    def __init__(self, position: int, said: str) -> None:
        super().__init__(
            f"position {position} {said}: the log was altered; `scp-events verify` says what else was"
        )


class NewerEventError(UnreadableEventError):
    """A stored event of a type that this version of the program does not know: a newer one recorded it."""


class Codec:
    """Turns envelopes into stored bytes and back, for the event classes of some aggregates.

    What is personal is encrypted with `keys` on the way in and opened on the way out; where a key is
    destroyed it reads as `Erased`, and nothing more is encrypted with it. `random` gives so many bytes nobody
    can guess.
    """

    def __init__(
        self,
        aggregates: Iterable[AnyAggregate],
        keys: Keys,
        *,
        random: Callable[[int], bytes] = random_bytes,
    ) -> None:
        self._events = _by_stored_type(tuple(aggregates))
        self._keys = keys
        self._random = random
        self._actors: dict[tuple[str, ...], Actor] = {}

    # --- in -----------------------------------------------------------------------------------------------

    def encode(self, envelope: Envelope[Any], stream: Stream, version: int) -> bytes:
        """Return the bytes to store as the n-th event of a stream.

        Raises `Refused` where it has words for somebody whose key is destroyed, and `KeyServiceDownError`.
        """
        event: Event = envelope.event
        place = Place(stream.id, version, event.type)
        otherwise = envelope.case_id or stream.id
        parts = [
            part
            for share in shares_of(type(event))
            for part in self._parts(share, event, place, subject_of(share, event, otherwise))
        ]
        public = to_json(envelope, exclude=_unsaid(type(event)))
        tail = to_json({"encrypted": parts} if parts else {"salt": _salt(self._random)})
        return public[:-1] + b"," + tail[1:]

    def _parts(
        self, share: Share, event: Event, place: Place, subject: UUID
    ) -> Iterator[Mapping[str, object]]:
        """Yield what is stored of one share: usually one part, and one more for what was erased before."""
        said = share.values(event)
        erased = {name: value for name, value in said.items() if isinstance(value, Erased)}
        text = {name: value for name, value in said.items() if name not in erased}
        if text:
            key = self._keys.to_encrypt(subject, share.group)
            if not isinstance(key, Erased):
                yield encrypt_part(key, place, to_json(text), self._random) | {"fields": [*text]}
            elif isinstance(event, ErasureEvent):  # it may say why, until its own words go too
                erased |= dict.fromkeys(text, key)
            else:
                raise _refused(text, key)
        for each in dict.fromkeys(erased.values()):
            fields = [name for name, value in erased.items() if value == each]
            yield _erased_part(share, subject, each, fields)

    # --- out ----------------------------------------------------------------------------------------------

    def recorded(self, row: Row, calendar: Calendar, *, unopened: bool = False) -> Recorded[Any]:
        """Return what a row holds; `unopened` leaves what is personal as it is, which needs no key.

        Raises `UnreadableEventError`, which names the place and never the content.
        """
        said = self._said(row, opened=not unopened)
        envelope = self._valid(row, lambda event: envelope_of(event).model_validate(said))
        return Recorded(
            position=row.position,
            stream=row.stream,
            version=row.version,
            recorded_at=row.recorded_at,
            when=calendar.read((envelope.occurred_at or row.recorded_at).astimezone(UTC), envelope.precision),
            envelope=envelope,
        )

    def fact(self, row: Row, calendar: Calendar, *, unopened: bool = False) -> Fact[Any]:
        """Return what a row holds as rules take it: quicker, without the rest of its envelope."""
        said = self._said(row, opened=not unopened)
        occurred_at = said["occurred_at"]
        return Fact(
            self._valid(row, lambda event: event.model_validate(said["event"])),
            EventId(UUID(said["event_id"])),
            row.stream,
            row.position,
            calendar.read(
                datetime.fromisoformat(occurred_at) if occurred_at else row.recorded_at,
                Precision(said["precision"]),
            ),
            self._actor(said["on_behalf_of"] or said["actor"]),
            CommandId(UUID(said["command_id"])),
        )

    def _actor(self, said: Mapping[str, Any]) -> Actor:
        """Return somebody who acted: the same few people, again and again."""
        key = (said["id"], said["role"], said["organisation"], said["kind"], *said["credentials"])
        actor = self._actors.get(key)
        if actor is None:
            actor = Actor.model_validate(said)
            if len(self._actors) < ACTORS:
                self._actors[key] = actor
        return actor

    def _said(self, row: Row, *, opened: bool = True) -> dict[str, Any]:
        """Return the document of a row with everything in its place."""
        self._class_of(row)  # before what a newer program has encrypted is opened
        place = Place(row.stream_id, row.version, row.type)
        try:
            said = self._opened(row.body, place) if opened else _unopened(row.body)
        except EncryptionError as error:
            raise UnreadableEventError(f"{_named(row)} cannot be opened: {error}") from error
        except ValidationError:
            raise UnreadableEventError(
                f"{_named(row)} cannot be opened: it says of no time that it was erased"
            ) from None
        _must_be_as_filed(row, said)
        return said

    def _class_of(self, row: Row) -> type[Event]:
        event = self._events.get(row.type)
        if event is None:
            raise NewerEventError(
                f"position {row.position} holds {row.type}, which this version does not know:"
                " run the version that wrote it, or a newer one",
            )
        return event

    def _valid(self, row: Row, validated: Callable[[type[Event]], T]) -> T:
        try:
            return validated(self._class_of(row))
        except ValidationError as error:
            wrong = ", ".join(sorted({".".join(map(str, found["loc"])) for found in error.errors()}))
            raise UnreadableEventError(f"{_named(row)} cannot be read: {wrong}") from None

    def foresee(self, bodies: Iterable[bytes]) -> None:
        """Look up the keys of many bodies at once, before they are decoded one by one."""
        self._keys.foresee(key_ids_in(bodies))

    def unforeseen(self, bodies: Iterable[bytes]) -> bool:
        """Return whether keys of these bodies would have to be looked up if they were decoded now."""
        return bool(self._keys.unforeseen(key_ids_in(bodies)))

    def open(self, stored_as: str, body: bytes, stream: Stream, version: int) -> list[Opened | Erased]:
        """Return the text of each encrypted part, with what proves it; for whoever is given a case to check.

        Raises `EncryptionError`, or `KeyServiceDownError`.
        """
        parts = _parts_of(_document(body))
        return [self._part(part, Place(stream.id, version, stored_as)) for part in parts]

    def _opened(self, body: bytes, place: Place) -> dict[str, Any]:
        """Return the document with everything in its place."""
        return _filled(body, lambda part: _fields(part, self._part(part, place)))

    def _part(self, part: Mapping[str, Any], place: Place) -> Opened | Erased:
        if "erased_at" in part:
            return Erased(key_id=UUID(part["key"]), at=part["erased_at"])
        key = self._keys.to_open(part["key"])
        if isinstance(key, Erased):
            return key
        if part["subject"] != key.subject_as_written or part["group"] != key.group:
            raise WrongKeyError("its key is another person's, or of another group of fields")
        return decrypt_part(key, place, part)


def key_ids_in(bodies: Iterable[bytes]) -> set[str]:
    """Return the ids of the keys that something in these bodies is encrypted with."""
    found = {key_id for body in bodies for key_id in _KEY_ID.findall(body)}
    return {key_id.decode() for key_id in found}


@cache
def envelope_of(event: type[Event]) -> type[Envelope[Any]]:
    """Return the envelope class for one event class, made once: reading is then one pass."""
    return Envelope[event]  # type: ignore[valid-type]  # the class is known at run time only


@cache
def _by_stored_type(aggregates: tuple[AnyAggregate, ...]) -> Mapping[str, type[Event]]:
    return {stored_type(event): event for aggregate in aggregates for event in every_event(aggregate)}


@cache
def _unsaid(event: type[Event]) -> Any:  # noqa: ANN401 - as pydantic has it
    """Return what is left out of the clear text of an envelope."""
    return {"event": excluding(event)}


def _must_be_as_filed(row: Row, said: Mapping[str, Any]) -> None:
    """Refuse an event that was found by a copy which does not say what the event says."""
    if said.get("case_id") != (None if row.case_id is None else str(row.case_id)):
        raise AlteredEventError(row.position, "is filed under another case than its event says")
    if not row.type.startswith(f"{row.category}."):
        raise AlteredEventError(row.position, f"is filed as {row.category!r}, and is {row.type}")


def must_be_whole(rows: Iterable[Row]) -> None:
    """Refuse streams, each read from its first event on, that lack one: it is filed somewhere else."""
    reached: dict[UUID, int] = {}
    for row in rows:
        expected = reached.get(row.stream_id, 0) + 1
        if row.version != expected:
            raise AlteredEventError(
                row.position, f"follows on version {expected - 1} of its stream and is version {row.version}"
            )
        reached[row.stream_id] = expected


def case_said_in(body: bytes) -> CaseId | None:
    """Return whose case an event says it is of."""
    said = from_json(body)["case_id"]
    return None if said is None else CaseId(UUID(said))


def _named(row: Row) -> str:
    return f"position {row.position}: this {row.type}"


def _refused(text: Iterable[str], key: Erased) -> Refused:
    return Refused(
        "personal-data-erased",
        f"{', '.join(f'`{name}`' for name in text)} would be about somebody whose personal data was erased on"
        f" {key.at.date().isoformat()}: nothing more is written about them here; `register` them anew in a"
        " case of their own",
    )


# --- the stored document ----------------------------------------------------------------------------------

_A_KEY_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KEY_ID = re.compile(rb'"key":"(' + _A_KEY_ID.pattern.encode() + rb')"')
SALT_BYTES = 16
ACTORS = 4_096
"""People who are not read anew each time they acted."""
UNOPENED = Unopened(key_id=UUID(int=0), at=datetime.min.replace(tzinfo=UTC))


def _salt(random: Callable[[int], bytes]) -> str:
    return b64encode(random(SALT_BYTES)).decode()


def _erased_part(share: Share, subject: UUID, erased: Erased, fields: list[str]) -> dict[str, object]:
    return {
        "group": share.group,
        "subject": str(subject),
        "key": str(erased.key_id),
        "erased_at": erased.at,
        "fields": fields,
    }


def _document(body: bytes) -> dict[str, Any]:
    try:
        said = from_json(body)
    except ValueError:
        raise CorruptPartError("it is no JSON") from None
    if not isinstance(said, dict) or not isinstance(said.get("event"), dict):
        raise CorruptPartError("it holds no event")
    return said


def _unopened(body: bytes) -> dict[str, Any]:
    """Return a document with `Unopened` wherever something is encrypted."""
    return _filled(body, lambda part: [(name, UNOPENED) for name in part["fields"]])


def _filled(
    body: bytes, fields: Callable[[Mapping[str, Any]], Iterable[tuple[str, object]]]
) -> dict[str, Any]:
    """Return a document with what each of its encrypted parts says in its place."""
    said = _document(body)
    parts = _parts_of(said)
    said.pop("encrypted", None)
    said.pop("salt", None)
    for part in parts:
        for name, value in fields(part):
            if not place_in(said["event"], name, value):
                raise CorruptPartError(f"it says {name}, which stands elsewhere or nowhere")
    return said


def _parts_of(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the encrypted parts of a document; a body has some, or says with its salt that it has none."""
    parts = said.get("encrypted", [])
    if bool(parts) == ("salt" in said):
        raise CorruptPartError("it says neither what is encrypted nor that nothing is, or both")
    if not isinstance(parts, list) or not all(map(_is_part, parts)):
        raise CorruptPartError("a encrypted part is not as it was written")
    return parts


def _is_part(part: Any) -> bool:  # noqa: ANN401 - any part of a JSON document
    """Whether it says whose and which key it needs, and what it seals; the rest is seen when it is opened."""
    match part:
        case {"group": str(), "subject": str(), "key": str(key_id), "fields": [*fields]}:
            return _A_KEY_ID.fullmatch(key_id) is not None and all(type(name) is str for name in fields)
    return False


def _fields(part: Mapping[str, Any], opened: Opened | Erased) -> Iterable[tuple[str, object]]:
    """Return what a part puts where."""
    if isinstance(opened, Erased):
        return [(name, opened) for name in part["fields"]]
    text = from_json(opened.text)
    if [*text] != part["fields"]:
        raise CorruptPartError("it holds other fields than it says")
    said: Iterable[tuple[str, object]] = text.items()
    return said
