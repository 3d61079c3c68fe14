"""What a bundle holds of a case besides events and proofs: what people read, and what was opened."""

from __future__ import annotations

import psycopg

from scp_events.case_file.printed import printed
from scp_events.case_file.story import story
from scp_events.event_log import LogReader
from scp_events.ledger.format.bundle import Opened
from scp_events.ledger.log import tables
from scp_events.ledger.log.exporting import Readable
from scp_events.replay import Entry, Point, replay
from scp_events.vocabulary import CaseId, Erased, Position, Stream


def readable(log: LogReader, case_id: CaseId, size: int) -> Readable:
    """Return the case as it was known at a size of the log, as people read it."""
    told = replay(log, case_id, Point(known_at=Position(size)))
    known = log.policies()
    named = sorted({version for entry in told.story if (version := _policy_of(entry))})
    return Readable(
        reference=told.case_reference,
        replay=f"{told.model_dump_json(indent=1)}\n".encode(),
        story=printed(story(told)),
        policies={each: policy.model_dump(mode="json") for each in named if (policy := known.of(each))},
        opened=opened_parts(log, case_id, size),
    )


def _policy_of(entry: Entry) -> str | None:
    version: str | None = entry.says.get("policy_version")
    return entry.decision.policy_version if entry.decision else version


def opened_parts(log: LogReader, case_id: CaseId, size: int) -> dict[int, list[Opened]]:
    """Open the case's encrypted parts, each with the salt by which its digest can be checked.

    Whoever may read the story may have them. What is erased stays so, and its proofs hold nevertheless.
    """
    with psycopg.connect(log.conninfo, autocommit=True) as connection:
        rows = tables.rows_of_case(connection, case_id, size)
    log.codec.foresee(stored for _, _, _, _, _, stored, _ in rows)
    found: dict[int, list[Opened]] = {}
    for position, stream_id, version, _, stored_as, stored, category in rows:
        for part in log.codec.open(stored_as, stored, Stream(category, stream_id), version):
            if not isinstance(part, Erased):
                said = Opened(part.digest, part.salt, part.text.decode())
                found.setdefault(position, []).append(said)
    return found
