"""`python -m scp_tiles`: serves the tree to monitors until told to stop."""

from __future__ import annotations

from scp_events.runtime import beginning

if __name__ == "__main__":
    beginning.begin()  # before the rest is imported, which takes a second

import sys

import psycopg

from scp_events.ledger.log import tables
from scp_events.runtime import program
from scp_events.runtime.http_server import HttpServer
from scp_events.runtime.opening import CANNOT_OPEN, opened_database
from scp_events.runtime.port import Port
from scp_events.runtime.request_pool import request_pool
from scp_events.runtime.service_log import logger
from scp_tiles.app import create_app
from scp_tiles.settings import Settings

CONNECTIONS = 4
"""How many monitors are read for at once; the others wait their turn."""
PATIENCE = 5.0
"""Seconds somebody waits for their turn before they are told to come back."""
MOST_AT_ONCE = 64
DRAIN_SECONDS = 10


def main() -> int:
    """Serve, and return the exit code."""
    return program.run(serve, sys.argv[1:], cannot_work=CANNOT_OPEN)


def serve() -> None:
    """Open the database, and answer until told to stop."""
    settings = Settings()
    with (
        Port(settings.tiles_host, settings.tiles_port, setting="SCP_TILES_PORT") as port,
        opened_database(settings) as conninfo,
    ):
        with psycopg.connect(conninfo, autocommit=True) as connection:
            tables.prepare(connection)
        with request_pool(conninfo, most=CONNECTIONS, patience=PATIENCE) as pool:
            server = HttpServer(
                create_app(pool), port, drain_seconds=DRAIN_SECONDS, most_at_once=MOST_AT_ONCE
            )
            port.open()  # whoever reads that it serves is let in
            logger.info("serving", host=settings.tiles_host, port=port.number)
            server.serve_until_stopped()


if __name__ == "__main__":
    sys.exit(main())
