"""A ledger over a log without events, and a desk that works with a log of one case."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from tests.ledger.filled import connected
from tests.services.cli_case import write_case
from tests.services.desk import Desk


@pytest.fixture
def connection(log_database: str) -> Iterator[Connection[Any]]:
    with connected(log_database) as connection:
        yield connection


@pytest.fixture
def desk(log_database: str, tmp_path: Path) -> Desk:
    write_case(log_database)
    return Desk(log_database, tmp_path)
