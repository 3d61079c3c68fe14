"""Tiles as tlog-tiles draws them, and proofs made from nothing but tiles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scp_events.ledger.format.tiles import (
    TILE_BYTES,
    WIDTH,
    OpenTiles,
    Tile,
    node_from,
    split_hashes,
    tiles_between,
    tiles_of,
)
from scp_events.ledger.format.tree import (
    ProofError,
    RightEdge,
    consistency_proof,
    inclusion_proof,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from tests.ledger.leaves import invented, node_of, unhurried

LARGE = 70_000
"""The size the specification takes as its example: two levels of full tiles, and partial ones at three."""


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 0, 17), "tile/0/000.p/17"),
        (Tile(1, 999), "tile/1/999"),
        (Tile(0, 1000), "tile/0/x001/000"),
        (Tile(0, 1_234_067), "tile/0/x001/x234/067"),
        (Tile(63, 1234, 255), "tile/63/x001/234.p/255"),
    ],
)
def test_a_tile_has_one_path_and_the_path_one_tile(tile: Tile, path: str) -> None:
    assert tile.path() == path
    assert Tile.parse(path) == tile


def test_records_have_paths_beside_the_tiles_of_level_0() -> None:
    assert Tile(0, 1234, 5).entries_path() == "tile/entries/x001/234.p/5"
    with pytest.raises(ValueError, match="hashes of hashes"):
        Tile(1, 0).entries_path()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/1/234",
        "tile/0/x000/234",
        "tile/0/x001/x234",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/017",
        "tile/0/000.p/17/",
        "tile/entries/000",
        "tile/0/\u0660\u0660\u0660",
        "tile/0/000\n",
        "/tile/0/000",
    ],
)
def test_another_spelling_of_a_path_is_none(path: str) -> None:
    with pytest.raises(ValueError, match="no"):
        Tile.parse(path)


@unhurried
@given(st.integers(0, 63), st.integers(0, 2**62), st.integers(1, WIDTH))
def test_every_tile_is_found_again_by_its_path(level: int, index: int, width: int) -> None:
    assert Tile.parse(Tile(level, index, width).path()) == Tile(level, index, width)


@pytest.mark.parametrize(
    ("level", "index", "width"), [(-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)]
)
def test_there_are_no_other_tiles(level: int, index: int, width: int) -> None:
    with pytest.raises(ValueError, match="no tile"):
        Tile(level, index, width)


def test_the_example_of_the_specification_has_the_tiles_it_says() -> None:
    tiles = list(tiles_of(LARGE))
    full = [tile for tile in tiles if tile.width == WIDTH]
    assert [len([tile for tile in full if tile.level == level]) for level in (0, 1, 2)] == [273, 1, 0]
    assert [tile for tile in tiles if tile.width < WIDTH] == [
        Tile(0, 273, 112),
        Tile(1, 1, 17),
        Tile(2, 0, 1),
    ]
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles_of(0)) == []


@unhurried
@given(st.lists(st.integers(0, 2000), max_size=6))
def test_tiles_become_full_once_whatever_the_steps(steps: list[int]) -> None:
    tree, size, written = OpenTiles(), 0, []
    for step in steps:
        tree, full = tree.with_leaves(invented(20_000)[size : size + step])
        assert [tile for tile, _ in full] == list(tiles_between(size, size + step))
        size += step
        written += full
    at_once, expected = OpenTiles().with_leaves(invented(20_000)[:size])
    assert tree == at_once
    assert sorted(written) == sorted(expected)
    assert tree.right_edge() == RightEdge().with_leaves(invented(20_000)[:size])


def stored(size: int) -> tuple[OpenTiles, dict[Tile, bytes]]:
    """Return a tree as a tree writer keeps it: its full tiles, and those still open."""
    tree, full = OpenTiles().with_leaves(invented(LARGE)[:size])
    return tree, dict(full)


def test_a_tile_of_a_higher_level_holds_the_roots_of_full_tiles_below() -> None:
    _, full = stored(LARGE)
    above = split_hashes(full[Tile(1, 0)])
    assert above == tuple(root_of(split_hashes(full[Tile(0, index)])) for index in range(WIDTH))
    assert all(len(data) == TILE_BYTES for data in full.values())


@unhurried
@given(st.integers(1, LARGE), st.data())
def test_proofs_made_from_tiles_alone_are_believed(size: int, data: st.DataObject) -> None:
    tree, full = stored(size)
    node = node_from(lambda tile: full[tile] if tile in full else tree.read(tile), size)
    root = tree.right_edge().root()
    index = data.draw(st.integers(0, size - 1), label="index")
    leaf = invented(LARGE)[index]
    verify_inclusion(leaf, index, size, inclusion_proof(index, size, node), root)
    old_root = RightEdge().with_leaves(invented(LARGE)[: index + 1]).root()
    verify_consistency(index + 1, old_root, size, root, consistency_proof(index + 1, size, node))


def test_every_perfect_subtree_is_found_in_the_tiles() -> None:
    size = 1100
    tree, full = stored(size)
    node = node_from(lambda tile: full[tile] if tile in full else tree.read(tile), size)
    expected = node_of(invented(size))
    for level in range(11):
        for index in range(size >> level):
            assert node(level, index) == expected(level, index)
        with pytest.raises(ValueError, match="no perfect subtree"):
            node(level, size >> level)


def test_each_tile_is_read_once_for_one_look_up() -> None:
    tree, full = stored(LARGE)
    read: list[Tile] = []

    def reading(tile: Tile) -> bytes:
        read.append(tile)
        return full[tile] if tile in full else tree.read(tile)

    node = node_from(reading, LARGE)
    for index in range(100):
        inclusion_proof(index, LARGE, node)
    assert sorted(read) == [Tile(0, 0), Tile(0, 273, 112), Tile(1, 0), Tile(1, 1, 17)]


def test_a_tile_of_another_size_is_refused() -> None:
    tree, full = stored(300)
    for wrong in (b"", full[Tile(0, 0)][:-1], full[Tile(0, 0)] + bytes(32)):
        with pytest.raises(ProofError, match=r"a tile of \d+ hashes"):
            inclusion_proof(0, 300, node_from(lambda _tile, wrong=wrong: wrong, 300))
    with pytest.raises(KeyError):
        tree.read(Tile(0, 0))


@pytest.mark.parametrize(
    ("size", "rows"),
    [(-1, ()), (1, ()), (0, ((),)), (256, ((),)), (2, ((bytes(32),),)), (1, ((bytes(32),), ()))],
)
def test_open_tiles_of_another_size_are_refused(size: int, rows: tuple[tuple[bytes, ...], ...]) -> None:
    with pytest.raises(ProofError, match="leaves"):
        OpenTiles(size, rows)


def test_open_tiles_take_hashes_only() -> None:
    with pytest.raises(ProofError, match="a hash has 32 bytes"):
        OpenTiles().with_leaves([bytes(31)])
