from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from scp_events import follower
from scp_events.event_log import EventLog
from scp_events.projections import ALL as PROJECTIONS
from tests.check_log import check_log
from tests.opened import opened_log

Reading = Callable[[follower.Projection], Connection[Any]]


@pytest.fixture
def log(log_database: str) -> Iterator[EventLog]:
    follower.prepare(log_database, PROJECTIONS)
    with opened_log(log_database, pool_size=4) as log:
        yield log
    check_log(log_database)


@pytest.fixture
def reading(log: EventLog) -> Iterator[Reading]:
    """Yield a way to a projection that has caught up with the log: a connection to ask it on."""
    with psycopg.connect(log.conninfo) as connection:

        def caught_up(projection: follower.Projection) -> Connection[Any]:
            with follower.Follower(log, projection, span=5) as following:
                assert following.catch_up() == log.head()
            return connection

        yield caught_up
