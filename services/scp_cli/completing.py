"""What a shell offers when a tab is pressed: cases, people and projections of the log that is there.

Nothing is made, nothing is said: where there is no log, or no answer soon, there is nothing to offer.
"""

# ruff: noqa: PLC0415 - a tab is to be answered at once

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

MOST = 200
"""More than these nobody reads."""
SOON = 2
"""Seconds."""


def case(incomplete: str) -> list[str]:
    """Return the references that begin as typed, which is kept: small letters are understood, too."""
    found = _offered(incomplete.upper(), _references)
    return [incomplete + reference[len(incomplete) :] for reference in found]


def person(incomplete: str) -> list[str]:
    """Return the codes of people that begin as typed."""
    return _offered(incomplete, _people)


def projection(incomplete: str) -> list[str]:
    """Return the names of projections that begin as typed."""
    from scp_events.projections import ALL

    return [name for name in (*(each.NAME for each in ALL), "all") if name.startswith(incomplete)]


def _offered(incomplete: str, ask: Callable[[Connection[Any], str], list[str]]) -> list[str]:
    with suppress(Exception), _connected() as connection:
        return ask(connection, incomplete)
    return []


@contextmanager
def _connected() -> Iterator[Connection[Any]]:
    """Yield a connection to the database that is there. Raises where there is none."""
    import psycopg

    from scp_events.database import open_database
    from scp_events.database.address import made
    from scp_events.database.settings import DatabaseSettings

    settings = DatabaseSettings()
    if not made(settings.url, settings.home):
        raise FileNotFoundError(settings.home)
    if settings.url is not None:
        with psycopg.connect(settings.url, connect_timeout=SOON, autocommit=True) as connection:
            yield _hurried(connection)
        return
    with (
        open_database(home=settings.home) as conninfo,
        psycopg.connect(conninfo, autocommit=True) as connection,
    ):
        yield _hurried(connection)


def _hurried(connection: Connection[Any]) -> Connection[Any]:
    connection.execute("SELECT set_config('statement_timeout', %s, false)", [f"{SOON}s"])
    return connection


def _references(connection: Connection[Any], begin: str) -> list[str]:
    rows = connection.execute(
        "SELECT reference FROM event_log.cases WHERE starts_with(reference, %s) ORDER BY 1 LIMIT %s",
        [begin, MOST],
    )
    return [reference for (reference,) in rows]


def _people(connection: Connection[Any], begin: str) -> list[str]:
    """Ask the read models, as far as there are any: the log itself would have to be read to its end."""
    from scp_events.projections import caseload, decisions

    known: set[str] = set()
    for asked in (caseload.people, lambda on: decisions.named(on).people):
        with suppress(Exception):
            known.update(asked(connection))
    return sorted(code for code in known if code.startswith(begin))[:MOST]
