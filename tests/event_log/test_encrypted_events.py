from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from scp_events.aggregates import ALL, BY_CATEGORY
from scp_events.aggregates.engagement.events import ContactRecorded, StoryRecorded
from scp_events.aggregates.participant.events import IdentityLinkProposed
from scp_events.aggregates.referral.events import ReferralDeclined
from scp_events.event_log import Codec, Envelope, UnreadableEventError
from scp_events.event_log.envelope import envelope_of
from scp_events.event_log.rows import Row
from scp_events.history import every_event
from scp_events.privacy import (
    CorruptPartError,
    Keyring,
    KeyServiceDownError,
    Opened,
    WrongKeyError,
    digest_of,
    marks_of,
    open_keyring,
)
from scp_events.privacy.homes import KeyHome
from scp_events.vocabulary import (
    UTC_CALENDAR,
    CaseId,
    CommandId,
    Erased,
    ErasureEvent,
    Event,
    EventId,
    Position,
    Refused,
    Stream,
    correction_of,
    fold,
    personal_fields,
    stored_type,
)
from tests.conftest import database
from tests.event_log.asking import Case, register
from tests.every_event import EVERY_CLASS, personal_texts, planted
from tests.opened import opened_handler
from tests.words import KEY_WORKER, NOON

STORED = tuple(event for aggregate in ALL for event in every_event(aggregate))
"""Every class that the log may hold, corrections and retractions among them."""
PERSONAL = [event for event in EVERY_CLASS if marks_of(event)]
IMPERSONAL = [event for event in EVERY_CLASS if not marks_of(event)]
VERSION = 3


@pytest.fixture(scope="module")
def shared_database(postgres_server: str, log_template: str) -> Iterator[str]:
    """One for all: every test has people of its own."""
    with database(postgres_server, log_template) as conninfo:
        yield conninfo


@pytest.fixture(scope="module")
def keyring(shared_database: str) -> Iterator[Keyring]:
    with open_keyring(shared_database) as keyring:
        yield keyring


@pytest.fixture
def codec(keyring: Keyring) -> Codec:
    return Codec(ALL, keyring)


def stream_of(event: type[Event], stream_id: UUID | None = None) -> Stream:
    return Stream(stored_type(event).partition(".")[0], stream_id or uuid4())


def enveloped(event: Event, case_id: UUID) -> Envelope[Any]:
    return envelope_of(type(event))(
        event_id=getattr(event, "event_id", None) or EventId(uuid4()),
        case_id=CaseId(case_id),
        occurred_at=NOON,
        actor=KEY_WORKER,
        purpose="casework",
        command_id=CommandId(uuid4()),
        confidentiality=event.confidentiality,
        subjects=(case_id,),
        event=event,
    )


class Stored:
    """One event as it lies in the log."""

    def __init__(self, codec: Codec, event: Event, case_id: UUID | None = None) -> None:
        self.codec = codec
        self.case_id = case_id or uuid4()
        self.stream = stream_of(type(event))
        self.type = stored_type(type(event))
        self.envelope = enveloped(event, self.case_id)
        self.body = codec.encode(self.envelope, self.stream, VERSION)

    def read(self, body: bytes | None = None, **elsewhere: Any) -> Envelope[Any]:
        return self.codec.recorded(self.row(body, **elsewhere), UTC_CALENDAR).envelope

    def row(self, body: bytes | None = None, **elsewhere: Any) -> Row:
        said = {
            "stream": self.stream,
            "version": VERSION,
            "type_": self.type,
            "case": self.case_id,
        } | elsewhere
        stream: Stream = said["stream"]
        return Row(
            Position(1),
            stream.id,
            stream.category,
            said["version"],
            NOON,
            said["type_"],
            self.body if body is None else body,
            said["case"],
        )

    def altered(self, change: Callable[[dict[str, Any]], object]) -> bytes:
        said = json.loads(self.body)
        change(said)
        return json.dumps(said, separators=(",", ":")).encode()


def erase(keyring: Keyring, subject: UUID) -> None:
    keyring.fence(subject)
    keyring.destroy(subject)


def told() -> Event:
    return StoryRecorded(event_id=EventId(uuid4()), told_to=KEY_WORKER, story="Planted words.")


# --- in and out -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", STORED)
def test_every_event_is_read_as_it_was_said(codec: Codec, event: type[Event]) -> None:
    for views_expressed in (True, False):
        stored = Stored(codec, planted(event, views_expressed=views_expressed))
        assert stored.read() == stored.envelope


class NoKeys:
    """A keyring that must not be asked."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"asked for {name}")


@pytest.mark.parametrize("event", EVERY_CLASS)
def test_every_event_can_be_read_unopened_without_any_key(codec: Codec, event: type[Event]) -> None:
    """What is public of it is there, and where something is encrypted it says that it was not opened."""
    said = planted(event)
    stored = Stored(codec, said)
    read = Codec(ALL, NoKeys()).recorded(stored.row(), UTC_CALENDAR, unopened=True).event
    hidden = personal_fields(event)
    assert {name: value for name, value in read if name not in hidden} == {
        name: value for name, value in said if name not in hidden
    }
    shown = repr(read)
    assert not [text for text in personal_texts(said) if text in shown]
    assert ("Unopened(" in shown) == bool(json.loads(stored.body).get("encrypted"))


@pytest.mark.parametrize("event", [event for event in STORED if marks_of(event)])
def test_nothing_personal_of_any_event_is_stored_in_the_clear(codec: Codec, event: type[Event]) -> None:
    said = planted(event)
    stored = Stored(codec, said)
    assert not [text for text in personal_texts(said) if text.encode() in stored.body]
    document = json.loads(stored.body)
    assert "salt" not in document
    assert {part["subject"] for part in document["encrypted"]} <= {
        str(stored.case_id),
        str(getattr(getattr(said, "fact", said), "other", None)),
    }


@pytest.mark.parametrize("event", IMPERSONAL)
def test_an_event_that_tells_of_nobody_carries_salt(codec: Codec, event: type[Event]) -> None:
    stored = Stored(codec, planted(event))
    document = json.loads(stored.body)
    assert "encrypted" not in document
    assert len(b64decode(document["salt"])) == 16
    again = json.loads(codec.encode(stored.envelope, stored.stream, VERSION))
    assert again.pop("salt") != document.pop("salt")
    assert again == document


def test_that_a_field_was_left_empty_is_seen_and_stays_so(codec: Codec, keyring: Keyring) -> None:
    contact = planted(ContactRecorded).model_copy(update={"note": None})
    stored = Stored(codec, contact)
    assert "encrypted" not in json.loads(stored.body)
    decided = Stored(codec, planted(ReferralDeclined))
    erase(keyring, decided.case_id)
    views = decided.read().event.decision.views
    assert isinstance(views.expressed, Erased)
    assert views.not_obtained_because is None


def test_two_people_in_one_event_have_a_part_each(codec: Codec, keyring: Keyring) -> None:
    stored = Stored(codec, planted(IdentityLinkProposed))
    said = stored.envelope.event
    by_subject = {(part["subject"], part["group"]) for part in json.loads(stored.body)["encrypted"]}
    assert by_subject == {
        (str(stored.case_id), "narrative"),
        (str(stored.case_id), "core"),
        (str(said.other), "narrative"),
    }
    erase(keyring, said.other)
    read = stored.read().event
    assert isinstance(read.recognised_by, Erased)
    assert read.decision == said.decision
    erase(keyring, stored.case_id)
    assert isinstance(stored.read().event.decision.reason_text, Erased)


def test_a_stream_of_no_case_is_encrypted_for_itself(codec: Codec, keyring: Keyring) -> None:
    stored = Stored(codec, told())
    of_no_case = stored.envelope.model_copy(update={"case_id": None})
    body = codec.encode(of_no_case, stored.stream, VERSION)
    assert [part["subject"] for part in json.loads(body)["encrypted"]] == [str(stored.stream.id)]
    assert stored.read(body, case=None).event == stored.envelope.event
    erase(keyring, stored.stream.id)
    assert isinstance(stored.read(body, case=None).event.story, Erased)


# --- moved ------------------------------------------------------------------------------------------------


def test_an_encrypted_event_moved_to_another_place_is_refused(codec: Codec) -> None:
    stored = Stored(codec, planted(ReferralDeclined))
    for elsewhere in (
        {"stream": Stream("referral", uuid4())},
        {"version": VERSION + 1},
        {"type_": "referral.accepted"},
    ):
        with pytest.raises(UnreadableEventError) as refused:
            stored.read(stored.altered(lambda said, to=elsewhere: _as(said, to)), **elsewhere)
        assert isinstance(refused.value.__cause__, CorruptPartError)
        assert str(refused.value).startswith("position 1")


def _as(said: dict[str, Any], elsewhere: dict[str, Any]) -> None:
    said["event"]["type"] = elsewhere.get("type_", said["event"]["type"])


def test_a_part_moved_to_another_event_of_the_same_person_is_refused(codec: Codec) -> None:
    one = Stored(codec, told())
    other = Stored(codec, told(), one.case_id)
    with pytest.raises(UnreadableEventError) as refused:
        one.read(one.altered(lambda said: said.update(encrypted=json.loads(other.body)["encrypted"])))
    assert isinstance(refused.value.__cause__, CorruptPartError)


def test_a_part_moved_to_another_group_is_refused(codec: Codec) -> None:
    stored = Stored(codec, planted(ReferralDeclined))

    def exchange(said: dict[str, Any]) -> None:
        one, other = said["encrypted"]
        for name in ("group", "fields"):
            one[name], other[name] = other[name], one[name]

    with pytest.raises(UnreadableEventError) as refused:
        stored.read(stored.altered(exchange))
    assert isinstance(refused.value.__cause__, WrongKeyError)


def test_a_part_moved_to_another_person_is_refused(codec: Codec, keyring: Keyring) -> None:
    stored, other = Stored(codec, told()), uuid4()
    key = keyring.to_encrypt(other, "narrative")
    for change in ({"subject": str(other)}, {"subject": str(other), "key": str(key.key_id)}):
        body = stored.altered(lambda said, to=change: said["encrypted"][0].update(to))
        with pytest.raises(UnreadableEventError) as refused:
            stored.read(body)
        assert isinstance(refused.value.__cause__, WrongKeyError)


ALTERATIONS: dict[str, Callable[[dict[str, Any]], object]] = {
    "the parts removed": lambda said: said.pop("encrypted"),
    "a part twice": lambda said: said["encrypted"].append(said["encrypted"][0]),
    "salt beside a part": lambda said: said.update(salt="AAAAAAAAAAAAAAAAAAAAAA=="),
    "a field renamed": lambda said: said["encrypted"][0].update(fields=["decision.reason_code"]),
    "a field added": lambda said: said["encrypted"][0]["fields"].append("type"),
    "another key id": lambda said: said["encrypted"][0].update(key=str(uuid4())),
    "no key id": lambda said: said["encrypted"][0].update(key="' OR true --"),
    "no part at all": lambda said: said.update(encrypted=[7]),
    "parts that are none": lambda said: said.update(encrypted="everything"),
    "fields that are none": lambda said: said["encrypted"][0].update(fields=[["type"]]),
    "no event": lambda said: said.pop("event"),
    "an erased part over the clear": lambda said: said["encrypted"][0].update(
        erased_at="2025-03-03T00:00:00Z", fields=["type"]
    ),
    "an erased part for nothing there is": lambda said: said["encrypted"][0].update(
        erased_at="2025-03-03T00:00:00Z", fields=["no.such.place"]
    ),
    "an erased part at no time": lambda said: said["encrypted"][0].update(erased_at="yesterday"),
    "words in the clear": lambda said: said["event"]["decision"].update(reason_text="Invented."),
    "an erased value in the clear": lambda said: said["event"]["decision"].update(
        reason_text={"erased": True, "key_id": str(uuid4()), "at": "2025-03-03T00:00:00Z"}
    ),
}


@pytest.mark.parametrize("alteration", ALTERATIONS.values(), ids=ALTERATIONS)
def test_an_altered_document_is_refused_by_its_place(
    codec: Codec, alteration: Callable[[dict[str, Any]], object]
) -> None:
    stored = Stored(codec, planted(ReferralDeclined))
    with pytest.raises(UnreadableEventError, match=r"^position 1: this referral.declined cannot be"):
        stored.read(stored.altered(alteration))


def test_what_is_no_document_is_refused_by_its_place(codec: Codec) -> None:
    stored = Stored(codec, told())
    for body in (b"", b"[]", b"\\xff", stored.body[:-1]):
        with pytest.raises(UnreadableEventError, match=r"^position 1"):
            stored.read(body)


# --- erased, and three things that are not ------------------------------------------------------------------


@pytest.mark.parametrize("event", EVERY_CLASS)
def test_once_its_keys_are_destroyed_every_event_is_still_read_and_folded(
    codec: Codec, keyring: Keyring, event: type[Event]
) -> None:
    stored = Stored(codec, planted(event))
    for subject in {stored.case_id, getattr(stored.envelope.event, "other", stored.case_id)}:
        erase(keyring, subject)
    read = stored.read()
    keys = {key.erased for key in keyring.destroyed(stored.case_id)}
    if hasattr(stored.envelope.event, "other"):
        keys |= {key.erased for key in keyring.destroyed(stored.envelope.event.other)}
    found = [value for mark in marks_of(event) for _, value in mark.values(read.event)]
    assert set(found) <= keys
    assert bool(found) is bool(marks_of(event))
    fold(BY_CATEGORY[stored.stream.category], [read.event])
    assert not [text for text in personal_texts(stored.envelope.event) if text in read.model_dump_json()]


def test_the_words_of_a_correction_are_encrypted_for_whom_the_fact_is_about(
    codec: Codec, keyring: Keyring
) -> None:
    stored = Stored(codec, planted(correction_of(ContactRecorded)))
    (fields,) = [
        part["fields"] for part in json.loads(stored.body)["encrypted"] if "fact.note" in part["fields"]
    ]
    assert "decision.reason_text" in fields
    erase(keyring, stored.case_id)
    assert isinstance(stored.read().event.fact.note, Erased)
    of_another = Stored(codec, planted(correction_of(IdentityLinkProposed)))
    fact = of_another.envelope.event.fact
    parts = {part["subject"]: part["fields"] for part in json.loads(of_another.body)["encrypted"]}
    assert parts[str(fact.other)] == ["fact.recognised_by"]


@pytest.mark.parametrize("event", PERSONAL)
def test_nothing_more_is_written_about_somebody_whose_key_is_destroyed(
    codec: Codec, keyring: Keyring, event: type[Event]
) -> None:
    """Save by the event that says that it is: what it says of them reads as erased at once."""
    case_id, said = uuid4(), planted(event)
    for subject in {case_id, getattr(said, "other", case_id)}:
        erase(keyring, subject)
    if not issubclass(event, ErasureEvent):
        with pytest.raises(Refused) as refused:
            Stored(codec, said, case_id)
        assert refused.value.rule == "personal-data-erased"
        return
    stored = Stored(codec, said, case_id)
    assert not [text for text in personal_texts(said) if text.encode() in stored.body]
    values = {value for mark in marks_of(event) for _, value in mark.values(stored.read().event)}
    assert values
    assert all(isinstance(value, Erased) for value in values)


def test_what_was_erased_can_be_repeated_by_who_read_it(codec: Codec, keyring: Keyring) -> None:
    """A correction copies what it does not change: also what reads as erased by now."""
    stored = Stored(codec, told())
    erase(keyring, stored.case_id)
    read = stored.read()
    assert stored.read(codec.encode(read, stored.stream, VERSION)) == read


def test_who_was_erased_in_part_is_written_about_in_the_other_part(codec: Codec, keyring: Keyring) -> None:
    case = uuid4()
    keyring.fence(case, ["narrative"])
    keyring.destroy(case, ["narrative"])
    with pytest.raises(Refused):
        Stored(codec, told(), case)
    contact = planted(ContactRecorded).model_copy(update={"note": None})
    assert Stored(codec, contact, case).read().event == contact


def test_erased_wrong_corrupt_and_out_of_reach_are_four_different_things(
    shared_database: str, codec: Codec, keyring: Keyring
) -> None:
    stored = Stored(codec, told())
    with open_keyring(shared_database) as other:
        elsewhere = Codec(ALL, other)

        other.home = _Unreachable(other.home)
        with pytest.raises(KeyServiceDownError):
            elsewhere.recorded(stored.row(), UTC_CALENDAR)

        other.home = _Empty(other.home)
        with pytest.raises(UnreadableEventError) as wrong:
            elsewhere.recorded(stored.row(), UTC_CALENDAR)
        assert isinstance(wrong.value.__cause__, WrongKeyError)

    def corrupt(said: dict[str, Any]) -> None:
        part = said["encrypted"][0]
        part["ciphertext"] = part["ciphertext"][::-1].replace("=", "A")

    with pytest.raises(UnreadableEventError) as corrupted:
        stored.read(stored.altered(corrupt))
    assert isinstance(corrupted.value.__cause__, CorruptPartError)

    erase(keyring, stored.case_id)
    assert isinstance(stored.read().event.story, Erased)


class _Unreachable:
    """A home whose service does not answer."""

    def __init__(self, home: KeyHome) -> None:
        self.name, self.close = home.name, home.close

    def unwrap(self, _wrapped: object) -> list[bytes | None]:
        raise KeyServiceDownError("the key service does not answer: try again")


class _Empty(_Unreachable):
    """A home that has other keys."""

    def unwrap(self, wrapped: Any) -> list[bytes | None]:
        return [None for _ in wrapped]


# --- what others check ------------------------------------------------------------------------------------


def test_an_opened_part_is_checked_against_the_stored_bytes(codec: Codec, keyring: Keyring) -> None:
    stored = Stored(codec, planted(ReferralDeclined))
    parts = codec.open(stored.type, stored.body, stored.stream, VERSION)
    digests = [part["digest"] for part in json.loads(stored.body)["encrypted"]]
    opened = [part for part in parts if isinstance(part, Opened)]
    assert [digest_of(part.salt, part.text) for part in opened] == [b64decode(d) for d in digests]
    said = json.loads(opened[0].text)
    assert said["decision.reason_text"] == stored.envelope.event.decision.reason_text
    erase(keyring, stored.case_id)
    assert {type(part) for part in codec.open(stored.type, stored.body, stored.stream, VERSION)} == {Erased}


# --- the log ----------------------------------------------------------------------------------------------


def test_no_words_of_a_command_reach_the_database(log_database: str) -> None:
    """Neither as they are, nor as a digest by which a guess could be confirmed."""
    case, command = Case.new(), register("Name Nobody Would Think Of")
    with opened_handler(log_database) as handler:
        handler.handle(case.request(command))
    with psycopg.connect(log_database) as connection:
        (stored,) = connection.execute("SELECT fingerprint FROM event_log.commands").fetchone()
    asked = f"participant/{case.participant.id}/Register/{command.model_dump_json()}"
    assert bytes(stored) != sha256(asked.encode()).digest()
    assert len(bytes(stored)) == 32


def test_a_command_about_somebody_who_was_erased_is_refused_and_nothing_is_recorded(
    log_database: str,
) -> None:
    case = Case.new()
    with open_keyring(log_database) as keyring, opened_handler(log_database) as handler:
        erase(keyring, case.id)
        with pytest.raises(Refused) as refused:
            handler.handle(case.request(register()))
    assert refused.value.rule == "personal-data-erased"
    assert "`name`" in refused.value.remedy
    with psycopg.connect(log_database) as connection:
        assert connection.execute("SELECT count(*) FROM event_log.events").fetchone() == (0,)
