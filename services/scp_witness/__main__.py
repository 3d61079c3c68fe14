"""Runs the witness until SIGTERM or Ctrl-C. Exit codes: 0 told to stop, 1 failed, 2 cannot start."""

from __future__ import annotations

from scp_events.runtime import ending

if __name__ == "__main__":
    ending.listen()  # before the rest is imported, which takes a second

import sys
from datetime import UTC, datetime

from pydantic import ValidationError

from scp_events.ledger import promises
from scp_events.ledger.key_files import KeyFileError
from scp_events.ledger.log_list import LogListError, parse_log_list
from scp_events.ledger.promises import PromisesError
from scp_events.ledger.witness import KnownLogs
from scp_events.runtime.port import CannotListenError, Port
from scp_witness import server
from scp_witness.app import create_app
from scp_witness.desk import Desk
from scp_witness.journal import configure, journal
from scp_witness.settings import Settings

STOPPED, CANNOT_START = 0, 2


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
    host = settings.witness_host
    with Port(host, settings.witness_port, setting="SCP_WITNESS_PORT") as port:
        logs = _known_logs(settings)
        with promises.opened(settings.directory) as (signer, promised), ending.in_order():
            app = create_app(Desk(signer, logs, promised, lambda: datetime.now(UTC)))
            listening = port.open()
            journal.info("serving", host=host, port=port.number, logs=len(logs))
            server.serve(app, listening)
    journal.info("ended")


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
