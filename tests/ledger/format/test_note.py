"""Signed notes: those of Go's documentation, those of its checksum database, and forgeries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from scp_events.ledger.format.note import (
    MOST_SIGNATURES,
    KeyKind,
    MalformedNoteError,
    Note,
    Signature,
    SignatureError,
    Signer,
    Verifier,
    cosigned_at,
    from_base64,
    open_note,
    to_base64,
)
from tests.ledger.leaves import unhurried

PETER_SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETER_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH_VKEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
BY_PETER = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJ"
    "nAM=\n"
)
BY_ENOCH = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ="
    "\n"
)
PETER, ENOCH = Verifier.parse(PETER_VKEY), Verifier.parse(ENOCH_VKEY)

CHECKSUM_DATABASE = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
TREE_OF_THE_CHECKSUM_DATABASE = """\
go.sum database tree
63096908
8lHrQPRYe4KT4WQ9/Qk8/taKnD6IRHbFgfN7vQE2Y54=

— sum.golang.org Az3gri/oVBN1jAhNZ/iS+W31psFAWRT20/GyrhpU6taFwulQGetBkH5S7wpGXdS935jiIGiUUAXBVHzT/P6fYhqAmAk=
"""

# A checkpoint of a certificate log as published, cosigned by witnesses, and the keys of some of them.
COSIGNED = """\
arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev \
zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev \
ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden \
2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 \
pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de \
2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu \
Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
"""
ITS_LOG = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
ITS_WITNESSES = (
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
    "transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
    "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WITNESS = Signer("court.example/witness", KeyKind.COSIGNATURE, bytes(range(32)))
LOG = Signer("programme.example/log", KeyKind.NOTE, bytes(range(1, 33)))


def written(*lines: str, text: str = TEXT) -> str:
    return f"{text}\n{''.join(lines)}"


# --- notes of others --------------------------------------------------------------------------------------


def test_a_note_is_signed_as_go_signs_it() -> None:
    signed = Note(TEXT).signed(Signer.parse(PETER_SKEY).sign(TEXT))
    assert signed.written() == written(BY_PETER)


def test_a_note_of_two_is_opened_with_the_key_of_one_and_the_other_is_left_aside() -> None:
    opened = open_note(written(BY_PETER, BY_ENOCH), [PETER])
    assert opened.text == TEXT
    assert list(opened.signatures) == [PETER]
    assert [signature.line() for signature in opened.unknown] == [BY_ENOCH]


def test_a_note_of_two_is_opened_with_both_keys() -> None:
    opened = open_note(written(BY_PETER, BY_ENOCH), [ENOCH, PETER, PETER])
    assert list(opened.signatures) == [PETER, ENOCH]
    assert opened.unknown == ()


def test_a_tree_note_of_the_checksum_database_is_opened() -> None:
    opened = open_note(TREE_OF_THE_CHECKSUM_DATABASE, [Verifier.parse(CHECKSUM_DATABASE)])
    assert opened.text.startswith("go.sum database tree\n63096908\n")


def test_a_tree_note_of_the_checksum_database_with_one_leaf_more_is_refused() -> None:
    forged = TREE_OF_THE_CHECKSUM_DATABASE.replace("63096908", "63096909")
    with pytest.raises(SignatureError, match=r"sum\.golang\.org"):
        open_note(forged, [Verifier.parse(CHECKSUM_DATABASE)])


def test_a_published_checkpoint_is_opened_with_the_keys_of_its_log_and_witnesses() -> None:
    keys = [Verifier.parse(key) for key in (ITS_LOG, *ITS_WITNESSES)]
    opened = open_note(COSIGNED, keys)
    assert set(opened.signatures) == set(keys)
    assert len(opened.unknown) == 1
    times = {cosigned_at(opened.signatures[key]) for key in keys[1:]}
    assert times == {datetime.fromtimestamp(0x6A122120, UTC)}


@pytest.mark.parametrize("key", [ITS_LOG, *ITS_WITNESSES])
def test_a_published_checkpoint_changed_is_refused_by_every_one_of_its_keys(key: str) -> None:
    with pytest.raises(SignatureError, match="is wrong"):
        open_note(COSIGNED.replace("1432088532", "1432088533"), [Verifier.parse(key)])


# --- keys -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vkey", [PETER_VKEY, ENOCH_VKEY, CHECKSUM_DATABASE, ITS_LOG, *ITS_WITNESSES])
def test_a_verifying_key_is_written_as_it_was_read(vkey: str) -> None:
    assert Verifier.parse(vkey).vkey == vkey


def test_a_signing_key_is_written_as_it_was_read_and_has_its_verifying_key() -> None:
    assert Signer.parse(PETER_SKEY).skey == PETER_SKEY
    assert Signer.parse(PETER_SKEY).verifier == PETER
    assert Signer.parse(WITNESS.skey) == WITNESS


@pytest.mark.parametrize(("key", "parse"), [(PETER_VKEY, Verifier.parse), (PETER_SKEY, Signer.parse)])
def test_no_part_and_no_misspelling_of_a_key_is_a_key(key: str, parse: type) -> None:
    parts = {key[i:j] for i in range(len(key)) for j in range(i + 1, len(key) + 1)} - {key}
    misspelt = {key[:i] + chr(ord(key[i]) + 1) + key[i + 1 :] for i in range(len(key))}
    for said in (*parts, *misspelt, "", f"{key}\n", f" {key}"):
        with pytest.raises(MalformedNoteError):
            parse(said)


@pytest.mark.parametrize(
    "vkey",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        PETER_VKEY.replace("c74f20a3", "C74F20A3"),
    ],
    ids=["too long", "of an unknown kind", "an id in capitals"],
)
def test_a_key_that_is_none_is_refused(vkey: str) -> None:
    with pytest.raises(MalformedNoteError):
        Verifier.parse(vkey)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b", "a\tb"])
def test_a_name_with_spaces_or_plus_or_none_is_no_name(name: str) -> None:
    with pytest.raises(MalformedNoteError, match="name"):
        Verifier(name, KeyKind.NOTE, PETER.public)
    with pytest.raises(MalformedNoteError, match="name"):
        Signer(name, KeyKind.NOTE, bytes(32))


def test_a_signing_key_does_not_show_itself() -> None:
    assert PETER_SKEY[-44:] not in repr(Signer.parse(PETER_SKEY))
    with pytest.raises(MalformedNoteError) as refused:
        Signer.parse(PETER_SKEY.replace("c74f20a3", "c74f20a4"))
    with pytest.raises(MalformedNoteError) as refused_too:
        Signer.parse(PETER_SKEY[:-1])
    for said in (str(refused.value), str(refused_too.value)):
        assert PETER_SKEY[40:60] not in said


def test_one_key_for_two_uses_has_two_ids() -> None:
    cosigning = Signer(LOG.name, KeyKind.COSIGNATURE, LOG.seed)
    assert cosigning.verifier.key_id != LOG.verifier.key_id


def test_two_keys_of_one_name_and_id_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Verifier, "key_id", property(lambda _self: b"same"))
    other = Verifier(PETER.name, KeyKind.NOTE, ENOCH.public)
    with pytest.raises(ValueError, match="two keys are called PeterNeumann"):
        open_note(written(BY_PETER), [PETER, other])


# --- signatures -------------------------------------------------------------------------------------------


def test_a_signature_of_a_known_key_that_is_wrong_refuses_the_note() -> None:
    wrong = Signature(PETER.name, PETER.key_id, bytes(64)).line()
    for lines in ((wrong,), (wrong, BY_ENOCH), (BY_ENOCH, wrong), (BY_PETER, wrong)):
        with pytest.raises(SignatureError, match="PeterNeumann"):
            open_note(written(*lines), [PETER, ENOCH])


def test_a_signature_under_a_known_name_by_an_unknown_key_says_nothing() -> None:
    stranger = Signer("PeterNeumann", KeyKind.NOTE, bytes(32))
    opened = open_note(written(stranger.sign(TEXT).line(), BY_PETER), [PETER])
    assert list(opened.signatures) == [PETER]
    with pytest.raises(SignatureError, match="signed"):
        open_note(written(stranger.sign(TEXT).line()), [PETER])


def test_a_note_that_nobody_known_has_signed_is_refused() -> None:
    with pytest.raises(SignatureError, match="signed"):
        open_note(written(BY_PETER, BY_ENOCH), [])


@pytest.mark.parametrize("length", [1, 63, 65, 72])
def test_a_signature_of_another_length_is_wrong(length: int) -> None:
    with pytest.raises(SignatureError):
        open_note(written(Signature(PETER.name, PETER.key_id, bytes(length)).line()), [PETER])


@unhurried
@given(st.integers(0, len(TEXT) - 2), st.characters(min_codepoint=32, exclude_categories=["Cs"]))
def test_a_text_with_one_character_changed_is_refused(at: int, other: str) -> None:
    changed = TEXT[:at] + other + TEXT[at + 1 :]
    if changed != TEXT:
        with pytest.raises(SignatureError):
            open_note(written(BY_PETER, text=changed), [PETER])


# --- cosignatures -----------------------------------------------------------------------------------------


def test_a_cosignature_says_when() -> None:
    signature = WITNESS.cosign(TEXT, NOON)
    WITNESS.verifier.verify(TEXT, signature)
    assert cosigned_at(signature) == NOON


def test_a_cosignature_under_another_time_is_wrong() -> None:
    early = WITNESS.cosign(TEXT, NOON - timedelta(days=1))
    late = WITNESS.cosign(TEXT, NOON)
    mixed = Signature(late.name, late.key_id, early.value[:8] + late.value[8:])
    with pytest.raises(SignatureError):
        WITNESS.verifier.verify(TEXT, mixed)


def test_a_cosignature_at_a_time_that_no_calendar_has_is_wrong() -> None:
    """Truly signed; whoever read its time would stumble."""
    key = Ed25519PrivateKey.from_private_bytes(WITNESS.seed)
    for time, right in ((253402300799, True), (253402300800, False), (2**64 - 1, False)):
        value = time.to_bytes(8, "big") + key.sign(f"cosignature/v1\ntime {time}\n{TEXT}".encode())
        signature = Signature(WITNESS.name, WITNESS.verifier.key_id, value)
        if right:
            WITNESS.verifier.verify(TEXT, signature)
            assert cosigned_at(signature).year == 9999
        else:
            with pytest.raises(SignatureError):
                WITNESS.verifier.verify(TEXT, signature)


def test_a_signature_does_not_pass_for_a_cosignature_nor_the_other_way_round() -> None:
    as_log = Signer(WITNESS.name, KeyKind.NOTE, WITNESS.seed)
    signed, cosigned = as_log.sign(TEXT), WITNESS.cosign(TEXT, NOON)
    for verifier, value in (
        (as_log.verifier, cosigned.value),
        (as_log.verifier, cosigned.value[8:]),
        (WITNESS.verifier, signed.value),
        (WITNESS.verifier, bytes(8) + signed.value),
    ):
        with pytest.raises(SignatureError):
            verifier.verify(TEXT, Signature(verifier.name, verifier.key_id, value))


def test_a_log_does_not_cosign_and_a_witness_does_not_sign() -> None:
    with pytest.raises(ValueError, match="no witness's key"):
        LOG.cosign(TEXT, NOON)
    with pytest.raises(ValueError, match="a witness's key"):
        WITNESS.sign(TEXT)


# --- spelling ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "\n\n",
        TEXT,
        TEXT + "\n",
        written(BY_PETER[:-1]),
        written(BY_PETER, "Unexpected line.\n"),
        written(BY_PETER, "\n"),
        written(BY_PETER.replace("PeterNeumann", "Bad Name")),
        written(BY_PETER.replace("— ", "- ")),
        written(BY_PETER.replace("— ", "—")),
        written(BY_PETER.replace(" x08", "  x08")),
        written(BY_PETER.replace("=\n", "= \n")),
        written(BY_PETER.replace("=\n", "=\r\n")),
        written("— PeterNeumann x08gow==\n"),
        written("— PeterNeumann \n"),
        written("— PeterNeumann\n"),
        written(BY_PETER, text=TEXT.replace("you", "you\x01", 1)),
        written(BY_PETER, text=TEXT.replace("you", "you\ud800", 1)),
        written(BY_PETER, text=TEXT[:-1]),
        written(*[BY_PETER] * (MOST_SIGNATURES + 1)),
    ],
)
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(MalformedNoteError):
        open_note(note, [PETER])


def test_as_many_signatures_as_any_verifier_accepts_are_accepted() -> None:
    opened = open_note(written(*[BY_ENOCH] * (MOST_SIGNATURES - 1), BY_PETER), [PETER])
    assert list(opened.signatures) == [PETER]


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85"])
def test_a_line_ends_where_a_newline_is_and_nowhere_else(end: str) -> None:
    """Python's `splitlines` knows more ends of lines than a note does."""
    text = f"one line{end}still the same\n"
    signer = Signer.parse(PETER_SKEY)
    assert open_note(Note(text).signed(signer.sign(text)).written(), [PETER]).text == text
    with pytest.raises(MalformedNoteError):
        Note.parse(written(BY_PETER.rstrip("\n") + end + BY_ENOCH))


def test_a_text_may_have_empty_lines() -> None:
    text = "one\n\n\ntwo\n\n"
    signed = Note(text).signed(Signer.parse(PETER_SKEY).sign(text)).written()
    assert open_note(signed, [PETER]).text == text


def test_a_signature_that_is_there_already_is_not_added_again() -> None:
    signature = Signer.parse(PETER_SKEY).sign(TEXT)
    assert Note(TEXT).signed(signature).signed(signature).written() == written(BY_PETER)


@unhurried
@given(st.binary(min_size=1, max_size=80))
def test_base64_is_read_as_it_was_written(data: bytes) -> None:
    assert from_base64(to_base64(data)) == data


@pytest.mark.parametrize(
    "said",
    [
        "",
        "=",
        "AA",
        "AA=",
        "AAA",
        "AB==",
        "AAB=",
        "AA==\n",
        " AA==",
        "A A==",
        "AA==AA==",
        "AA-_",
        "AAAA====",
        "ÄÄÄÄ",
    ],
)
def test_another_spelling_of_base64_is_refused(said: str) -> None:
    with pytest.raises(MalformedNoteError, match="base64"):
        from_base64(said)


def test_a_signature_in_another_spelling_of_base64_is_refused() -> None:
    """The last letter before the padding carries bits that are none: Python would pass over them."""
    stray = BY_PETER.replace("nAM=", "nAN=")
    assert stray != BY_PETER
    with pytest.raises(MalformedNoteError, match="one spelling"):
        open_note(written(stray), [PETER])
