"""The heads in pages, so that a checkpoint costs by the streams that changed and not by all there are.

A page holds the heads of one subtree, at most `FULL`; a page that would hold more becomes two, one level
deeper. Pages are numbered as the nodes of a binary tree are: the root is 1, and below node n are 2n and
2n + 1. So the pages are the leaves of a small tree, whose inner nodes are kept in memory, one hash each. They
are made anew from the pages' hashes when a program starts; after that a change reads and writes the pages it
touches and hashes the nodes above them.

The pages are where things are kept, and no part of what is proved: another `FULL` gives the same root.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from scp_events.ledger.format.heads import (
    DEEPEST,
    EMPTY,
    ENTRY_BYTES,
    NAME_BYTES,
    Entry,
    HeadProof,
    Name,
    count_in,
    entry_of,
    key_of,
    placed,
    prove_in,
    subtree_hash,
    turn,
)
from scp_events.ledger.format.tree import ProofError, check_hashes, node_hash

FULL = 16
"""How many heads a page holds at most."""
LOWEST = 62
"""The deepest level a page can be at, so that its number fits PostgreSQL's bigint."""
ROOT = 1


@dataclass(frozen=True, slots=True)
class Page:
    """The heads of one subtree, one after the other in the order of their names, and the subtree's hash."""

    hash: bytes
    entries: bytes


Fetch: TypeAlias = Callable[[Collection[int]], Mapping[int, bytes]]
"""Returns the entries of the pages with these numbers."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of the heads that grew, and of the pages they are on."""

    counts: Mapping[Name, int]
    written: Mapping[int, Page]
    removed: Collection[int]
    """Pages that became two, to be deleted."""


class HeadPages:
    """The tree of heads, as far as it is kept in memory: the hash of every page and of every node above.

    `grow` changes it at once; whoever cannot write what it returns has to make another one from what is
    written. It raises `ProofError` where a page it goes on from is not what was hashed.
    """

    def __init__(self, hashes: Mapping[int, bytes] | None = None) -> None:
        check_hashes((hashes or {}).values())
        self._hashes = dict(hashes or {ROOT: EMPTY})
        self._pages = set(self._hashes)
        self._hash_above(self._pages)
        if ROOT not in self._hashes:
            raise ProofError(f"{len(self._pages)} pages of heads do not make a tree: one is missing")

    @property
    def root(self) -> bytes:
        """Return the root of the tree of heads."""
        return self._hashes[ROOT]

    def grow(self, added: Mapping[Name, int], fetch: Fetch) -> Changed:
        """Count so many events more for some heads, new ones included; return what changed."""
        counts: dict[Name, int] = {}
        written: dict[int, Page] = {}
        on_page = self._by_page(added)
        kept = _fetched(on_page, fetch)
        for number in on_page:
            self._must_be_whole(number, kept[number])
        for number, names in on_page.items():
            heads = _split(kept[number])
            for name in names:
                before = count_in(heads[name]) if name in heads else 0
                counts[name] = before + added[name]
                heads[name] = entry_of(name, counts[name])
            written.update(_paged(number, heads.values()))
        removed = on_page.keys() - written.keys()
        self._replace(written, removed)
        return Changed(counts, written, removed)

    def prove(self, name: Name, fetch: Fetch) -> HeadProof:
        """Return the proof of a head's count, or that there is none."""
        key = key_of(name)
        number = self._page_of(key)
        depth = depth_of(number)
        heads = _split(_fetched([number], fetch)[number])
        below = prove_in([(placed(entry), entry) for entry in heads.values()], key, depth)
        above = (self._hashes[(number >> up) ^ 1] for up in reversed(range(depth)))
        return HeadProof((*above, *below.siblings), below.found)

    def _must_be_whole(self, number: int, entries: bytes) -> None:
        """Refuse a page whose heads are not those that were hashed: what is signed next goes on from them."""
        if page_hash(number, entries) != self._hashes[number]:
            raise ProofError(f"page {number} of the heads holds other counts than were signed")

    def _replace(self, written: Mapping[int, Page], removed: Collection[int]) -> None:
        self._pages.difference_update(removed)
        self._pages.update(written)
        self._hashes.update((number, page.hash) for number, page in written.items())
        self._hash_above(written)

    def _hash_above(self, numbers: Iterable[int]) -> None:
        """Hash the nodes above some pages, from the deepest upwards, each once."""
        levels: dict[int, set[int]] = {}
        for number in numbers:
            levels.setdefault(depth_of(number), set()).add(number)
        for depth in range(max(levels, default=0), 0, -1):
            above = {number >> 1 for number in levels.get(depth, ())}
            for number in above:
                self._hashes[number] = node_hash(*self._halves(number))
            levels.setdefault(depth - 1, set()).update(above)

    def _halves(self, number: int) -> tuple[bytes, bytes]:
        try:
            return self._hashes[2 * number], self._hashes[2 * number + 1]
        except KeyError as missing:
            raise ProofError(f"page {missing} of the heads is missing") from None

    def _by_page(self, names: Iterable[Name]) -> dict[int, list[Name]]:
        found: dict[int, list[Name]] = {}
        for name in names:
            found.setdefault(self._page_of(key_of(name)), []).append(name)
        return found

    def _page_of(self, key: int) -> int:
        """Return the number of the page a key is on."""
        number, depth = ROOT, 0
        while number not in self._pages:
            number = 2 * number + turn(key, depth)
            depth += 1
        return number


def paged(counts: Mapping[Name, int]) -> tuple[HeadPages, Fetch]:
    """Return a tree of heads with all its pages in memory: for a size of the log that is past."""
    pages = _paged(ROOT, [entry_of(name, count) for name, count in counts.items()])
    return (
        HeadPages({number: page.hash for number, page in pages.items()}),
        lambda numbers: {number: pages[number].entries for number in numbers},
    )


def page_hash(number: int, entries: bytes) -> bytes:
    """Return the hash of the subtree that is on a page. Raises `ProofError` where these are no heads."""
    return subtree_hash(sorted(placed(entry) for entry in _split(entries).values()), depth_of(number))


def depth_of(number: int) -> int:
    """Return at which level of the tree a node is."""
    return number.bit_length() - 1


def _paged(number: int, entries: Iterable[Entry]) -> dict[int, Page]:
    """Return the page with these heads or, where they are too many, the pages below it."""
    heads = sorted((placed(entry), entry) for entry in entries)
    return dict(_pages_below(number, heads))


def _pages_below(number: int, heads: list[tuple[tuple[int, bytes], Entry]]) -> Iterable[tuple[int, Page]]:
    depth = depth_of(number)
    if len(heads) <= FULL or depth == LOWEST:
        hashed = subtree_hash([at for at, _ in heads], depth)
        yield number, Page(hashed, b"".join(sorted(entry for _, entry in heads)))
        return
    middle = sum(not turn(key, depth) for (key, _), _ in heads)
    yield from _pages_below(2 * number, heads[:middle])
    yield from _pages_below(2 * number + 1, heads[middle:])


def _fetched(numbers: Collection[int], fetch: Fetch) -> Mapping[int, bytes]:
    """Return the entries of pages. Page 1 of a tree without heads need not be anywhere."""
    return {ROOT: b""} | dict(fetch(numbers))


def _split(entries: bytes) -> dict[Name, Entry]:
    """Return the heads of a page by name. Raises `ProofError` where they are no heads."""
    if len(entries) % ENTRY_BYTES:
        raise ProofError(f"{len(entries)} bytes of a page are not whole heads of {ENTRY_BYTES}")
    found = (entries[start : start + ENTRY_BYTES] for start in range(0, len(entries), ENTRY_BYTES))
    return {entry[:NAME_BYTES]: entry for entry in found}


assert LOWEST < DEEPEST  # noqa: S101 - a page is never below the last turn
