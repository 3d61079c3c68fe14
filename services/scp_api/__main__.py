"""`python -m scp_api`: serves until told to stop. Exit code 3: the log is not the newest."""

from __future__ import annotations

from scp_events.runtime import beginning

if __name__ == "__main__":
    beginning.begin()  # before the rest is imported, which takes a second

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from scp_api.app import create_app
from scp_api.authentication import Reached
from scp_api.imports.kept import Kept
from scp_api.imports.under_way import Importing
from scp_api.parts import Parts
from scp_api.rate_limit import Rates
from scp_api.settings import Settings
from scp_events import follower
from scp_events.access import Issuer, Verifier, development, issuers, keys
from scp_events.event_log import CommandHandler
from scp_events.ledger.log import startup
from scp_events.ledger.log.startup import Guard, ReadOnlyError, StaleLogError, Standing
from scp_events.projections import ALL as PROJECTIONS
from scp_events.runtime import program
from scp_events.runtime.http_server import HttpServer
from scp_events.runtime.opening import CANNOT_OPEN, opened_log
from scp_events.runtime.port import Port
from scp_events.runtime.program import CannotWorkError
from scp_events.runtime.request_pool import request_pool
from scp_events.runtime.service_log import logger

IMPORTS = "imports"
"""Below the home, where imports are kept."""
PATIENCE = 5.0
"""Seconds a question waits for a connection before it is told to come back."""


def main() -> int:
    """Serve, and return the exit code."""
    return program.run(serve, sys.argv[1:], cannot_work=CANNOT_OPEN, replaced=(StaleLogError,))


def serve() -> None:
    """Open in this order and close in the other: the server drains before its connections go."""
    settings = Settings()
    believed = _issuers(settings)
    with ExitStack() as opened:
        port = opened.enter_context(Port(settings.api_host, settings.api_port, setting="SCP_API_PORT"))
        opened.callback(logger.info, "stopping", step="database")
        log = opened.enter_context(opened_log(settings, pool_size=settings.api_threads, patience=PATIENCE))
        follower.prepare(log.conninfo, PROJECTIONS)
        reading = opened.enter_context(
            request_pool(log.conninfo, most=settings.api_threads, patience=PATIENCE)
        )
        opened.callback(logger.info, "stopping", step="pools")
        if settings.api_follow:
            opened.enter_context(follower.following(log, PROJECTIONS))
        opened.callback(logger.info, "stopping", step="followers")
        parts = Parts(
            log=log,
            handler=CommandHandler(
                log.conninfo,
                log.keyring,
                may_append=_guard(log.conninfo, settings).must_allow_appending,
                patience=PATIENCE,
            ),
            reading=reading,
            verifier=Verifier(believed),
            threads=settings.api_threads,
        )
        importing = opened.enter_context(_importing(parts, settings))
        rates = Rates(settings.api_person_per_second, settings.api_organisation_per_second)
        server = HttpServer(
            create_app(parts, importing, rates, _reached(settings, port.number)),
            port,
            drain_seconds=settings.api_drain_seconds,
            behind_tls=settings.api_behind_tls,
        )
        logger.info("serving", host=settings.api_host, port=port.number)
        server.serve_until_stopped()
        logger.info("stopping", step="drained")


@contextmanager
def _importing(parts: Parts, settings: Settings) -> Iterator[Importing]:
    """Yield what works on imports. One that is under way at the end is interrupted, and says what is in."""
    kept = Kept(settings.home.expanduser() / IMPORTS, settings.api_import_days)
    importing = Importing(kept, parts.log.conninfo, parts.now, megabytes=settings.api_import_megabytes)
    importing.open()
    try:
        yield importing
    finally:
        logger.info("stopping", step="imports")
        importing.close()


def _reached(settings: Settings, port: int) -> Reached:
    """Return how clients reach us: where nothing else is said, right here."""
    here = f"http://{settings.api_host}:{port}"
    return Reached(settings.api_address or here, settings.api_client_certificates)


def _issuers(settings: Settings) -> list[Issuer]:
    """Return whose tokens are believed. Raises `CannotWorkError`."""
    found = []
    try:
        if settings.issuer and settings.issuer_keys:
            found.append(Issuer(settings.issuer, settings.audience, keys.keys_of(settings.issuer_keys)))
        if settings.issuers:
            found += issuers.issuers_in(settings.issuers, settings.audience)
        if settings.development:
            found.append(development.issuer(settings.home, settings.audience, settings.api_host))
    except (development.DevelopmentModeError, ValueError) as error:
        raise CannotWorkError(str(error)) from None
    return found


def _guard(conninfo: str, settings: Settings) -> Guard:
    """Return what keeps commands from a log that is not the newest. Raises `StaleLogError` for one by now."""

    def look() -> Standing:
        standing = startup.compare(conninfo, settings)
        if not standing.may_append:
            logger.warning("read-only", anchors=[each.name for each in standing.asked if not each.agrees])
        return standing

    guard = Guard(look)
    with suppress(ReadOnlyError):
        guard.must_allow_appending()
    return guard


if __name__ == "__main__":
    sys.exit(main())
