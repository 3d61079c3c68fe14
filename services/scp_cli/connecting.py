"""The log a command works with: the database the environment names, its tables made if need be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
from pydantic import ValidationError

from scp_cli import manner
from scp_cli.output import remark
from scp_events.database.patience import PATIENCE_SECONDS
from scp_events.database.settings import DatabaseSettings
from scp_events.event_log import BlockingCommandHandler, CommandHandler, LogReader
from scp_events.event_log.store import LogStore
from scp_events.event_log.trial import TrialKeys, TrialStore
from scp_events.ledger.log import startup, tables
from scp_events.ledger.log.settings import LedgerSettings
from scp_events.replay import NotKnownYetError, UnknownCaseError
from scp_events.runtime import opening
from scp_events.runtime.settings import ServiceSettings, what_is_wrong
from scp_events.vocabulary import CaseId


class LedgerSettingsError(Exception):
    """What the environment says of the ledger cannot be used."""


@contextmanager
def opened_log() -> Iterator[LogReader]:
    """Yield the log of `SCP_DATABASE_URL`, or of the embedded server in `SCP_HOME`, with its keyring."""
    settings = ServiceSettings()
    with opening.opened_log(settings, pool_size=2, make=False) as log:
        say_where(settings)
        yield log


@contextmanager
def opened_ledger() -> Iterator[tuple[str, LedgerSettings]]:
    """Yield how to connect to the log's database, and how its ledger is kept, for whoever reads no event."""
    settings = ledger_settings()
    with opening.opened_database(settings, make=False) as conninfo:
        say_where(settings)
        with psycopg.connect(conninfo, autocommit=True) as connection:
            tables.prepare(connection)
        yield conninfo, settings


def say_where(settings: DatabaseSettings) -> None:
    """Say which log was opened, to somebody at a terminal or who asked."""
    if manner.says_what_it_opens():
        remark(f"scp-events: log in {opening.place_of(settings)}")


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


def must_be_in_the_log(log: LogReader, position: int, option: str) -> None:
    """Raise `NotKnownYetError` for a position that the log has not come to."""
    if position > (head := log.head()):
        raise NotKnownYetError(f"{option} {position} is not there yet: the log ends at {head}")


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
