from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from scp_events import follower
from scp_events.event_log import BlockingCommandHandler, LogReader
from scp_events.projections import ALL as PROJECTIONS
from tests.check_log import check_log
from tests.opened import opened_handler, opened_reader

Reading = Callable[[follower.Projection], Connection[Any]]


@pytest.fixture
def log(log_database: str) -> Iterator[LogReader]:
    follower.prepare(log_database, PROJECTIONS)
    with opened_reader(log_database) as log:
        yield log
    check_log(log_database)


@pytest.fixture
def handler(log: LogReader) -> Iterator[BlockingCommandHandler]:
    with opened_handler(log.conninfo) as handler:
        yield handler


@pytest.fixture
def reading(log: LogReader) -> Iterator[Reading]:
    """Yield a way to a projection that has caught up with the log: a connection to ask it on."""
    with psycopg.connect(log.conninfo) as connection:

        def caught_up(projection: follower.Projection) -> Connection[Any]:
            with follower.Follower(log, projection, span=5) as following:
                assert following.catch_up() == log.head()
            return connection

        yield caught_up
