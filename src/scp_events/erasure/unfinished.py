"""The erasures that wait to be finished, and why each did not come to its end when it was last tried."""

from __future__ import annotations

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb
from pydantic import AwareDatetime

from scp_events.aggregates.record.events import ErasureApproved, ErasureRefused, PersonalDataErased
from scp_events.erasure.incomplete import ErasureIncompleteError
from scp_events.event_log import LogReader
from scp_events.privacy import GROUPS
from scp_events.vocabulary import Actor, CaseId, Event, Word


class Attempt(Word):
    """When the erasure of a case was last tried, and what kept it from its end."""

    case_id: CaseId
    tried_at: AwareDatetime
    tried_by: str
    reasons: tuple[str, ...]


def unfinished(log: LogReader) -> list[CaseId]:
    """Return every case whose erasure was approved and is not done.

    Or is not done any more: a backup that was restored brings keys back.
    """
    decided = log.of_types(ErasureApproved, ErasureRefused, PersonalDataErased)
    latest = {each.envelope.case_id: each.event for each in decided}
    return [
        case_id
        for case_id, event in latest.items()
        if case_id is not None and _is_left_to_do(log, case_id, event)
    ]


def attempts(conninfo: str) -> dict[CaseId, Attempt]:
    """Return the last attempt at each erasure that was tried and not finished; one cut short notes none."""
    with psycopg.connect(conninfo) as connection, connection.cursor(row_factory=class_row(Attempt)) as cursor:
        cursor.execute("SELECT case_id, tried_at, tried_by, reasons FROM keyring.unfinished_erasures")
        return {each.case_id: each for each in cursor}


def note_attempt(conninfo: str, case_id: CaseId, by: Actor, why: ErasureIncompleteError) -> None:
    """Note that an erasure was not finished, and why, for whoever looks."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO keyring.unfinished_erasures (case_id, tried_by, reasons) VALUES (%s, %s, %s)"
            " ON CONFLICT (case_id) DO UPDATE SET"
            " tried_at = clock_timestamp(), tried_by = EXCLUDED.tried_by, reasons = EXCLUDED.reasons",
            [case_id, by.id, Jsonb(why.reasons)],
        )


def forget_attempt(conninfo: str, case_id: CaseId) -> None:
    """Note that an erasure is done."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("DELETE FROM keyring.unfinished_erasures WHERE case_id = %s", [case_id])


def _is_left_to_do(log: LogReader, case_id: CaseId, latest: Event) -> bool:
    match latest:
        case ErasureApproved():
            return True
        case PersonalDataErased():
            return len(log.keyring.destroyed(case_id)) < len(GROUPS)
    return False
