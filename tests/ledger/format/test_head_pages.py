"""The heads in pages give the same tree, at a cost that goes by what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scp_events.ledger.format.head_pages import FULL, Changed, HeadPages, paged
from scp_events.ledger.format.heads import (
    EMPTY,
    Kind,
    Name,
    entry_of,
    name_of,
    root_of,
    verify_absence,
    verify_count,
)
from scp_events.ledger.format.tree import ProofError
from tests.ledger.format.test_heads import many

CHANGES = st.lists(
    st.dictionaries(
        st.integers(0, 300).map(lambda number: name_of(Kind.STREAM, number.to_bytes(16, "big"))),
        st.integers(1, 1000),
        max_size=60,
    ),
    max_size=8,
)

pytestmark = pytest.mark.once  # pure


class Shelf:
    """Pages as a table would hold them, and how many were asked for."""

    def __init__(self) -> None:
        self.entries: dict[int, bytes] = {}
        self.hashes: dict[int, bytes] = {}
        self.fetched: list[int] = []

    def fetch(self, numbers: Collection[int]) -> Mapping[int, bytes]:
        self.fetched += numbers
        return {number: self.entries[number] for number in numbers if number in self.entries}

    def grow(self, tree: HeadPages, added: Mapping[Name, int]) -> Changed:
        """Change the tree and the shelf."""
        changed = tree.grow(added, self.fetch)
        for number in changed.removed:
            self.entries.pop(number, None)
            self.hashes.pop(number, None)
        for number, page in changed.written.items():
            self.entries[number], self.hashes[number] = page.entries, page.hash
        return changed


def totals(changes: Iterable[Mapping[Name, int]]) -> dict[Name, int]:
    """Return what the changes come to."""
    counts: Counter[Name] = Counter()
    for change in changes:
        counts.update(change)
    return counts


@given(CHANGES)
def test_the_tree_grows_to_the_root_of_all_its_heads(changes: list[dict[Name, int]]) -> None:
    tree, shelf = HeadPages(), Shelf()
    for number, change in enumerate(changes, start=1):
        counts = totals(changes[:number])
        assert shelf.grow(tree, change).counts == {name: counts[name] for name in change}
        assert tree.root == root_of(counts)
        assert HeadPages(shelf.hashes).root == tree.root


@given(CHANGES)
def test_growing_in_steps_and_at_once_give_the_same_pages(changes: list[dict[Name, int]]) -> None:
    tree, shelf = HeadPages(), Shelf()
    for change in changes:
        shelf.grow(tree, change)
    _, fetch = paged(totals(changes))
    assert shelf.entries == fetch(shelf.entries)


def test_a_step_costs_by_what_changed() -> None:
    counts = many(20_000)
    tree, shelf = HeadPages(), Shelf()
    shelf.grow(tree, counts)
    assert len(shelf.entries) > 1000
    shelf.fetched.clear()
    names = Random(2).sample(list(counts), 50)  # noqa: S311 - the same ones every time
    changed = shelf.grow(tree, dict.fromkeys(names, 100))
    assert len(changed.written) <= 50
    assert len(shelf.fetched) <= 50
    assert tree.root == root_of(totals([counts, dict.fromkeys(names, 100)]))


def test_no_page_holds_more_than_it_may() -> None:
    tree, shelf = HeadPages(), Shelf()
    for number in range(20):
        shelf.grow(tree, many(50, seed=number))
    assert max(map(len, shelf.entries.values())) <= FULL * len(entry_of(b"\x01" + bytes(16), 1))


def test_proofs_from_pages_are_proofs() -> None:
    counts = many(500)
    tree, shelf = HeadPages(), Shelf()
    shelf.grow(tree, counts)
    for name, count in counts.items():
        proof = tree.prove(name, shelf.fetch)
        assert proof.found == entry_of(name, count)
        verify_count(tree.root, name, count, proof.siblings)
    for name in many(100, seed=3):
        verify_absence(tree.root, name, tree.prove(name, shelf.fetch))


def test_a_tree_without_heads_proves_every_absence() -> None:
    name = name_of(Kind.CASE, bytes(16))
    tree = HeadPages()
    assert tree.root == EMPTY
    verify_absence(tree.root, name, tree.prove(name, lambda _: {}))


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_a_missing_page_is_noticed(missing: int) -> None:
    tree, shelf = HeadPages(), Shelf()
    shelf.grow(tree, many(200))
    numbers = sorted(shelf.hashes)
    hashes = {number: shelf.hashes[number] for number in numbers if number != numbers[-missing]}
    with pytest.raises(ProofError, match="missing"):
        HeadPages(hashes)


def test_a_torn_page_is_noticed() -> None:
    tree, shelf = HeadPages(), Shelf()
    counts = many(10)
    shelf.grow(tree, counts)
    shelf.entries[1] = shelf.entries[1][:-1]
    with pytest.raises(ProofError, match="whole heads"):
        shelf.grow(tree, counts)
