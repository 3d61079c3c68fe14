"""The proof that is handed out: one spelling, and believed with its own record and checkpoint only."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scp_events.ledger.format.checkpoint import Checkpoint, open_checkpoint, sign
from scp_events.ledger.format.note import MalformedNoteError, to_base64
from scp_events.ledger.format.proof import LogProof
from scp_events.ledger.format.tree import ProofError, inclusion_proof, root_of
from tests.ledger.format.test_checkpoint import LOG
from tests.ledger.leaves import invented, node_of, unhurried

LEAVES = invented(69)
CHECKPOINT = Checkpoint(LOG.name, 69, root_of(LEAVES))
SIGNED = sign(CHECKPOINT, LOG)
OPENED = open_checkpoint(SIGNED, [LOG.verifier])
H1, H2 = (sha256(text).digest() for text in (b"hash1", b"hash2"))


def proof_of(index: int) -> LogProof:
    return LogProof(index, inclusion_proof(index, 69, node_of(LEAVES)), SIGNED)


def test_a_proof_is_written_as_the_specification_has_it() -> None:
    written = LogProof(5, (H1, H2), SIGNED, b"extra information").text()
    assert written == (
        f"c2sp.org/tlog-proof@v1\nextra {to_base64(b'extra information')}\nindex 5\n"
        f"{to_base64(H1)}\n{to_base64(H2)}\n\n{SIGNED}"
    )
    assert LogProof(0, (), SIGNED).text() == f"c2sp.org/tlog-proof@v1\nindex 0\n\n{SIGNED}"


hashes = st.lists(st.binary(min_size=32, max_size=32), max_size=63)


@unhurried
@given(st.integers(0, 2**63 - 2), hashes, st.none() | st.binary(min_size=1, max_size=99))
def test_a_proof_is_read_as_it_was_written(index: int, found: list[bytes], extra: bytes | None) -> None:
    proof = LogProof(index, tuple(found), SIGNED, extra)
    assert LogProof.parse(proof.text()) == proof


@pytest.mark.parametrize("index", [0, 1, 67, 68])
def test_a_proof_holds_for_its_own_record_only(index: int) -> None:
    proof = LogProof.parse(proof_of(index).text())
    proof.verify(LEAVES[index], OPENED)
    with pytest.raises(ProofError):
        proof.verify(LEAVES[index - 1], OPENED)


def test_a_proof_is_not_checked_against_another_checkpoint() -> None:
    other = open_checkpoint(sign(Checkpoint(LOG.name, 70, root_of(invented(70))), LOG), [LOG.verifier])
    with pytest.raises(ValueError, match="another checkpoint"):
        proof_of(0).verify(LEAVES[0], other)


PROOF = proof_of(3).text()


@pytest.mark.parametrize(
    "text",
    [
        "",
        SIGNED,
        PROOF.replace("@v1", "@v2"),
        PROOF.replace("index 3", "index 03"),
        PROOF.replace("index 3", "index -3"),
        PROOF.replace("index 3", "index"),
        PROOF.replace("index 3\n", ""),
        PROOF.replace("index 3\n", "extra \nindex 3\n"),
        PROOF.replace("index 3\n", "index 3\nextra QQ==\n"),
        PROOF.replace("index 3\n", "index 3\nQQ==\n"),
        PROOF.replace("index 3\n", "index 3\nindex 3\n"),
        PROOF.replace("index 3\n", f"index 3\n{to_base64(H1) + chr(10)}" * 64),
        PROOF.replace("=\n", " \n", 1),
        PROOF[:-1],
        PROOF.partition("\n\n")[0],
        "\n" + PROOF,
    ],
)
def test_what_is_no_proof_is_refused(text: str) -> None:
    with pytest.raises(MalformedNoteError):
        LogProof.parse(text)


def test_a_proof_that_could_not_be_read_again_cannot_be_made() -> None:
    for index, found, extra in ((-1, (), None), (0, (bytes(31),), None), (0, (H1,) * 64, None), (0, (), b"")):
        with pytest.raises(MalformedNoteError):
            LogProof(index, found, SIGNED, extra)
