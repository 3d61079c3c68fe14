"""Checkpoints: one spelling, one log, and as many witnesses as are asked for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scp_events.ledger.format.checkpoint import (
    Checkpoint,
    open_checkpoint,
    parse_size,
    sign,
    with_cosignatures,
)
from scp_events.ledger.format.note import (
    KeyKind,
    MalformedNoteError,
    Note,
    SignatureError,
    Signer,
    Verifier,
    to_base64,
)
from scp_events.ledger.format.tree import EMPTY_ROOT, leaf_hash
from tests.ledger.format.test_note import (
    CHECKSUM_DATABASE,
    COSIGNED,
    ITS_LOG,
    ITS_WITNESSES,
    TREE_OF_THE_CHECKSUM_DATABASE,
)
from tests.ledger.leaves import unhurried

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROOT = leaf_hash(b"some root")
HEADS = leaf_hash(b"some heads")
LOG = Signer("programme.example/log", KeyKind.NOTE, bytes(range(32)))
COURT, MINISTRY, POLICE = WITNESSES = tuple(
    Signer(f"{agency}.example/witness", KeyKind.COSIGNATURE, bytes(range(n, n + 32)))
    for n, agency in enumerate(("court", "ministry", "police"), 1)
)
VERIFIERS = [each.verifier for each in WITNESSES]
CHECKPOINT = Checkpoint(LOG.name, 69, ROOT, (f"heads {to_base64(HEADS)}",))


def cosigned(*witnesses: Signer, checkpoint: Checkpoint = CHECKPOINT) -> str:
    text = checkpoint.text()
    return with_cosignatures(sign(checkpoint, LOG), [each.cosign(text, NOON) for each in witnesses])


# --- text -------------------------------------------------------------------------------------------------


def test_a_checkpoint_is_three_lines_and_its_extensions() -> None:
    assert CHECKPOINT.text() == (f"programme.example/log\n69\n{to_base64(ROOT)}\nheads {to_base64(HEADS)}\n")
    assert Checkpoint.parse(CHECKPOINT.text()) == CHECKPOINT


def test_the_example_of_the_specification_is_read() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    read = Checkpoint.parse(text)
    assert (read.origin, read.size, read.extensions) == ("example.com/behind-the-sofa", 20852163, ())
    assert read.text() == text


lines = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1)


@unhurried
@given(lines, st.integers(1, 2**63 - 1), st.binary(min_size=32, max_size=32), st.lists(lines, max_size=3))
def test_a_checkpoint_is_read_as_it_was_written(origin: str, size: int, root: bytes, more: list[str]) -> None:
    checkpoint = Checkpoint(origin, size, root, tuple(more))
    assert Checkpoint.parse(checkpoint.text()) == checkpoint


def test_an_extension_is_found_by_its_first_word() -> None:
    assert CHECKPOINT.extension("heads") == to_base64(HEADS)
    assert CHECKPOINT.extension("head") is None
    twice = Checkpoint(LOG.name, 1, ROOT, ("heads a", "heads b"))
    with pytest.raises(MalformedNoteError, match="2 times"):
        twice.extension("heads")


R = to_base64(ROOT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n",
        "o\n1\n",
        f"o\n1\n{R}",
        f"\n1\n{R}\n",
        f"o\n01\n{R}\n",
        f"o\n-1\n{R}\n",
        f"o\n+1\n{R}\n",
        f"o\n1_0\n{R}\n",
        f"o\n 1\n{R}\n",
        f"o\n\u0661\n{R}\n",
        f"o\n\n{R}\n",
        f"o\n{2**63}\n{R}\n",
        f"o\n0\n{R}\n",
        f"o\n1\n{R[:-1]}\n",
        f"o\n1\n{R[:-4]}\n",
        f"o\n1\n{to_base64(ROOT + b'x')}\n",
        f"o\n1\n{R}\n\n",
        f"o\n1\n{R}\nheads\n\nmore\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(MalformedNoteError):
        Checkpoint.parse(text)


@pytest.mark.parametrize("bad", ["", "a\nb", "\n"])
def test_a_line_that_is_none_cannot_be_written(bad: str) -> None:
    with pytest.raises(MalformedNoteError, match="one line"):
        Checkpoint(bad, 1, ROOT)
    with pytest.raises(MalformedNoteError, match="one line"):
        Checkpoint("o", 1, ROOT, (bad,))


def test_the_tree_without_leaves_has_one_root() -> None:
    assert Checkpoint.parse(Checkpoint("o", 0, EMPTY_ROOT).text()).size == 0
    with pytest.raises(MalformedNoteError, match="without leaves"):
        Checkpoint("o", 0, ROOT)


def test_the_largest_size_is_read() -> None:
    assert parse_size(str(2**63 - 1)) == 2**63 - 1


# --- trust ------------------------------------------------------------------------------------------------


def test_a_checkpoint_signed_by_its_log_is_opened() -> None:
    opened = open_checkpoint(sign(CHECKPOINT, LOG), [LOG.verifier])
    assert opened.checkpoint == CHECKPOINT
    assert opened.log == LOG.verifier
    assert opened.cosigned == {}


def test_two_of_three_witnesses_are_enough_where_two_are_asked_for() -> None:
    opened = open_checkpoint(cosigned(POLICE, COURT), [LOG.verifier], witnesses=VERIFIERS, quorum=2)
    assert opened.cosigned == {POLICE.verifier: NOON, COURT.verifier: NOON}


@pytest.mark.parametrize("who", [(), (COURT,), (COURT, COURT)])
def test_fewer_distinct_witnesses_than_asked_for_are_too_few(who: tuple[Signer, ...]) -> None:
    text = CHECKPOINT.text()
    later = [each.cosign(text, NOON.replace(minute=n)) for n, each in enumerate(who)]
    written = with_cosignatures(sign(CHECKPOINT, LOG), later)
    with pytest.raises(SignatureError, match=r"\d of 3 witnesses have cosigned, 2 are needed"):
        open_checkpoint(written, [LOG.verifier], witnesses=VERIFIERS, quorum=2)


def test_a_witness_nobody_asked_for_does_not_count() -> None:
    stranger = Signer("stranger.example", KeyKind.COSIGNATURE, bytes(32))
    with pytest.raises(SignatureError, match="1 of 3"):
        open_checkpoint(cosigned(COURT, stranger), [LOG.verifier], witnesses=VERIFIERS, quorum=2)


def test_witnesses_without_the_log_are_not_enough() -> None:
    text = CHECKPOINT.text()
    written = Note(text).signed(*(each.cosign(text, NOON) for each in WITNESSES)).written()
    with pytest.raises(SignatureError, match="the log has not signed"):
        open_checkpoint(written, [LOG.verifier], witnesses=VERIFIERS, quorum=2)


def test_a_wrong_cosignature_refuses_the_checkpoint_even_where_enough_others_are_right() -> None:
    other = COURT.cosign("another text\n", NOON)
    written = with_cosignatures(cosigned(MINISTRY, POLICE), [other])
    with pytest.raises(SignatureError, match=r"court\.example"):
        open_checkpoint(written, [LOG.verifier], witnesses=VERIFIERS, quorum=2)


def test_a_cosignature_covers_the_extension_lines() -> None:
    bare = Checkpoint(CHECKPOINT.origin, CHECKPOINT.size, CHECKPOINT.root)
    moved = with_cosignatures(sign(CHECKPOINT, LOG), [COURT.cosign(bare.text(), NOON)])
    with pytest.raises(SignatureError, match=r"court\.example"):
        open_checkpoint(moved, [LOG.verifier], witnesses=VERIFIERS, quorum=1)


def test_a_checkpoint_of_another_log_signed_by_the_same_key_is_refused() -> None:
    other = sign(Checkpoint("programme.example/other", 69, ROOT), LOG)
    with pytest.raises(SignatureError, match=r"programme\.example/other"):
        open_checkpoint(other, [LOG.verifier])
    assert open_checkpoint(other, [LOG.verifier], origin="programme.example/other").checkpoint.size == 69


def test_a_log_may_have_an_old_key_and_a_new_one() -> None:
    new = Signer(LOG.name, KeyKind.NOTE, bytes(32))
    for signer in (LOG, new):
        assert open_checkpoint(sign(CHECKPOINT, signer), [LOG.verifier, new.verifier]).log == signer.verifier


def test_a_signed_note_that_is_no_checkpoint_is_refused() -> None:
    text = "something else\n"
    with pytest.raises(MalformedNoteError, match="a line each"):
        open_checkpoint(Note(text).signed(LOG.sign(text)).written(), [LOG.verifier])


def test_a_published_checkpoint_is_opened_with_its_witnesses() -> None:
    witnesses = [Verifier.parse(key) for key in ITS_WITNESSES]
    opened = open_checkpoint(COSIGNED, [Verifier.parse(ITS_LOG)], witnesses=witnesses, quorum=4)
    assert opened.checkpoint.size == 1432088532


def test_the_tree_note_of_the_checksum_database_is_a_checkpoint_under_its_own_name() -> None:
    key = Verifier.parse(CHECKSUM_DATABASE)
    opened = open_checkpoint(TREE_OF_THE_CHECKSUM_DATABASE, [key], origin="go.sum database tree")
    assert opened.checkpoint.size == 63096908
    with pytest.raises(SignatureError, match=r"not of 'sum\.golang\.org'"):
        open_checkpoint(TREE_OF_THE_CHECKSUM_DATABASE, [key])


# --- policies ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quorum", [-1, 4])
def test_a_quorum_that_cannot_be_had_is_refused(quorum: int) -> None:
    with pytest.raises(ValueError, match="quorum"):
        open_checkpoint(cosigned(), [LOG.verifier], witnesses=VERIFIERS, quorum=quorum)


def test_one_key_under_two_names_is_not_two_witnesses() -> None:
    alias = Signer("another.example/witness", KeyKind.COSIGNATURE, COURT.seed)
    with pytest.raises(ValueError, match="one voice"):
        open_checkpoint(
            cosigned(COURT, alias), [LOG.verifier], witnesses=[COURT.verifier, alias.verifier], quorum=2
        )


def test_a_log_is_not_its_own_witness() -> None:
    itself = Signer("another.example/witness", KeyKind.COSIGNATURE, LOG.seed)
    with pytest.raises(ValueError, match="its own witnesses"):
        open_checkpoint(cosigned(itself), [LOG.verifier], witnesses=[itself.verifier], quorum=1)


def test_keys_serve_for_what_they_are_made_for() -> None:
    with pytest.raises(ValueError, match="type 1"):
        open_checkpoint(cosigned(), VERIFIERS)
    with pytest.raises(ValueError, match="type 4"):
        open_checkpoint(cosigned(), [LOG.verifier], witnesses=[LOG.verifier], quorum=1)
