"""Follows until SIGTERM or Ctrl-C. Exit code 0: told to stop; 3: nothing is left to follow; 1: failed."""

from __future__ import annotations

from scp_events.runtime import ending

if __name__ == "__main__":
    ending.listen()  # before the rest is imported, which takes a second

import gc
import sys
import time
from contextlib import AbstractContextManager, nullcontext

from pydantic import ValidationError

from scp_events import event_log, follower
from scp_events.aggregates import ALL
from scp_events.database import DatabaseError, open_database
from scp_events.event_log import EventLog, UnsafeServerError
from scp_events.follower import OtherTablesError
from scp_events.ledger.sealing import sealing
from scp_events.privacy import open_keyring
from scp_projector.journal import configure, journal, raised_at
from scp_projector.settings import Settings

STOPPED, FAILED, REPLACED = 0, 1, 3
PATIENCE = 0.5


def main() -> int:
    """Follow, and return the exit code."""
    configure()
    try:
        return run(Settings())
    except ValidationError as error:
        wrong = (f"SCP_{'.'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in error.errors())
        journal.error("failed", reason="; ".join(wrong))
    except (DatabaseError, OtherTablesError, UnsafeServerError) as error:
        journal.error("failed", reason=str(error))
    except Exception as error:  # noqa: BLE001 - a traceback with its message must not reach the terminal
        journal.error("failed", error=type(error).__name__, raised_at=raised_at(error))
    return FAILED


def run(settings: Settings) -> int:
    """Connect the parts and follow until told to stop, or until every thread has ended by itself."""
    url = settings.database_url.get_secret_value() if settings.database_url else None
    with open_database(url, None if url else settings.home) as conninfo:
        event_log.prepare(conninfo)
        follower.prepare(conninfo, settings.projections)
        with (
            open_keyring(conninfo, named=settings.keyring, url=url, home=settings.home) as keyring,
            EventLog(conninfo, ALL, keyring=keyring, pool_size=2 * len(settings.projections)) as log,
            follower.following(log, settings.projections) as threads,
            _sealing(conninfo, settings),
            ending.in_order(),
        ):
            gc.freeze()  # what was made by now stays: the collector need not look at it again and again
            while not ending.told():
                time.sleep(PATIENCE)
                if not any(thread.is_alive() for thread in threads):
                    journal.error("ended", reason="nothing is left to follow: see above")
                    return REPLACED
    journal.info("ended", reason="told to stop")
    return STOPPED


def _sealing(conninfo: str, settings: Settings) -> AbstractContextManager[object]:
    """Seal the log beside everything else, where this program has the key for it."""
    if settings.key_file is None:
        journal.warning("not sealing", reason="set SCP_LEDGER_KEY to the file of the key this log signs with")
        return nullcontext()
    return sealing(conninfo, settings)


if __name__ == "__main__":
    sys.exit(main())
