"""`python -m scp_witness`: cosigns until told to stop."""

from __future__ import annotations

from scp_events.runtime import beginning

if __name__ == "__main__":
    beginning.begin()  # before the rest is imported, which takes a second

import sys
from datetime import UTC, datetime

from scp_events.ledger.key_files import KeyFileError
from scp_events.ledger.witness import promises
from scp_events.ledger.witness.contradictions import Contradictions
from scp_events.ledger.witness.cosigning import KnownLogs
from scp_events.ledger.witness.log_list import LogListError, parse_log_list
from scp_events.ledger.witness.promises import PromisesError
from scp_events.runtime import file_modes, program
from scp_events.runtime.file_modes import OpenToOthersError
from scp_events.runtime.http_server import HttpServer
from scp_events.runtime.port import Port
from scp_events.runtime.service_log import logger
from scp_witness.app import create_app
from scp_witness.desk import Desk
from scp_witness.settings import Settings

MOST_AT_ONCE = 64
DRAIN_SECONDS = 10


def main() -> int:
    """Run one witness and return the exit code."""
    return program.run(
        serve, sys.argv[1:], cannot_work=(KeyFileError, PromisesError, LogListError, OpenToOthersError)
    )


def serve() -> None:
    """Open what the witness has promised, and answer until told to stop."""
    settings = Settings()
    file_modes.check_directory(settings.directory)
    with (
        Port(settings.witness_host, settings.witness_port, setting="SCP_WITNESS_PORT") as port,
        promises.opened(settings.directory) as (signer, promised),
    ):
        logs = _known_logs(settings)
        app = create_app(
            Desk(signer, logs, promised, Contradictions(settings.directory), lambda: datetime.now(UTC))
        )
        server = HttpServer(app, port, drain_seconds=DRAIN_SECONDS, most_at_once=MOST_AT_ONCE)
        port.open()  # whoever reads that it serves is let in
        logger.info("serving", host=settings.witness_host, port=port.number, logs=len(logs))
        server.serve_until_stopped()


def _known_logs(settings: Settings) -> KnownLogs:
    path = settings.directory / promises.LOGS
    try:
        return parse_log_list(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LogListError(
            f"{path} is not there: write `logs/v0`, and for each log its `vkey` line as its operator gave it"
        ) from None
    except UnicodeDecodeError:
        raise LogListError(f"{path} is no text in UTF-8") from None


if __name__ == "__main__":
    sys.exit(main())
