from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from scp_events.privacy import (
    CorruptPartError,
    EncryptionError,
    PartKey,
    Place,
    WrongKeyError,
    decrypt_part,
    encrypt_part,
    encryption,
)
from tests.privacy.salamander import Side, keystream, salamander

SUBJECT = UUID("11111111-1111-4111-8111-111111111111")
OTHER = UUID("22222222-2222-4222-8222-222222222222")
KEY_ID = UUID("33333333-3333-4333-8333-333333333333")
PLACE = Place(UUID("44444444-4444-4444-8444-444444444444"), 7, "participant.story-recorded")
TEXT = b'{"story":"Planted words."}'
DATA_KEY = bytes(range(32))

Change = Callable[[dict[str, Any]], object]


def key(data_key: bytes = DATA_KEY, **changes: Any) -> PartKey:
    said = {"key_id": KEY_ID, "subject": SUBJECT, "group": "narrative"} | changes
    return PartKey(data_key, **said)


@pytest.fixture
def part() -> dict[str, str]:
    return encrypt_part(key(), PLACE, TEXT, secrets.token_bytes)


# --- opening ----------------------------------------------------------------------------------------------


def test_what_was_encrypted_is_opened_in_its_place(part: dict[str, str]) -> None:
    opened = decrypt_part(key(), PLACE, part)
    assert opened.text.rstrip() == TEXT
    assert json.loads(opened.text) == {"story": "Planted words."}
    assert (opened.subject, opened.group, opened.key_id) == (SUBJECT, "narrative", KEY_ID)


def test_nothing_of_the_text_stands_in_the_part(part: dict[str, str]) -> None:
    stored = json.dumps(part)
    assert "Planted" not in stored
    assert TEXT not in base64.b64decode(part["ciphertext"])


def test_encrypted_twice_the_same_text_looks_different_in_everything_but_whose_it_is() -> None:
    one, other = (encrypt_part(key(), PLACE, TEXT, secrets.token_bytes) for _ in range(2))
    assert {name for name in one if one[name] == other[name]} == {"group", "subject", "key", "commitment"}


def test_texts_of_almost_the_same_length_cannot_be_told_apart_by_it() -> None:
    lengths = {
        len(encrypt_part(key(), PLACE, b"x" * n, secrets.token_bytes)["ciphertext"]) for n in range(33, 65)
    }
    assert len(lengths) == 1


MOVES: dict[str, Place] = {
    "another stream": PLACE._replace(stream_id=uuid4()),
    "another version of the stream": PLACE._replace(version=8),
    "an event of another type": PLACE._replace(type="participant.story-corrected"),
}


@pytest.mark.parametrize("place", MOVES.values(), ids=MOVES)
def test_a_part_moved_to_another_event_is_refused(part: dict[str, str], place: Place) -> None:
    with pytest.raises(CorruptPartError):
        decrypt_part(key(), place, part)


OTHERS: dict[str, dict[str, Any]] = {
    "field group": {"group": "core"},
    "person": {"subject": OTHER},
    "key id": {"key_id": uuid4()},
}


@pytest.mark.parametrize("changes", OTHERS.values(), ids=OTHERS)
def test_a_part_moved_to_another_person_or_group_is_refused_even_with_the_same_data_key(
    part: dict[str, str], changes: dict[str, Any]
) -> None:
    moved = key(**changes)
    with pytest.raises(WrongKeyError):
        decrypt_part(moved, PLACE, part)
    with pytest.raises(CorruptPartError):
        decrypt_part(moved, PLACE, part | {"commitment": base64.b64encode(moved.commitment).decode()})


def test_another_key_is_told_from_changed_bytes(part: dict[str, str]) -> None:
    with pytest.raises(WrongKeyError):
        decrypt_part(key(secrets.token_bytes(32)), PLACE, part)
    ciphertext = bytearray(base64.b64decode(part["ciphertext"]))
    ciphertext[40] ^= 1
    with pytest.raises(CorruptPartError):
        decrypt_part(key(), PLACE, part | {"ciphertext": base64.b64encode(ciphertext).decode()})


DAMAGES: dict[str, Change] = {
    "no ciphertext": lambda part: part.pop("ciphertext"),
    "a short ciphertext": lambda part: part.update(ciphertext="AAAA"),
    "no base64": lambda part: part.update(ciphertext="*" * 40),
    "loose base64": lambda part: part.update(digest=part["digest"] + "="),
    "another digest": lambda part: part.update(digest=base64.b64encode(bytes(32)).decode()),
    "no digest": lambda part: part.pop("digest"),
    "no commitment": lambda part: part.pop("commitment"),
    "no text at all": lambda part: part.update(ciphertext=7),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_part_is_refused(part: dict[str, str], damage: Change) -> None:
    damage(part)
    with pytest.raises(EncryptionError):
        decrypt_part(key(), PLACE, part)


@pytest.mark.parametrize("name", ["commitment", "digest", "ciphertext"])
def test_every_bit_counts(part: dict[str, str], name: str) -> None:
    whole = base64.b64decode(part[name])
    for bit in range(len(whole) * 8):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(EncryptionError):
            decrypt_part(key(), PLACE, part | {name: base64.b64encode(changed).decode()})


# --- the digest that others check -------------------------------------------------------------------------


def test_an_opened_text_is_checked_against_the_stored_digest_with_hashlib_alone(part: dict[str, str]) -> None:
    opened = decrypt_part(key(), PLACE, part)
    computed = hashlib.sha256(b"scp-events/part-text/1\0" + opened.salt + opened.text).digest()
    assert base64.b64encode(computed).decode() == part["digest"]
    other = hashlib.sha256(b"scp-events/part-text/1\0" + opened.salt + b"other words").digest()
    assert base64.b64encode(other).decode() != part["digest"]


def test_the_digest_does_not_confirm_a_guess_without_the_salt(part: dict[str, str]) -> None:
    """The salt is random and within the ciphertext: with the key it is gone."""
    opened = decrypt_part(key(), PLACE, part)
    assert len(opened.salt) == 32
    assert base64.b64encode(opened.salt).decode() not in json.dumps(part)
    again = decrypt_part(key(), PLACE, encrypt_part(key(), PLACE, TEXT, secrets.token_bytes))
    assert again.salt != opened.salt
    assert again.digest != opened.digest


# --- what one key is used for -----------------------------------------------------------------------------


def test_commitment_and_cipher_key_come_from_one_derivation(part: dict[str, str]) -> None:
    """Anybody can write a second reader from the documentation: here is one."""
    derived = derive(DATA_KEY, KEY_ID)
    assert base64.b64decode(part["commitment"]) == derived[32:64]
    whole = base64.b64decode(part["ciphertext"])
    nonce, ciphertext = whole[:12], whole[12:-16]
    stream = keystream(derived[:32], nonce, len(ciphertext))
    said = bytes(a ^ b for a, b in zip(ciphertext, stream, strict=True))
    assert said[32:].rstrip() == TEXT


def derive(data_key: bytes, key_id: UUID) -> bytes:
    info = b"scp-events/part-key/1\0" + key_id.bytes + SUBJECT.bytes + b"narrative"
    return HKDF(SHA256(), 96, None, info).derive(data_key)


def test_a_key_shows_nothing_of_itself() -> None:
    shown = repr(key()) + str(key())
    assert DATA_KEY.hex() not in shown
    assert key().commitment.hex() not in shown
    assert not hasattr(key(), "__dict__")


def test_blinded_digests_are_told_apart_and_differ_from_person_to_person() -> None:
    one, other = hashlib.sha256(b"one").digest(), hashlib.sha256(b"other").digest()
    assert key().blind(one) == key().blind(one)
    assert len({key().blind(one), key().blind(other), key(subject=OTHER).blind(one), one}) == 4


# --- the ciphertext that two keys open --------------------------------------------------------------------


def two_key_part() -> tuple[dict[str, str], PartKey, PartKey]:
    """Return a part that claims the first key, and that AES-GCM opens under either of two.

    Whoever chooses both keys chooses what each of them shows, as far as the other leaves room.
    """
    data_keys = {uuid4(): secrets.token_bytes(32) for _ in range(2)}
    one, other = (key(data_key, key_id=key_id) for key_id, data_key in data_keys.items())
    nonce, digest = secrets.token_bytes(12), secrets.token_bytes(32)
    sides = [
        Side(derive(data_keys[each.key_id], each.key_id)[:32], encryption.bound_to(each, PLACE, digest))
        for each in (one, other)
    ]
    streams = [keystream(side.key, nonce, 96) for side in sides]
    said = [(32, b"He was not there.".ljust(32), streams[0]), (64, b"He was there.".ljust(32), streams[1])]
    ciphertext = bytearray(96)
    for start, text, stream in said:
        ciphertext[start : start + 32] = _xor(text, stream[start : start + 32])
    encrypted = salamander(nonce, *sides, bytes(ciphertext))
    written = {"commitment": one.commitment, "digest": digest, "ciphertext": nonce + encrypted}
    encoded = {name: base64.b64encode(value).decode() for name, value in written.items()}
    return {"group": "narrative", "subject": str(SUBJECT), "key": str(one.key_id)} | encoded, one, other


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def test_the_two_key_ciphertext_is_refused() -> None:
    part, one, other = two_key_part()
    assert b"He was not there." in decrypt_part(one, PLACE, part).text
    with pytest.raises(WrongKeyError):
        decrypt_part(other, PLACE, part)


def test_without_the_commitment_it_would_have_been_read_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same vector, and a reader that compares nothing."""
    part, one, other = two_key_part()
    monkeypatch.setattr(encryption.hmac, "compare_digest", lambda *_: True)
    assert b"He was not there." in decrypt_part(one, PLACE, part).text
    assert b"He was there." in decrypt_part(other, PLACE, part).text
