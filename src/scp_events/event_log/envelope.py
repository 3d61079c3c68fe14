"""An event as it is stored: what was said, and who said it, when, why and in which conversation.

The envelope and the event are one JSON document, kept as the exact bytes handed in; columns beside it are
copies to find it by. `occurred_at` says when it was so in the world, `recorded_at` when we learned it.

What tells of a person does not stand in it. It is taken out into `encrypted`, one part for each person and
field group (see `privacy.encryption`); where there is none, 16 random bytes of `salt` stand, so that nobody
can guess a body from its digest. That a field was filled in stays visible; what is None is not written.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, ValidationError
from pydantic_core import from_json, to_json

from scp_events.privacy.encryption import Opened, Place, decrypt_part, encrypt_part
from scp_events.privacy.failures import CorruptPartError, EncryptionError, WrongKeyError
from scp_events.privacy.keyring import Keys
from scp_events.privacy.marks import Share, excluding, place_in, shares_of, subject_of
from scp_events.privacy.randomness import random_bytes
from scp_events.vocabulary import (
    Actor,
    Aggregate,
    Code,
    CommandId,
    CorrectionEvent,
    Decision,
    DecisionEvent,
    Erased,
    Event,
    EventId,
    ParticipantId,
    Position,
    Stream,
    Unopened,
    Word,
    stored_type,
)

E = TypeVar("E", bound=Event)
T = TypeVar("T")
E_co = TypeVar("E_co", bound=Event, covariant=True)


class Envelope(Word, Generic[E_co]):
    """What the log keeps with every event; see EVENT LOG in docs/ARCHITECTURE.md for each field's meaning."""

    event_id: EventId
    case_id: ParticipantId | None = None
    occurred_at: AwareDatetime
    actor: Actor
    on_behalf_of: Actor | None = None
    purpose: Code
    command_id: CommandId
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    source_system: Code | None = None
    source_recorded_at: AwareDatetime | None = None
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
    envelope: Envelope[E_co]

    @property
    def event(self) -> E_co:
        """Return the event itself."""
        return self.envelope.event

    @property
    def decision(self) -> Decision | None:
        """Return the grounds, where the event is a decision."""
        return self.event.decision if isinstance(self.event, DecisionEvent) else None

    @property
    def corrects(self) -> EventId | None:
        """Return the event this one corrects, where it is a correction."""
        return self.event.corrects if isinstance(self.event, CorrectionEvent) else None


class UnreadableEventError(Exception):
    """A stored event that this version of the program cannot read; it names the place, never the content.

    Where an encrypted part cannot be opened, its `__cause__` is the `EncryptionError` that says why.
    """


class Codec:
    """Turns envelopes into stored bytes and back, for the event classes of some aggregates.

    What is personal is encrypted with `keys` on the way in and opened on the way out; where a key is
    destroyed it reads as `Erased`, and what would be encrypted with it is stored as erased. `random` gives so
    many bytes nobody can guess.
    """

    def __init__(
        self,
        aggregates: Iterable[Aggregate[Any, Any, Any, Any]],
        keys: Keys,
        *,
        random: Callable[[int], bytes] = random_bytes,
    ) -> None:
        events: list[type[Event]] = [event for aggregate in aggregates for event in aggregate.EVENTS]
        self._by_class: dict[type[Event], type[Envelope[Any]]] = {
            event: _envelope_of(event) for event in events
        }
        self._by_type = {stored_type(event): self._by_class[event] for event in events}
        self._event_by_type = {stored_type(event): event for event in events}
        self._unsaid: dict[type[Event], Any] = {event: {"event": excluding(event)} for event in events}
        self._shares: dict[type[Event], tuple[Share, ...]] = {event: shares_of(event) for event in events}
        self._keys = keys
        self._random = random

    def envelope_of(self, event: E) -> type[Envelope[E]]:
        """Return the envelope class for this event."""
        return self._by_class[type(event)]

    # --- in -----------------------------------------------------------------------------------------------

    def encode(self, envelope: Envelope[Any], stream: Stream, version: int) -> bytes:
        """Return the bytes to store as the n-th event of a stream. Raises `KeyServiceDownError`."""
        event = envelope.event
        place = Place(stream.id, version, event.type)
        otherwise = envelope.case_id or stream.id
        parts = [
            part
            for share in self._shares[type(event)]
            for part in self._parts(share, event, place, subject_of(share, event, otherwise))
        ]
        public = envelope.model_dump_json(exclude=self._unsaid[type(event)]).encode()
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
            if isinstance(key, Erased):
                erased |= dict.fromkeys(text, key)
            else:
                yield encrypt_part(key, place, to_json(text), self._random) | {"fields": [*text]}
        for each in dict.fromkeys(erased.values()):
            fields = [name for name, value in erased.items() if value == each]
            yield _erased_part(share, subject, each, fields)

    # --- out ----------------------------------------------------------------------------------------------

    def decode(self, stored_as: str, body: bytes, stream: Stream, version: int, place: str) -> Envelope[Any]:
        """Return the envelope in `body`. Raises `UnreadableEventError` naming `place` and the type."""
        return self._read(stored_as, body, Place(stream.id, version, stored_as), place, self._envelope)

    def decode_event(self, stored_as: str, body: bytes, stream: Stream, version: int, place: str) -> Event:
        """Return the event in `body` alone, for folding, which needs no envelope. Raises as `decode`."""
        return self._read(stored_as, body, Place(stream.id, version, stored_as), place, self._event)

    def decode_unopened(
        self, stored_as: str, body: bytes, stream: Stream, version: int, place: str
    ) -> Envelope[Any]:
        """Return an event with `Unopened` wherever something is encrypted: quicker, and without any key.

        Raises `UnreadableEventError`; of what is encrypted it cannot say whether it could be read.
        """
        return self._read(
            stored_as, body, Place(stream.id, version, stored_as), place, self._envelope, self._unopened
        )

    def _envelope(self, stored_as: str, said: Mapping[str, Any]) -> Envelope[Any]:
        return self._by_type[stored_as].model_validate(said)

    def _event(self, stored_as: str, said: Mapping[str, Any]) -> Event:
        return self._event_by_type[stored_as].model_validate(said["event"])

    def _read(  # noqa: PLR0913, PLR0917 - one way for all that is read
        self,
        stored_as: str,
        body: bytes,
        stored_at: Place,
        place: str,
        validated: Callable[[str, Mapping[str, Any]], T],
        opened: Callable[[bytes, Place], Mapping[str, Any]] | None = None,
    ) -> T:
        if stored_as not in self._by_type:
            raise UnreadableEventError(
                f"{place} holds a {stored_as}, which this version does not know:"
                " run the version that wrote it, or a newer one",
            )
        try:
            return validated(stored_as, (opened or self._opened)(body, stored_at))
        except ValidationError as error:
            wrong = ", ".join(sorted({".".join(map(str, found["loc"])) for found in error.errors()}))
            raise UnreadableEventError(f"{place}: this {stored_as} cannot be read: {wrong}") from None
        except EncryptionError as error:
            raise UnreadableEventError(f"{place}: this {stored_as} cannot be opened: {error}") from error

    def foresee(self, bodies: Iterable[bytes]) -> None:
        """Look up the keys of many bodies at once, before they are decoded one by one."""
        self._keys.foresee(key_ids_in(bodies))

    def open(self, stored_as: str, body: bytes, stream: Stream, version: int) -> list[Opened | Erased]:
        """Return the text of each encrypted part, with what proves it; for whoever is given a case to check.

        Raises `EncryptionError`, or `KeyServiceDownError`.
        """
        parts = _parts_of(_document(body))
        return [self._part(part, Place(stream.id, version, stored_as)) for part in parts]

    def _opened(self, body: bytes, place: Place) -> dict[str, Any]:
        """Return the document with everything in its place."""
        return _filled(body, lambda part: _fields(part, self._part(part, place)))

    def _unopened(self, body: bytes, _place: Place) -> dict[str, Any]:
        """Return the document with `Unopened` wherever something is encrypted."""
        return _filled(body, lambda part: [(name, UNOPENED) for name in part["fields"]])

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
    return {key_id.decode() for body in bodies for key_id in _KEY_ID.findall(body)}


def _envelope_of(event: type[Event]) -> type[Envelope[Any]]:
    """Return the envelope class for one event class, made once: reading is then one pass."""
    return Envelope[event]  # type: ignore[valid-type]  # the class is known at run time only


# --- the stored document ----------------------------------------------------------------------------------

_A_KEY_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KEY_ID = re.compile(rb'"key":"(' + _A_KEY_ID.pattern.encode() + rb')"')
SALT_BYTES = 16
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
        raise CorruptPartError("an encrypted part is not as it was written")
    return parts


def _is_part(part: Any) -> bool:  # noqa: ANN401 - any part of a JSON document
    """Whether it says whose and which key it needs, and what it holds; the rest is seen when it is opened."""
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
