"""A log's keys follow each other: who knows one knows all, and each signs for its own sizes alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scp_events.ledger.format.checkpoint import Checkpoint, sign
from scp_events.ledger.format.log_keys import HandOver, LogKeys, hand_over
from scp_events.ledger.format.note import KeyKind, MalformedNoteError, Note, NoteError, SignatureError, Signer
from scp_events.ledger.format.tree import EMPTY_ROOT, leaf_hash

NAME = "programme.example/log"
FIRST, SECOND, THIRD, THIEF = (Signer(NAME, KeyKind.NOTE, bytes([n]) * 32) for n in (1, 2, 3, 4))
OTHER = Signer("other.example/log", KeyKind.NOTE, bytes([5]) * 32)
WITNESS = Signer(NAME, KeyKind.COSIGNATURE, bytes([6]) * 32)


def at(size: int, origin: str = NAME) -> Checkpoint:
    return Checkpoint(origin, size, leaf_hash(b"%d" % size))


TO_SECOND, TO_THIRD = hand_over(at(10), FIRST, SECOND), hand_over(at(25), SECOND, THIRD)
KEYS = LogKeys(FIRST.verifier, (TO_SECOND, TO_THIRD))


@pytest.mark.parametrize("known", [FIRST, SECOND, THIRD])
def test_who_knows_one_key_knows_all_of_them(known: Signer) -> None:
    keys = LogKeys.of(known.verifier, [TO_SECOND, TO_THIRD])
    assert keys == KEYS
    assert keys.all == (FIRST.verifier, SECOND.verifier, THIRD.verifier)
    assert keys.newest == THIRD.verifier


def test_a_log_that_never_handed_over_has_one_key() -> None:
    assert LogKeys.of(FIRST.verifier, []).all == (FIRST.verifier,)


@pytest.mark.parametrize("stranger", [THIEF, OTHER])
def test_of_another_key_they_say_nothing(stranger: Signer) -> None:
    with pytest.raises(SignatureError, match="none of the keys of the log"):
        LogKeys.of(stranger.verifier, [TO_SECOND, TO_THIRD])


@pytest.mark.parametrize(
    ("size", "signer"),
    [(0, FIRST), (10, FIRST), (11, SECOND), (25, SECOND), (26, THIRD), (2**62, THIRD)],
)
def test_a_checkpoint_is_signed_by_the_key_of_its_size_and_by_no_other(size: int, signer: Signer) -> None:
    checkpoint = at(size) if size else Checkpoint(NAME, 0, EMPTY_ROOT)
    assert KEYS.open(sign(checkpoint, signer)).checkpoint == checkpoint
    for other in {FIRST, SECOND, THIRD, THIEF} - {signer}:
        with pytest.raises(SignatureError):
            KEYS.open(sign(checkpoint, other))


def test_a_hand_over_needs_both_signatures() -> None:
    text = Note.parse(TO_SECOND).text
    for signers in ([FIRST], [SECOND], [FIRST, THIEF], [SECOND, THIEF], [THIEF]):
        with pytest.raises(SignatureError):
            HandOver.open(Note(text).signed(*(each.sign(text) for each in signers)).written())


@pytest.mark.parametrize(
    "notes",
    [
        [TO_THIRD, TO_SECOND],
        [TO_SECOND, TO_SECOND],
        [TO_SECOND, hand_over(at(9), SECOND, THIRD)],
        [TO_SECOND, hand_over(at(30), FIRST, THIRD)],
        [hand_over(at(10), THIEF, SECOND), TO_THIRD, TO_SECOND],
    ],
)
def test_hand_overs_that_do_not_follow_each_other_are_no_chain(notes: list[str]) -> None:
    with pytest.raises(NoteError):
        LogKeys.of(FIRST.verifier, notes)


def test_two_hand_overs_at_one_size_leave_the_key_between_nothing_to_sign() -> None:
    keys = LogKeys(FIRST.verifier, (TO_SECOND, hand_over(at(10), SECOND, THIRD)))
    assert [keys.at(size) for size in (10, 11)] == [FIRST.verifier, THIRD.verifier]


@pytest.mark.parametrize(
    ("old", "new"), [(FIRST, FIRST), (FIRST, OTHER), (OTHER, FIRST), (FIRST, WITNESS), (OTHER, OTHER)]
)
def test_a_log_hands_over_to_another_key_of_its_own(old: Signer, new: Signer) -> None:
    with pytest.raises(MalformedNoteError):
        HandOver(NAME, 10, bytes(32), old.verifier, new.verifier)


def test_a_hand_over_has_one_spelling() -> None:
    text = Note.parse(TO_SECOND).text
    assert HandOver.parse(text).text() == text
    spellings = (
        text.replace("\n10\n", "\n010\n"),
        text.replace("hand-over 1", "hand-over 2"),
        text + "more\n",
        text[:-1],
        text.replace("old ", "old  "),
        text.replace("new ", "New "),
        text.replace(NAME, "another.example", 1),
        text.replace("\n10\n", "\n-1\n"),
    )
    for other in spellings:
        with pytest.raises(MalformedNoteError):
            HandOver.parse(other)


def test_a_root_of_another_length_is_none() -> None:
    with pytest.raises(MalformedNoteError, match="a root has 32 bytes"):
        replace(HandOver.open(TO_SECOND), root=bytes(31))


def test_neither_a_checkpoint_nor_a_hand_over_can_pass_for_the_other() -> None:
    with pytest.raises(MalformedNoteError):
        Checkpoint.parse(Note.parse(TO_SECOND).text)
    with pytest.raises(MalformedNoteError):
        HandOver.open(sign(at(10), FIRST))
