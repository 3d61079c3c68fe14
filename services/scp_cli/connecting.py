"""The log a command works with: the database the environment names, its tables made if need be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
from pydantic import ValidationError

from scp_events.database.patience import PATIENCE_SECONDS
from scp_events.event_log import BlockingCommandHandler, CommandHandler, LogReader
from scp_events.event_log.store import LogStore
from scp_events.event_log.trial import TrialKeys, TrialStore
from scp_events.ledger.log import startup, tables
from scp_events.ledger.log.settings import LedgerSettings
from scp_events.replay import UnknownCaseError
from scp_events.runtime import opening
from scp_events.runtime.settings import ServiceSettings, what_is_wrong
from scp_events.vocabulary import CaseId


class LedgerSettingsError(Exception):
    """What the environment says of the ledger cannot be used."""


@contextmanager
def opened_log() -> Iterator[LogReader]:
    """Yield the log of `SCP_DATABASE_URL`, or of the embedded server in `SCP_HOME`, with its keyring."""
    with opening.opened_log(ServiceSettings(), pool_size=2) as log:
        yield log


@contextmanager
def opened_ledger() -> Iterator[tuple[str, LedgerSettings]]:
    """Yield how to connect to the log's database, and how its ledger is kept, for whoever reads no event."""
    settings = ledger_settings()
    with opening.opened_database(settings) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            tables.prepare(connection)
        yield conninfo, settings


@contextmanager
def opened_to_append() -> Iterator[tuple[LogReader, BlockingCommandHandler]]:
    """Yield the log, and what appends to it, once its anchors say that it is the newest.

    Raises `StaleLogError` or `ReadOnlyError`.
    """
    with opened_log() as log, BlockingCommandHandler(handler_of(log)) as handler:
        yield log, handler


def handler_of(log: LogReader) -> CommandHandler:
    """Return what appends to a log, once its anchors say that it is the newest: for who opens it themselves.

    Raises `StaleLogError` or `ReadOnlyError`.
    """
    settings = ledger_settings()
    startup.prepare(log.conninfo, settings)
    startup.compare(log.conninfo, settings).must_allow_appending()
    return CommandHandler(log.conninfo, log.keyring)


def trial_of(log: LogReader) -> CommandHandler:
    """Return what decides as the log would, and records nothing."""
    store = TrialStore(LogStore(log.conninfo, patience=PATIENCE_SECONDS))
    return CommandHandler(log.conninfo, TrialKeys(log.keyring), store=store)


def ledger_settings() -> LedgerSettings:
    """Return what the environment says of the ledger. Raises `LedgerSettingsError`."""
    try:
        return LedgerSettings()
    except ValidationError as error:
        raise LedgerSettingsError(what_is_wrong(error)) from None


def case_named(log: LogReader, named: str) -> CaseId:
    """Return the case with this reference or id."""
    case_id = log.case_of(named) or log.case_of(named.upper()) or _id(named)
    if case_id is None:
        raise UnknownCaseError(f"there is no case {named!r}: `scp-events cases` lists those there are")
    return case_id


def _id(named: str) -> CaseId | None:
    try:
        return CaseId(UUID(named))
    except ValueError:
        return None
