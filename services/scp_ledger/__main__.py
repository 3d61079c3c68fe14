"""`python -m scp_ledger`: keeps the ledger until told to stop. Exit code 3: the log is not the newest."""

from __future__ import annotations

from scp_events.runtime import beginning, ending

if __name__ == "__main__":
    beginning.begin()  # before the rest is imported, which takes a second

import sys
import time
from concurrent.futures import ThreadPoolExecutor

from scp_events.ledger.log.keeping import EXPECTED, Keeper
from scp_events.ledger.log.startup import StaleLogError
from scp_events.runtime import program
from scp_events.runtime.opening import CANNOT_OPEN, opened_database
from scp_events.runtime.program import CannotWorkError
from scp_events.runtime.service_log import logger
from scp_ledger.settings import Settings

LOOK_SECONDS = 0.5


def main() -> int:
    """Keep the ledger, and return the exit code."""
    expected = tuple(each for each in EXPECTED if each is not StaleLogError)
    return program.run(serve, sys.argv[1:], cannot_work=(*CANNOT_OPEN, *expected), replaced=(StaleLogError,))


def serve() -> None:
    """Open the database, and keep its ledger until told to stop or until nothing more may be signed."""
    settings = Settings()
    if settings.key_file is None:
        raise CannotWorkError("set SCP_LEDGER_KEY to the file of the key this log signs with")
    with (
        opened_database(settings) as conninfo,
        ThreadPoolExecutor(1, "keeping the ledger") as threads,
        ending.in_order(),
    ):
        keeper = Keeper(conninfo, settings)
        kept = threads.submit(keeper.run)
        logger.info("following")
        while not (ending.told() or kept.done()):
            time.sleep(LOOK_SECONDS)
        keeper.stop()
        kept.result()


if __name__ == "__main__":
    sys.exit(main())
