"""Runs the witness until SIGTERM or Ctrl-C. Exit codes: 0 told to stop, 1 failed, 2 cannot start."""

from __future__ import annotations

import socket
import sys
from datetime import UTC, datetime

from pydantic import ValidationError

from scp_events.ledger.key_files import KeyFileError
from scp_events.ledger.witness import promises
from scp_events.ledger.witness.cosigning import KnownLogs
from scp_events.ledger.witness.log_list import LogListError, parse_log_list
from scp_events.ledger.witness.promises import PromisesError
from scp_witness import server
from scp_witness.app import create_app
from scp_witness.desk import Desk
from scp_witness.journal import configure, journal
from scp_witness.settings import Settings

STOPPED, CANNOT_START = 0, 2


class CannotListenError(Exception):
    """The address is somebody else's, or none of this machine."""


def main() -> int:
    """Run one witness and return the exit code."""
    configure()
    try:
        settings = Settings()
        run(settings)
    except ValidationError as error:
        wrong = (f"SCP_{'.'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in error.errors())
        return _cannot_start("; ".join(wrong))
    except (KeyFileError, PromisesError, LogListError, CannotListenError) as error:
        return _cannot_start(str(error))
    return STOPPED


def run(settings: Settings) -> None:
    """Open what the witness has promised, and answer until told to stop."""
    logs = _known_logs(settings)
    with promises.opened(settings.directory) as (signer, promised), _listening(settings) as listening:
        app = create_app(Desk(signer, logs, promised, lambda: datetime.now(UTC)))
        host, port, *_ = listening.getsockname()
        journal.info("serving", host=host, port=port, logs=len(logs))
        server.serve(app, listening)
    journal.info("ended")


def _listening(settings: Settings) -> socket.socket:
    host, port = settings.witness_host, settings.witness_port
    try:
        return server.listen(host, port)
    except OSError as error:
        raise CannotListenError(f"nobody can listen on {host}, port {port}: {error.strerror}") from None


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


def _cannot_start(remedy: str) -> int:
    sys.stderr.write(f"scp_witness cannot start: {remedy}\n")
    return CANNOT_START


if __name__ == "__main__":
    sys.exit(main())
