"""What went wrong, in one line: what surprised us and what to do, without anybody's data."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg

from scp_cli.connecting import LedgerSettingsError
from scp_cli.demo_log import NotADemoError
from scp_cli.unknown import UnknownCodeError
from scp_events.case_file.absence import UnknownTypeError
from scp_events.case_file.pdf import PdfError
from scp_events.commands import (
    MistakenError,
    NothingThereError,
    NotJsonError,
    Offer,
    UnknownCommandError,
    in_words_of,
)
from scp_events.database import DatabaseError
from scp_events.erasure import ErasureIncompleteError
from scp_events.event_log import (
    BusyError,
    CommandIdReusedError,
    LogUnreachableError,
    LogUnwritableError,
    StaleVersionError,
    UnreadableEventError,
    UnsafeServerError,
)
from scp_events.follower import FencedError, OtherTablesError, UnknownProjectionError
from scp_events.importing import ImportUnderWayError, SheetsRefusedError
from scp_events.ledger.format.document import DocumentTooLargeError
from scp_events.ledger.format.note import NoteError
from scp_events.ledger.format.sample import TooFewError
from scp_events.ledger.format.tree import ProofError
from scp_events.ledger.key_files import KeyFileError
from scp_events.ledger.log.absence import NotAbsentError
from scp_events.ledger.log.anchors import AnchorError
from scp_events.ledger.log.gathering import NothingToExportError
from scp_events.ledger.log.startup import ReadOnlyError, StaleLogError
from scp_events.ledger.log.tables import LedgerError
from scp_events.ledger.witness.promises import PromisesError
from scp_events.privacy import EncryptionError, KeyServiceDownError, KeysInUseError
from scp_events.replay import NotKnownYetError, UnknownCaseError
from scp_events.runtime.file_modes import OpenToOthersError
from scp_events.runtime.opening import NoLogError
from scp_events.runtime.port import CannotListenError
from scp_events.vocabulary import Refused

SAID = (
    AnchorError,
    DocumentTooLargeError,
    BusyError,
    CannotListenError,
    CommandIdReusedError,
    DatabaseError,
    ErasureIncompleteError,
    FencedError,
    ImportUnderWayError,
    KeyFileError,
    KeyServiceDownError,
    KeysInUseError,
    LedgerError,
    LedgerSettingsError,
    LogUnreachableError,
    LogUnwritableError,
    NoLogError,
    NoteError,
    NotKnownYetError,
    NotADemoError,
    NotAbsentError,
    NothingToExportError,
    OpenToOthersError,
    OtherTablesError,
    PdfError,
    PromisesError,
    ProofError,
    ReadOnlyError,
    EncryptionError,
    SheetsRefusedError,
    StaleLogError,
    StaleVersionError,
    TooFewError,
    UnknownCaseError,
    UnknownCodeError,
    UnknownCommandError,
    UnknownProjectionError,
    UnknownTypeError,
    UnreadableEventError,
    UnsafeServerError,
)
"""These say all that is needed themselves."""
STALE = 3
NOT_FINISHED = 10
"""The exit code where keys are destroyed and traces of what they encrypted may still be in files."""


def explain(error: Exception) -> str | None:
    """Return what to tell of an expected failure; None where it is a fault of the program."""
    match error:
        case Refused():
            return f"{in_words_of(_typed, error.remedy)} (rule: {error.rule})"
        case psycopg.Error():
            return _of_database(error)
        case OSError():
            return f"{error.filename or 'output'}: {error.strerror or error}"
    if isinstance(error, SAID):
        return str(error)
    return next((said.format(error) for kind, said in OF_A_COMMAND.items() if isinstance(error, kind)), None)


OF_A_COMMAND: Mapping[type[Exception], str] = {
    MistakenError: "what was sent is not as it must be: {}",
    NotJsonError: "what was sent is no JSON: `scp-events do COMMAND --schema` says how to write it",
    NothingThereError: "nothing is called that: `scp-events cases` lists the cases, `replay` what is in one",
}


def _typed(offer: Offer) -> str:
    """Return how a refusal names a command to whoever types: of those for every fact, which is to be said."""
    return f"scp-events do {f'.../{offer.name}' if offer.is_for_every_fact else offer.name}"


def code_of(error: Exception) -> int:
    """Return the exit code: 3 where the log is a restored one, 10 of an unfinished erasure, otherwise 1."""
    match error:
        case StaleLogError():
            return STALE
        case ErasureIncompleteError():
            return NOT_FINISHED
    return 1


def _of_database(error: psycopg.Error) -> str:
    """What PostgreSQL says in full may quote a row; its primary message and code say enough."""
    said = error.diag.message_primary or "the connection to the database broke: is the server running?"
    return f"the database says: {said}" + (f" (SQLSTATE {error.sqlstate})" if error.sqlstate else "")
