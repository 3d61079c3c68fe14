"""Our proofs as the libraries of Go and of transparency-dev see them: all of ours, none that was changed."""

from __future__ import annotations

import json
from itertools import product
from random import Random

import pytest

from scp_events.ledger.format.note import to_base64
from scp_events.ledger.format.tree import consistency_proof, inclusion_proof, leaf_hash, root_of
from tests.ledger.independent.program import run
from tests.ledger.leaves import node_of

pytestmark = pytest.mark.once  # the same program and the same proofs

RECORDS = tuple(b"record %d" % number for number in range(600))
HASHES = tuple(map(leaf_hash, RECORDS))
SIZES = (1, 2, 3, 7, 8, 255, 256, 257, 600)


def inclusion(index: int, size: int) -> dict[str, object]:
    """Return the question whether a record is in a tree, as Go reads it."""
    return {
        "kind": "inclusion",
        "size": size,
        "root": to_base64(root_of(HASHES[:size])),
        "index": index,
        "record": to_base64(RECORDS[index]),
        "proof": list(map(to_base64, inclusion_proof(index, size, node_of(HASHES[:size])))),
    }


def consistency(old: int, size: int) -> dict[str, object]:
    """Return the question whether a tree continues another."""
    return {
        "kind": "consistency",
        "size": size,
        "root": to_base64(root_of(HASHES[:size])),
        "old": old,
        "oldRoot": to_base64(root_of(HASHES[:old])),
        "proof": list(map(to_base64, consistency_proof(old, size, node_of(HASHES[:size])))),
    }


def questions() -> list[dict[str, object]]:
    indexes = (0, 1, 6, 254, 255, 256, 599)
    included = [inclusion(index, size) for index, size in product(indexes, SIZES) if index < size]
    return included + [consistency(old, size) for old, size in product(SIZES, SIZES) if old <= size]


def answers(asked: list[dict[str, object]]) -> list[str]:
    said = run("proofs", given="".join(f"{json.dumps(each)}\n" for each in asked))
    assert said.code == 0, said.err
    return said.out.split()


def test_every_proof_of_ours_is_believed() -> None:
    asked = questions()
    assert answers(asked) == ["yes"] * len(asked)
    assert len(asked) > 70


def test_none_that_was_changed_is() -> None:
    random = Random(7)  # noqa: S311 - the same changes every time
    changed = []
    for each in questions():
        proof = list(each["proof"]) if isinstance(each["proof"], list) else []
        other = to_base64(random.randbytes(32))
        changed.append({**each, "root": other, "oldRoot": each.get("oldRoot")})
        changed.append({**each, "proof": [*proof, other]})
        if proof:
            at = random.randrange(len(proof))
            changed.append({**each, "proof": [*proof[:at], other, *proof[at + 1 :]]})
            changed.append({**each, "proof": proof[:-1]})
    assert answers(changed) == ["no"] * len(changed)
    assert len(changed) > 200
