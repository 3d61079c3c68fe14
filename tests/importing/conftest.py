"""A log to import into, checked afterwards, and what records in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scp_events.event_log import BlockingCommandHandler, LogReader
from tests.check_log import check_log
from tests.opened import opened_handler, opened_reader


@pytest.fixture
def log(log_database: str) -> Iterator[LogReader]:
    with opened_reader(log_database) as opened:
        yield opened
    check_log(log_database)


@pytest.fixture
def handler(log_database: str) -> Iterator[BlockingCommandHandler]:
    with opened_handler(log_database) as opened:
        yield opened
