"""Whatever somebody makes of a document, it is refused in a line: at once, and without much memory."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random

import pytest

from scp_events.ledger.offline import verify as offline
from tests.ledger import refusing
from tests.ledger.invented_case import LOG, WITNESSES, absence, archive, sample
from tests.ledger.mutations import KINDS, Mutation

DOCUMENTS = (archive(40, 6), absence(40, 6), sample(40, 6))
TRUSTED = [LOG.verifier.vkey, *(each.verifier.vkey for each in WITNESSES)]
MOST_KIB = 256 * 1024
PROCESSES = 4


def mutated(kinds: Sequence[Mutation], each: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield so many mutations of each kind, of every document it can be one of, that change something."""
    for kind in kinds:
        random = Random(f"{seed} {kind.__name__}")  # noqa: S311 - the same mutations every time
        documents = [d for d in DOCUMENTS if any(kind(Random(n), d) != d for n in range(5))]  # noqa: S311 - as above
        assert documents, f"{kind.__name__} changes nothing"
        for number in range(each):
            document = documents[number % len(documents)]
            while (changed := kind(random, document)) == document:
                pass
            yield kind.__name__, changed


def refuse(mutations: Iterator[tuple[str, bytes]]) -> tuple[Counter[tuple[str, str]], int]:
    """Return how often each kind came out how, by a process of its own, and its peak memory in KiB."""
    command = [sys.executable, "-I", "-S", refusing.__file__, str(Path(offline.__file__)), *TRUSTED]
    sent = list[str]()
    with (
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PATH": os.defpath}
        ) as verifier,
        ThreadPoolExecutor(1) as pool,
    ):
        sending = pool.submit(send, verifier, mutations, sent)
        assert verifier.stdout
        *came, peak = verifier.stdout.read().decode().splitlines()
        sending.result()
    assert len(came) == len(sent), f"it died of {sent[len(came)]}"
    return Counter(zip(sent, came, strict=True)), int(peak)


def send(verifier: subprocess.Popen[bytes], mutations: Iterator[tuple[str, bytes]], sent: list[str]) -> None:
    """Send documents ahead of the answers, some at a time."""
    assert verifier.stdin
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        fcntl.fcntl(verifier.stdin, fcntl.F_SETPIPE_SZ, 2**20)
    with verifier.stdin as pipe:
        for kind, document in mutations:
            sent.append(kind)
            pipe.write(len(document).to_bytes(8, "big") + document)


def test_the_documents_themselves_are_accepted() -> None:
    assert refuse(("as it is", each) for each in DOCUMENTS)[0] == {("as it is", "accepted"): 3}


def test_mutations_of_every_kind_are_refused() -> None:
    assert len({kind.__name__ for kind in KINDS}) == len(KINDS) >= 30
    found, peak = refuse(mutated(KINDS, 9, seed=1))
    assert found == {(kind.__name__, "refused"): 9 for kind in KINDS}
    assert peak < MOST_KIB


@pytest.mark.long
def test_none_of_fifty_thousand_mutations_is_accepted() -> None:
    each = -(-50_000 // len(KINDS) // PROCESSES)
    with ProcessPoolExecutor(PROCESSES, get_context("fork")) as pool:
        done = list(pool.map(partial(refuse_some, each), range(2, 2 + PROCESSES)))
    found = sum((counts for counts, _ in done), Counter[tuple[str, str]]())
    assert found == {(kind.__name__, "refused"): each * PROCESSES for kind in KINDS}
    assert max(peak for _, peak in done) < MOST_KIB


def refuse_some(each: int, seed: int) -> tuple[Counter[tuple[str, str]], int]:
    """Refuse so many mutations of each kind, in a process of its own that makes them."""
    return refuse(mutated(KINDS, each, seed))
