from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import database
from tests.measures.telling import Teller, Year, opened_teller
from tests.projections.conftest import handler, log, reading

__all__ = ["handler", "log", "reading"]


@pytest.fixture(scope="session")
def teller(postgres_server: str, log_template: str) -> Iterator[Teller]:
    """Yield a log that tests tell things to, each of years of its own."""
    with database(postgres_server, log_template) as conninfo, opened_teller(conninfo) as teller:
        yield teller


@pytest.fixture
def year(teller: Teller) -> Year:
    """Return a year that nobody has told of."""
    return teller.year()
