"""`python -m scp_api`: read the settings, open the connections, hand the parts to each other, run."""

from __future__ import annotations

from scp_events.runtime import ending

if __name__ == "__main__":
    ending.listen()  # before the rest is imported, which takes a second

import sys
from contextlib import ExitStack, suppress

import structlog
from psycopg_pool import ConnectionPool
from pydantic import ValidationError

from scp_api import journal, lifecycle
from scp_api.app import create_app
from scp_api.parts import Parts
from scp_api.read_models import PROJECTIONS
from scp_api.settings import Settings
from scp_events import follower
from scp_events.access import Issuer, Verifier, development, keys
from scp_events.aggregates import ALL
from scp_events.database import DatabaseError, open_database
from scp_events.event_log import EventLog, EventLogAsync, UnsafeServerError, prepare
from scp_events.ledger import startup
from scp_events.ledger.startup import Guard, ReadOnlyError, StaleLogError, Standing
from scp_events.privacy import open_keyring
from scp_events.runtime.port import CannotListenError, Port

_journal = structlog.get_logger("scp_api")

STALE = 3
PATIENCE = 5.0
"""Seconds a question waits for a connection before it is told to come back."""


def main() -> int:
    """Serve until told to stop. Returns 0 then, 2 where the settings cannot be used, 3 for a stale log."""
    journal.configure()
    try:
        settings = Settings()
        issuers = _issuers(settings)
    except ValidationError as error:
        return _unusable("; ".join(found["msg"] for found in error.errors()))
    except (development.DevelopmentModeError, ValueError) as error:
        return _unusable(str(error))
    try:
        with Port(settings.api_host, settings.api_port, setting="SCP_API_PORT") as port:
            _serve(settings, issuers, port)
    except (CannotListenError, DatabaseError, UnsafeServerError) as error:
        return _unusable(str(error))
    except StaleLogError as error:
        return _unusable(str(error), STALE)
    return 0


def _serve(settings: Settings, issuers: list[Issuer], port: Port) -> None:
    """Open in this order and close in the other: the server drains before its connections go."""
    url = settings.database_url.get_secret_value() if settings.database_url else None
    with ExitStack() as opened:
        conninfo = opened.enter_context(open_database(url, settings.home))
        opened.callback(_journal.info, "stopping", step="database")
        prepare(conninfo)
        follower.prepare(conninfo, PROJECTIONS)
        keyring = opened.enter_context(
            open_keyring(conninfo, named=settings.keyring, url=url, home=settings.home)
        )
        log = opened.enter_context(
            EventLog(conninfo, ALL, keyring=keyring, pool_size=2 * settings.api_threads, patience=PATIENCE)
        )
        reading = opened.enter_context(
            ConnectionPool(
                conninfo,
                min_size=1,
                max_size=settings.api_threads,
                timeout=PATIENCE,
                reconnect_timeout=PATIENCE,  # then the next request tries anew, not a clock that doubles
                kwargs={"autocommit": True},
                open=False,
            )
        )
        opened.callback(_journal.info, "stopping", step="pools")
        if settings.api_follow:
            opened.enter_context(follower.following(log, PROJECTIONS))
        opened.callback(_journal.info, "stopping", step="followers")
        parts = Parts(
            log=log,
            writing=EventLogAsync(log, readers=settings.api_threads),
            reading=reading,
            verifier=Verifier(issuers),
            guard=_guard(conninfo, settings),
            threads=settings.api_threads,
        )
        server = lifecycle.server(
            create_app(parts),
            host=settings.api_host,
            port=port.number,
            drain_seconds=settings.api_drain_seconds,
        )
        with ending.in_order():
            listening = port.open()
            _journal.info("serving", host=settings.api_host, port=port.number)
            server.run([listening])
        _journal.info("stopping", step="drained")


def _issuers(settings: Settings) -> list[Issuer]:
    """Return whose tokens are believed."""
    found = []
    if settings.issuer and settings.issuer_keys:
        found.append(Issuer(settings.issuer, settings.audience, keys.keys_of(settings.issuer_keys)))
    if settings.development:
        found.append(development.issuer(settings.home, settings.audience, settings.api_host))
    return found


def _guard(conninfo: str, settings: Settings) -> Guard:
    """Return what keeps commands from a log that is not the newest. Raises `StaleLogError` for one by now."""

    def look() -> Standing:
        standing = startup.compare(conninfo, settings)
        if not standing.may_append:
            _journal.warning("read-only", anchors=[each.name for each in standing.asked if not each.agrees])
        return standing

    guard = Guard(look)
    with suppress(ReadOnlyError):
        guard.must_allow_appending()
    return guard


def _unusable(remedy: str, code: int = 2) -> int:
    sys.stderr.write(f"scp_api cannot start: {remedy}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
