"""The log a command works with: the database the environment names, its tables made if need be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from scp_events.aggregates import ALL
from scp_events.database import open_database
from scp_events.event_log import EventLog, prepare
from scp_events.history import UnknownCaseError
from scp_events.privacy import open_keyring
from scp_events.vocabulary import ParticipantId


@contextmanager
def opened_log() -> Iterator[EventLog]:
    """Yield the log of `SCP_DATABASE_URL`, or of the embedded server in `SCP_HOME`, with its keyring."""
    with open_database() as conninfo:
        prepare(conninfo)
        with open_keyring(conninfo) as keyring, EventLog(conninfo, ALL, keyring=keyring, pool_size=2) as log:
            yield log


def case_named(log: EventLog, named: str) -> ParticipantId:
    """Return the case with this reference or id."""
    case_id = log.case_of(named) or log.case_of(named.upper()) or _id(named)
    if case_id is None:
        raise UnknownCaseError(f"there is no case {named!r}: `scp cases` lists those there are")
    return case_id


def _id(named: str) -> ParticipantId | None:
    try:
        return ParticipantId(UUID(named))
    except ValueError:
        return None
