"""A bundle of a log that has had several keys is checked by whoever knows one of them, and nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from scp_events.ledger.format.checkpoint import Checkpoint, sign, with_cosignatures
from scp_events.ledger.format.document import Vouched, written
from scp_events.ledger.format.log_keys import HandOver, hand_over
from scp_events.ledger.format.note import KeyKind, Note, Signer
from scp_events.ledger.format.trust import Trust as PolicyOfLog
from scp_events.ledger.offline import verify as offline
from scp_events.ledger.offline.verify import Report, Trust
from tests.ledger.invented_case import LOG, NOON, WITNESSES, Files, bundle_of, falsified

SECOND, THIRD, THIEF = (Signer(LOG.name, KeyKind.NOTE, bytes([n]) * 32) for n in (2, 3, 4))
VOUCHED = bundle_of().case.vouched
SIZE = VOUCHED.size


def at(size: int) -> Checkpoint:
    return replace(VOUCHED.opened.checkpoint, size=size)


def bundled(*keys: Signer, after: tuple[int, ...], signed_by: Signer | None = None) -> bytes:
    """Return the bundle of a log whose keys handed over at these sizes."""
    notes = [hand_over(at(size), old, new) for size, old, new in zip(after, keys[:-1], keys[1:], strict=True)]
    ours = signed_by or next((key for key, size in zip(keys, after, strict=False) if size >= SIZE), keys[-1])
    text = at(SIZE).text()
    note = with_cosignatures(sign(at(SIZE), ours), [each.cosign(text, NOON) for each in WITNESSES])
    trust = PolicyOfLog.of([keys[-1].verifier], {each.verifier: None for each in WITNESSES}, 2)
    return vouched_for(note, trust, notes, keys[-1])


def vouched_for(note: str, trust: PolicyOfLog, hand_overs: Sequence[str], signer: Signer) -> bytes:
    """Return the bundle with another checkpoint, policy and hand-overs."""
    bundle = bundle_of()
    vouched = Vouched(VOUCHED.opened, note, trust, tuple(hand_overs))
    return written(replace(bundle, case=replace(bundle.case, vouched=vouched)).document(), signer)


def check(bundle: bytes, known: Signer) -> Report:
    return offline.verify_archive(bundle, Trust(known.verifier.vkey))


@pytest.mark.parametrize("known", [LOG, SECOND, THIRD])
@pytest.mark.parametrize("after", [(5, 9), (5, 5), (1, SIZE), (SIZE, SIZE + 7), (SIZE + 1, SIZE + 1)])
def test_whoever_knows_one_key_of_the_log_can_check_it(known: Signer, after: tuple[int, int]) -> None:
    report = check(bundled(LOG, SECOND, THIRD, after=after), known)
    assert report.wrong == []
    assert "OK: 69 events" in report.told[0]
    assert "one of the keys that follow each other" in report.told[2]


def test_whoever_knows_another_key_cannot() -> None:
    (wrong,) = check(bundled(LOG, SECOND, after=(5,)), THIEF).wrong
    assert "comes from another log" in wrong


@pytest.mark.parametrize(
    ("after", "signed_by"), [((5, 9), LOG), ((5, 9), SECOND), ((SIZE, SIZE), SECOND), ((5, SIZE), THIRD)]
)
def test_a_checkpoint_by_the_key_of_another_size_is_refused(
    after: tuple[int, int], signed_by: Signer
) -> None:
    bundle = bundled(LOG, SECOND, THIRD, after=after, signed_by=signed_by)
    (wrong,) = check(bundle, LOG).wrong
    assert "data/checkpoint has a signature line by" in wrong


def forged(*signers: Signer) -> bytes:
    """Return a hand-over from the log's key to a thief's, signed by these."""
    text = HandOver(LOG.name, 5, bytes(32), LOG.verifier, THIEF.verifier).text()
    return Note(text).signed(*(each.sign(text) for each in signers)).written().encode()


@pytest.mark.parametrize("signers", [(THIEF,), (LOG,), (THIEF, SECOND)])
def test_a_hand_over_that_both_keys_have_not_signed_is_refused(signers: tuple[Signer, ...]) -> None:
    def hand_over_to_the_thief(files: Files) -> None:
        files[offline.hand_over(1)] = forged(*signers)
        policy = files[offline.TRUST].decode().replace(LOG.verifier.vkey, THIEF.verifier.vkey)
        files[offline.TRUST] = policy.encode()

    (wrong,) = check(falsified(hand_over_to_the_thief, THIEF), LOG).wrong
    assert wrong.startswith(offline.hand_over(1))
    assert "is not signed by both keys" in wrong or "that is wrong, or not permitted" in wrong


NOTES = {1: hand_over(at(5), LOG, SECOND), 2: hand_over(at(9), SECOND, THIRD)}


@pytest.mark.parametrize(
    ("notes", "said"),
    [
        ({1: NOTES[2], 2: NOTES[1]}, "does not follow the hand-over before it"),
        ({1: hand_over(at(5), LOG, SECOND), 2: hand_over(at(4), SECOND, THIRD)}, "does not follow"),
        ({2: NOTES[1]}, "hand-overs/1.note is missing"),
        ({1: NOTES[1], 3: NOTES[2]}, "hand-overs/2.note is missing"),
        ({1: NOTES[1]}, "another key than data/trust.policy names"),
        ({1: NOTES[1].replace("hand-over 1", "hand-over 2")}, "does not say which key handed over"),
        ({1: "no note"}, "signed note"),
    ],
)
def test_hand_overs_that_do_not_hold_together_are_refused(notes: dict[int, str], said: str) -> None:
    def put(files: Files) -> None:
        files.update({offline.hand_over(number): note.encode() for number, note in notes.items()})

    report = check(falsified(put, LOG), LOG)
    assert [wrong for wrong in report.wrong if said in wrong], report.wrong


def test_an_old_key_of_the_log_is_no_witness_of_it() -> None:
    spy = Signer("court.example/witness", KeyKind.COSIGNATURE, LOG.seed)
    trust = PolicyOfLog.of([SECOND.verifier], {spy.verifier: None}, 1)
    note = with_cosignatures(sign(at(SIZE), SECOND), [spy.cosign(at(SIZE).text(), NOON)])
    bundle = vouched_for(note, trust, [hand_over(at(5), LOG, SECOND)], SECOND)
    (wrong,) = check(bundle, SECOND).wrong
    assert "one voice counted twice" in wrong
