"""What tests of the ledger ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import Connection


@pytest.fixture
def connection(log_database: str) -> Iterator[Connection[Any]]:
    """Yield a connection to a database that holds an event log without events."""
    with psycopg.connect(log_database, autocommit=True) as connection:
        yield connection
