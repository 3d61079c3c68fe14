"""Against the published roots of RFC 6962's test data, its recursive definition, and forgeries."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scp_events.ledger.format.tree import (
    EMPTY_ROOT,
    ProofError,
    RightEdge,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    peaks,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from tests.ledger import textbook
from tests.ledger.leaves import invented, node_of, unhurried

# The leaves and roots of certificate-transparency's test data, the same in every implementation of RFC 6962.
LEAVES = [
    leaf_hash(bytes.fromhex(record))
    for record in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    bytes.fromhex(root)
    for root in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
# Proofs published beside them, as (index from 0, size, proof) and (old, new, proof).
PUBLISHED_INCLUSION = [
    (0, 1, []),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
PUBLISHED_CONSISTENCY = [
    (1, 1, []),
    (
        1,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
EVERY = 71
"""All trees below this size are tried."""


def of_hex(proof: Sequence[str]) -> tuple[bytes, ...]:
    return tuple(map(bytes.fromhex, proof))


def sizes(most: int = 3000) -> st.SearchStrategy[int]:
    return st.integers(min_value=1, max_value=most)


# --- roots ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_those_published(size: int) -> None:
    assert root_of(LEAVES[:size]) == ROOTS[size]


def test_the_empty_tree_has_the_root_of_nothing() -> None:
    assert root_of([]) == EMPTY_ROOT == ROOTS[0]


@pytest.mark.parametrize("size", range(EVERY))
def test_the_root_is_that_of_the_definition(size: int) -> None:
    assert root_of(invented(size)) == textbook.mth(invented(size))


@unhurried
@given(sizes())
def test_the_root_of_a_larger_tree_is_that_of_the_definition(size: int) -> None:
    assert root_of(invented(size)) == textbook.mth(invented(size))


@unhurried
@given(st.lists(st.integers(0, 300), max_size=8))
def test_a_right_edge_grown_in_steps_is_the_one_grown_at_once(steps: list[int]) -> None:
    leaves = invented(sum(steps))
    edge = RightEdge()
    for step in steps:
        edge = edge.with_leaves(leaves[edge.size : edge.size + step])
    assert edge == RightEdge().with_leaves(leaves)
    assert edge.root() == textbook.mth(leaves)


@unhurried
@given(sizes())
def test_the_hashes_of_a_right_edge_are_those_of_the_peaks(size: int) -> None:
    node = node_of(invented(size))
    edge = RightEdge().with_leaves(invented(size))
    assert edge.hashes == tuple(node(level, index) for level, index in peaks(size))


def test_a_right_edge_is_not_changed_by_growing() -> None:
    before = RightEdge().with_leaves(LEAVES[:3])
    before.with_leaves(LEAVES[3:])
    assert before.root() == ROOTS[3]


@pytest.mark.parametrize(
    ("size", "hashes"),
    [(-1, ()), (0, (bytes(32),)), (1, ()), (3, (bytes(32),)), (2, (bytes(32), bytes(32)))],
)
def test_a_right_edge_with_the_peaks_of_another_size_is_refused(size: int, hashes: tuple[bytes]) -> None:
    with pytest.raises(ProofError, match="peaks"):
        RightEdge(size, hashes)


# --- proofs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("index", "size", "proof"), PUBLISHED_INCLUSION)
def test_published_inclusion_proofs_are_made_and_believed(index: int, size: int, proof: list[str]) -> None:
    assert inclusion_proof(index, size, node_of(tuple(LEAVES))) == of_hex(proof)
    verify_inclusion(LEAVES[index], index, size, of_hex(proof), ROOTS[size])


@pytest.mark.parametrize(("old", "new", "proof"), PUBLISHED_CONSISTENCY)
def test_published_consistency_proofs_are_made_and_believed(old: int, new: int, proof: list[str]) -> None:
    assert consistency_proof(old, new, node_of(tuple(LEAVES))) == of_hex(proof)
    verify_consistency(old, ROOTS[old], new, ROOTS[new], of_hex(proof))


@pytest.mark.parametrize("size", range(1, EVERY))
def test_every_inclusion_proof_is_that_of_the_definition_and_believed(size: int) -> None:
    leaves = invented(size)
    root, node = textbook.mth(leaves), node_of(leaves)
    for index in range(size):
        proof = inclusion_proof(index, size, node)
        assert list(proof) == textbook.path(index, leaves)
        verify_inclusion(leaves[index], index, size, proof, root)


@pytest.mark.parametrize("new", range(1, EVERY))
def test_every_consistency_proof_is_that_of_the_definition_and_believed(new: int) -> None:
    leaves = invented(new)
    root, node = textbook.mth(leaves), node_of(leaves)
    for old in range(1, new + 1):
        proof = consistency_proof(old, new, node)
        assert list(proof) == textbook.proof(old, leaves)
        verify_consistency(old, textbook.mth(leaves[:old]), new, root, proof)


@unhurried
@given(sizes(), st.data())
def test_proofs_in_larger_trees_are_those_of_the_definition_and_believed(
    size: int, data: st.DataObject
) -> None:
    leaves = invented(size)
    root, node = textbook.mth(leaves), node_of(leaves)
    index = data.draw(st.integers(0, size - 1), label="index")
    included = inclusion_proof(index, size, node)
    assert list(included) == textbook.path(index, leaves)
    verify_inclusion(leaves[index], index, size, included, root)
    consistent = consistency_proof(index + 1, size, node)
    assert list(consistent) == textbook.proof(index + 1, leaves)
    verify_consistency(index + 1, textbook.mth(leaves[: index + 1]), size, root, consistent)


def test_proofs_of_a_tree_too_large_to_hold_are_believed() -> None:
    """All leaves alike, each level has one hash: a tree of any size fits a hand."""
    levels = [leaf_hash(b"alike")]
    for _ in range(63):
        levels.append(node_hash(levels[-1], levels[-1]))

    def node(level: int, _index: int) -> bytes:
        return levels[level]

    old, new = 2**61 + 12345, 2**62 + 2**40 + 7

    def root(size: int) -> bytes:
        return RightEdge(size, tuple(levels[level] for level, _ in peaks(size))).root()

    verify_consistency(old, root(old), new, root(new), consistency_proof(old, new, node))
    verify_inclusion(levels[0], old, new, inclusion_proof(old, new, node), root(new))


# --- forgeries --------------------------------------------------------------------------------------------


@unhurried
@given(sizes(200), st.data())
def test_an_inclusion_proof_holds_for_its_own_leaf_place_size_and_root_only(
    size: int, data: st.DataObject
) -> None:
    leaves = invented(size)
    index = data.draw(st.integers(0, size - 1), label="index")
    proof, root = inclusion_proof(index, size, node_of(leaves)), textbook.mth(leaves)
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index) | st.just(size), label="other")
    for forged in (
        (leaf_hash(b"another"), index, size, proof, root),
        (leaves[index], other, size, proof, root),
        (leaves[index], index, size, proof, leaf_hash(b"another")),
        (leaves[index], index, size, (*proof, bytes(32)), root),
        (leaves[index], index, size, (bytes(32), *proof), root),
    ):
        with pytest.raises(ProofError):
            verify_inclusion(*forged)


@unhurried
@given(sizes(200), st.data())
def test_a_proof_with_one_bit_changed_or_one_hash_less_is_refused(size: int, data: st.DataObject) -> None:
    leaves = invented(size + 1)
    root = textbook.mth(leaves)
    old = data.draw(st.integers(1, size), label="old")
    included = inclusion_proof(old, size + 1, node_of(leaves))
    consistent = consistency_proof(old, size + 1, node_of(leaves))
    for changed in spoiled(included, data):
        with pytest.raises(ProofError):
            verify_inclusion(leaves[old], old, size + 1, changed, root)
    for changed in spoiled(consistent, data):
        with pytest.raises(ProofError):
            verify_consistency(old, textbook.mth(leaves[:old]), size + 1, root, changed)


def spoiled(proof: tuple[bytes, ...], data: st.DataObject) -> list[tuple[bytes, ...]]:
    """Return a proof with one bit changed, one hash left out, one twice, and two swapped."""
    at = data.draw(st.integers(0, len(proof) - 1), label="spoiled at")
    bit = data.draw(st.integers(0, 255), label="bit")
    turned = (int.from_bytes(proof[at], "big") ^ 1 << bit).to_bytes(32, "big")
    return [
        (*proof[:at], turned, *proof[at + 1 :]),
        (*proof[:at], *proof[at + 1 :]),
        (*proof[: at + 1], *proof[at:]),
        *([(*proof[:-2], proof[-1], proof[-2])] if len(proof) > 1 else []),
    ]


@unhurried
@given(sizes(200), st.data())
def test_a_consistency_proof_holds_for_its_own_sizes_and_roots_only(size: int, data: st.DataObject) -> None:
    leaves = invented(size + 1)
    new = size + 1
    old = data.draw(st.integers(1, size), label="old")
    proof, root = consistency_proof(old, new, node_of(leaves)), textbook.mth(leaves)
    old_root = textbook.mth(leaves[:old])
    for forged in (
        (old, leaf_hash(b"another"), new, root, proof),
        (old, old_root, new, leaf_hash(b"another"), proof),
        (old, root, new, root, proof),
        (old + 1, old_root, new, root, proof),
        (new, old_root, old, root, proof),
        (old, old_root, new, root, (*proof, bytes(32))),
    ):
        with pytest.raises(ProofError):
            verify_consistency(*forged)


def test_a_proof_of_a_tree_of_another_height_is_refused_although_it_leads_to_the_root() -> None:
    proof = inclusion_proof(0, 4, node_of(tuple(LEAVES)))
    verify_inclusion(LEAVES[0], 0, 4, proof, ROOTS[4])
    for size in (2, 8):
        with pytest.raises(ProofError, match="2 hashes where"):
            verify_inclusion(LEAVES[0], 0, size, proof, ROOTS[4])


def test_history_that_was_rewritten_is_not_consistent() -> None:
    old, new = invented(40), invented(70, salt=b"rewritten")
    proof = consistency_proof(40, 70, node_of(new))
    with pytest.raises(ProofError, match="does not start from the tree of 40 leaves"):
        verify_consistency(40, root_of(old), 70, root_of(new), proof)


@pytest.mark.parametrize("proof", [(), (bytes(32),), (ROOTS[8],)])
def test_nothing_is_consistent_with_the_empty_tree(proof: tuple[bytes, ...]) -> None:
    for new in (0, 1, 8):
        with pytest.raises(ProofError, match="nothing proves"):
            verify_consistency(0, EMPTY_ROOT, new, ROOTS[new], proof)
    with pytest.raises(ValueError, match="from 1 leaf"):
        consistency_proof(0, 8, node_of(tuple(LEAVES)))


def test_a_tree_is_consistent_with_itself_by_no_proof_and_with_no_other_of_its_size() -> None:
    verify_consistency(5, ROOTS[5], 5, ROOTS[5], ())
    with pytest.raises(ProofError, match="1 hashes where 0 belong"):
        verify_consistency(5, ROOTS[5], 5, ROOTS[5], (bytes(32),))
    with pytest.raises(ProofError, match="two roots for 5 leaves"):
        verify_consistency(5, ROOTS[5], 5, ROOTS[4], ())


def test_a_smaller_tree_does_not_continue_a_larger_one() -> None:
    proof = consistency_proof(5, 8, node_of(tuple(LEAVES)))
    with pytest.raises(ProofError, match="nothing proves"):
        verify_consistency(8, ROOTS[8], 5, ROOTS[5], proof)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_what_has_not_the_length_of_a_hash_is_refused_everywhere(length: int) -> None:
    bad = bytes(length)
    leaves = tuple(LEAVES)
    included = inclusion_proof(2, 8, node_of(leaves))
    consistent = consistency_proof(3, 8, node_of(leaves))
    for refused in (
        lambda: node_hash(bad, ROOTS[1]),
        lambda: node_hash(ROOTS[1], bad),
        lambda: root_of([bad]),
        lambda: root_of([LEAVES[0], bad]),
        lambda: RightEdge(1, (bad,)),
        lambda: verify_inclusion(bad, 0, 1, (), bad),
        lambda: verify_inclusion(LEAVES[2], 2, 8, (*included[:2], bad), ROOTS[8]),
        lambda: verify_consistency(1, bad, 1, bad, ()),
        lambda: verify_consistency(3, ROOTS[3], 8, bad, consistent),
        lambda: verify_consistency(3, ROOTS[3], 8, ROOTS[8], (*consistent[:-1], bad)),
        lambda: inclusion_proof(0, 2, lambda _level, _index: bad),
        lambda: consistency_proof(1, 2, lambda _level, _index: bad),
    ):
        with pytest.raises(ProofError, match="a hash has 32 bytes"):
            refused()


def test_two_leaves_do_not_pass_for_one() -> None:
    """A leaf that is an inner node's input hashes differently: the prefixes keep them apart."""
    inner = LEAVES[0] + LEAVES[1]
    assert leaf_hash(inner) != root_of(LEAVES[:2])
    with pytest.raises(ProofError):
        verify_inclusion(leaf_hash(inner), 0, 1, (), ROOTS[2])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 8), (8, 8), (3, -1)])
def test_there_is_no_leaf_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ProofError, match="none at"):
        verify_inclusion(LEAVES[0], index, size, (), ROOTS[1])
    with pytest.raises(ValueError, match="none at"):
        inclusion_proof(index, size, node_of(tuple(LEAVES)))
