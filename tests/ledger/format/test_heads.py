"""The tree of counts: against its definition in other words, and against forged proofs."""

from __future__ import annotations

from hashlib import sha256
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scp_events.ledger.format.heads import (
    DOMAIN,
    EMPTY,
    HeadProof,
    Kind,
    Name,
    count_in,
    entry_of,
    head_hash,
    key_of,
    name_of,
    placed,
    prove_in,
    root_of,
    turn,
    verify_absence,
    verify_count,
)
from scp_events.ledger.format.tree import ProofError, node_hash

ONE, OTHER, THIRD = (name_of(Kind.STREAM, UUID(int=number)) for number in (1, 2, 3))
COUNTS = st.dictionaries(
    st.builds(name_of, st.sampled_from(Kind), st.uuids()), st.integers(1, 2**32 - 1), max_size=40
)

pytestmark = pytest.mark.once  # pure


def textbook(counts: dict[Name, int], way: str = "") -> bytes:
    """Return the root as the definition has it, one turn at a time and without any cleverness."""
    here = {
        name: count
        for name, count in counts.items()
        if f"{int.from_bytes(sha256(name).digest(), 'big'):0256b}".startswith(way)
    }
    if not here:
        return bytes(32)
    if len(here) == 1:
        ((name, count),) = here.items()
        return sha256(b"\x00" + DOMAIN + name + count.to_bytes(4, "big")).digest()
    return sha256(b"\x01" + textbook(here, f"{way}0") + textbook(here, f"{way}1")).digest()


def proof_of(counts: dict[Name, int], name: Name) -> HeadProof:
    entries = [entry_of(each, count) for each, count in counts.items()]
    return prove_in([(placed(entry), entry) for entry in entries], key_of(name))


def many(number: int, seed: int = 1) -> dict[Name, int]:
    random = Random(seed)  # noqa: S311 - the same streams every time
    return {name_of(Kind.STREAM, random.randbytes(16)): random.randint(1, 99) for _ in range(number)}


@given(COUNTS)
def test_the_root_is_as_defined_and_does_not_depend_on_the_order(counts: dict[Name, int]) -> None:
    assert root_of(counts) == textbook(counts)
    assert root_of(dict(reversed(counts.items()))) == root_of(counts)


def test_nothing_has_the_empty_root() -> None:
    assert root_of({}) == EMPTY


@given(COUNTS)
def test_every_count_is_proved(counts: dict[Name, int]) -> None:
    for name, count in counts.items():
        proof = proof_of(counts, name)
        assert proof.found == entry_of(name, count)
        verify_count(root_of(counts), name, count, proof.siblings)


@given(COUNTS)
def test_what_is_not_there_is_proved_not_to_be_there(counts: dict[Name, int]) -> None:
    counts.pop(ONE, None)
    verify_absence(root_of(counts), ONE, proof_of(counts, ONE))


def test_another_count_is_refused() -> None:
    counts = many(200)
    for name, count in list(counts.items())[:20]:
        proof = proof_of(counts, name)
        for wrong in (count - 1, count + 1):
            with pytest.raises(ProofError):
                verify_count(root_of(counts), name, wrong, proof.siblings)


def test_the_proof_of_another_streams_head_is_refused() -> None:
    counts = many(200)
    name, other = list(counts)[:2]
    counts[other] = counts[name]
    with pytest.raises(ProofError):
        verify_count(root_of(counts), name, counts[name], proof_of(counts, other).siblings)


def test_a_head_of_a_case_is_not_that_of_a_stream_with_its_id() -> None:
    case, stream = name_of(Kind.CASE, UUID(int=7)), name_of(Kind.STREAM, UUID(int=7))
    counts = {case: 5}
    verify_count(root_of(counts), case, 5, ())
    with pytest.raises(ProofError):
        verify_count(root_of(counts), stream, 5, ())


def test_a_count_of_nothing_is_no_proof_of_absence() -> None:
    with pytest.raises(ProofError, match="absence"):
        verify_count(root_of({ONE: 1}), ONE, 0, ())


def test_a_stream_that_is_there_cannot_be_shown_absent() -> None:
    counts = {**many(50), ONE: 4}
    root, proof = root_of(counts), proof_of(counts, ONE)
    with pytest.raises(ProofError, match="is there"):
        verify_absence(root, ONE, proof)
    with pytest.raises(ProofError):
        verify_absence(root, ONE, HeadProof(proof.siblings, None))
    for other in counts.keys() - {ONE}:
        with pytest.raises(ProofError):
            verify_absence(root, ONE, proof_of(counts, other))


def test_a_head_in_a_strange_place_proves_no_absence() -> None:
    """Whoever makes the tree has put another's head on our way, to say that ours is not there."""
    ours = key_of(ONE)
    strangers = (entry_of(name_of(Kind.STREAM, UUID(int=number)), 1) for number in range(10, 99))
    stranger = next(entry for entry in strangers if turn(placed(entry)[0], 0) != turn(ours, 0))
    halves = (EMPTY, head_hash(stranger)) if turn(ours, 0) else (head_hash(stranger), EMPTY)
    with pytest.raises(ProofError, match="not on the way"):
        verify_absence(node_hash(*halves), ONE, HeadProof((EMPTY,), stranger))


def test_hashes_of_another_length_are_refused() -> None:
    counts = {ONE: 1, OTHER: 2, THIRD: 3}
    siblings = proof_of(counts, ONE).siblings
    for wrong in ([*siblings[:-1], siblings[-1][:-1]], [*siblings[:-1], siblings[-1] + b"\x00"]):
        with pytest.raises(ProofError):
            verify_count(root_of(counts), ONE, 1, wrong)


def test_a_way_longer_than_a_key_is_refused() -> None:
    with pytest.raises(ProofError):
        verify_count(EMPTY, ONE, 1, [EMPTY] * 257)


def test_a_head_is_read_as_it_was_written() -> None:
    assert count_in(entry_of(ONE, 2**32 - 1)) == 2**32 - 1
