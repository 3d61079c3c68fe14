"""What went wrong, in one line: what surprised us and what to do, without anybody's data."""

from __future__ import annotations

import psycopg

from scp_cli.importing import SheetsRefusedError
from scp_events.database import DatabaseError
from scp_events.erasure import ErasureIncompleteError
from scp_events.event_log import (
    BusyError,
    CommandIdReusedError,
    LogUnreachableError,
    StaleVersionError,
    UnreadableEventError,
)
from scp_events.follower import FencedError, OtherTablesError, UnknownProjectionError
from scp_events.history import UnknownCaseError
from scp_events.privacy import KeyServiceDownError, KeysInUseError, SealError
from scp_events.vocabulary import Refused

SAID = (
    BusyError,
    CommandIdReusedError,
    DatabaseError,
    ErasureIncompleteError,
    FencedError,
    KeyServiceDownError,
    KeysInUseError,
    LogUnreachableError,
    OtherTablesError,
    SealError,
    SheetsRefusedError,
    StaleVersionError,
    UnknownCaseError,
    UnknownProjectionError,
    UnreadableEventError,
)
"""These say all that is needed themselves."""


def explain(error: Exception) -> str | None:
    """Return what to tell of an expected failure; None where it is a fault of the program."""
    match error:
        case Refused():
            return f"{error.remedy} (rule: {error.rule})"
        case psycopg.Error():
            return _of_database(error)
        case OSError():
            return f"{error.filename or 'output'}: {error.strerror or error}"
    if isinstance(error, SAID):
        return str(error)
    return None


def _of_database(error: psycopg.Error) -> str:
    """What PostgreSQL says in full may quote a row; its primary message and code say enough."""
    said = error.diag.message_primary or "the connection to the database broke: is the server running?"
    return f"the database says: {said}" + (f" (SQLSTATE {error.sqlstate})" if error.sqlstate else "")
