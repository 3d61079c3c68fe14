"""A witness that others have written cosigns our checkpoints, and refuses what it should."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from scp_events.ledger.format.note import KeyKind, Signer
from scp_events.ledger.key_files import LOG_KEY, write_key
from scp_events.ledger.log import startup, tables
from scp_events.ledger.log.keeping import checkpoint_now
from scp_events.ledger.log.settings import LedgerSettings
from scp_events.ledger.log.startup import StaleLogError
from tests.ledger.filled import LOG, fill, settings, tree_writer
from tests.ledger.independent.program import witness
from tests.ledger.log.test_publishing import rewrite

pytestmark = pytest.mark.once  # the same program and the same requests

COURT = Signer("court.example/witness", KeyKind.COSIGNATURE, b"a witness written in Go".ljust(32))


@pytest.fixture
def said(tmp_path: Path) -> Iterator[LedgerSettings]:
    """Return the settings of a log that this witness alone has to cosign."""
    write_key(tmp_path / LOG_KEY, LOG)
    with witness(COURT, LOG) as address:
        yield settings(tmp_path, ledger_witnesses=f"{address} {COURT.verifier.vkey}")


def test_it_cosigns_checkpoint_after_checkpoint(connection: Connection[Any], said: LedgerSettings) -> None:
    for turn, size in enumerate((1, 300, 301, 900)):
        fill(connection, size - tables.head_of_log(connection), seed=turn)
        covered, came = checkpoint_now(connection.info.dsn, said)
        assert came is not None
        assert (covered, came.published, [each.problem for each in came.replies]) == (size, True, [None])
    note = tables.published_at(connection, 900)
    assert note is not None
    assert COURT.verifier in said.trust(LOG.verifier).open(note).cosigned
    assert startup.compare(connection.info.dsn, said).may_append


def test_it_does_not_cosign_a_log_that_was_rewritten(
    connection: Connection[Any], said: LedgerSettings
) -> None:
    fill(connection, 300)
    checkpoint_now(connection.info.dsn, said)
    assert said.anchor_file
    said.anchor_file.unlink()
    rewrite(connection, LOG, 300)
    with pytest.raises(StaleLogError, match=r"court\.example/witness has cosigned another history"):
        checkpoint_now(connection.info.dsn, said)


def test_it_does_not_cosign_another_tree_of_the_same_size(
    connection: Connection[Any], said: LedgerSettings
) -> None:
    fill(connection, 300)
    checkpoint_now(connection.info.dsn, said)
    connection.execute("DROP SCHEMA ledger CASCADE")
    connection.execute("ALTER TABLE event_log.events DISABLE TRIGGER ALL")
    connection.execute("UPDATE event_log.events SET body = body || ' '::bytea WHERE position = 7")
    tree_writer(connection).write(at_once=True)
    (asked,) = [each for each in startup.compare(connection.info.dsn, said).asked if each.name == COURT.name]
    assert asked.contradiction is None or "another history" in asked.contradiction
    assert not asked.agrees
