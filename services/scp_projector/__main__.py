"""`python -m scp_projector`: follows until told to stop. Exit code 3: nothing is left to follow."""

from __future__ import annotations

from scp_events.runtime import beginning, ending

if __name__ == "__main__":
    beginning.begin()  # before the rest is imported, which takes a second

import gc
import logging
import sys
import time

from scp_events import follower
from scp_events.follower import OtherTablesError
from scp_events.runtime import program
from scp_events.runtime.opening import CANNOT_OPEN, opened_log
from scp_events.runtime.program import ReplacedError
from scp_projector.settings import Settings

LOOK_SECONDS = 0.5


def main() -> int:
    """Follow, and return the exit code."""
    return program.run(
        serve, sys.argv[1:], cannot_work=(*CANNOT_OPEN, OtherTablesError), libraries=logging.ERROR
    )


def serve() -> None:
    """Open the log, and follow it until told to stop or until every thread has ended by itself."""
    settings = Settings()
    with opened_log(settings, pool_size=2 * len(settings.projections)) as log:
        follower.prepare(log.conninfo, settings.projections)
        with follower.following(log, settings.projections) as threads, ending.in_order():
            gc.freeze()  # what was made by now stays: the collector need not look at it again and again
            while not ending.told():
                time.sleep(LOOK_SECONDS)
                if not any(thread.is_alive() for thread in threads):
                    raise ReplacedError("nothing is left to follow: see above")


if __name__ == "__main__":
    sys.exit(main())
