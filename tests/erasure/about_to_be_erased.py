"""A case in whose every personal field stand words to be looked for, its erasure approved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from scp_events import erasure, event_log, follower
from scp_events.erasure import Certificate
from scp_events.event_log import BlockingCommandHandler, LogReader
from scp_events.projections import ALL as PROJECTIONS
from scp_events.vocabulary import CaseId
from tests.asking import Case
from tests.erasure.on_disk import Traces, traces_of
from tests.examples.record import APPROVE, REQUEST
from tests.opened import opened_handler, opened_reader
from tests.planting import plant
from tests.words import KEY_WORKER, SUPERVISOR

REFERENCE = "SC-2025-001"


@dataclass(frozen=True)
class AboutToBeErased:
    """A case, and where its traces are."""

    log: LogReader
    handler: BlockingCommandHandler
    home: Path
    case_id: CaseId
    traces: Traces

    @property
    def conninfo(self) -> str:
        """How to connect to its database."""
        return self.log.conninfo

    @property
    def data(self) -> Path:
        """The data directory of its server."""
        return self.home / "postgres"

    def erase(self, wait: float = 60.0) -> Certificate:
        """Carry the erasure out."""
        return erasure.carry_out(
            self.log,
            self.handler,
            self.case_id,
            PROJECTIONS,
            by=SUPERVISOR,
            wait=wait,
            data=self.data,
        )

    def left(self) -> list[str]:
        """Return what is found in the files below the home."""
        return self.traces.below(self.home)


@contextmanager
def planted_in(conninfo: str, home: Path, first: int) -> Iterator[AboutToBeErased]:
    """Yield a case with a few hundred texts, read models that hold some of them, and an approval."""
    event_log.prepare(conninfo)
    follower.prepare(conninfo, PROJECTIONS)
    with opened_reader(conninfo) as log, opened_handler(conninfo) as handler:
        planted = plant(log, handler, REFERENCE, first=first + 10_000)
        catch_up(log)
        with psycopg.connect(conninfo, autocommit=True) as connection:
            traces = traces_of(connection, planted, first)
        case = Case(handler, REFERENCE)
        case.ask(REQUEST, by=KEY_WORKER, purpose=erasure.PURPOSE)
        case.ask(APPROVE, by=SUPERVISOR, purpose=erasure.PURPOSE)
        yield AboutToBeErased(log, handler, home, planted.case_id, traces)


def catch_up(log: LogReader) -> None:
    """Have every projection take in what the log holds."""
    for projection in PROJECTIONS:
        with follower.Follower(log, projection) as following:
            following.catch_up()
