"""Draws an audit sample from all streams of the log that a published checkpoint covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from scp_events.ledger.format.heads import Kind
from scp_events.ledger.format.leaf import Leaf
from scp_events.ledger.format.sample import Draw, Drawn, Frame, Unit, document_of
from scp_events.ledger.log import tables
from scp_events.ledger.log.gathering import Desk, opened_desk
from scp_events.ledger.log.settings import LedgerSettings


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample as it is handed out, and what was drawn."""

    name: str
    archive: bytes
    drawn: Sequence[Drawn]


def draw_sample(conninfo: str, settings: LedgerSettings, asked: Draw, *, at: int | None = None) -> Sample:
    """Return a sample, from the newest published checkpoint or the one of size `at`.

    Raises `TooFewError` where there are not so many streams, `NothingToExportError`, and `LedgerError` where
    log and ledger do not prove what they say.
    """
    with opened_desk(conninfo, settings, at) as desk:
        node = tables.node_of(desk.connection, desk.vouched.size)
        document, drawn = document_of(desk.vouched, _frame(desk), node, asked)
        return Sample(document.name, desk.signed(document), drawn)


def _frame(desk: Desk) -> Frame:
    """Return all streams and cases, as the rows have them: whoever checks compares with what is signed."""
    counts = tables.counts_at(desk.connection, desk.vouched.size)
    streams, cases = dict[UUID, int](), list[tuple[UUID, int]]()
    for name, count in counts.items():
        of = UUID(bytes=name[1:])
        if name[0] == Kind.STREAM:
            streams[of] = count
        else:
            cases.append((of, count))
    first = (Leaf(*row) for row in tables.first_rows(desk.connection, desk.vouched.size))
    return Frame([Unit(leaf, streams[leaf.stream_id]) for leaf in first], cases)
