"""A server of our own whose files may be looked at, and a case on it that is about to be erased."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.conftest import database
from tests.erasure.about_to_be_erased import AboutToBeErased, planted_in
from tests.own_server import OwnServer, own_server

NUMBERS = count(100_000, 100_000)
SETTINGS = "max_prepared_transactions = 5\nautovacuum = off"


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    with own_server(SETTINGS) as server:
        yield server


@pytest.fixture
def home(server: OwnServer) -> Path:
    return server.home


@pytest.fixture
def case(server: OwnServer) -> Iterator[AboutToBeErased]:
    with database(server.conninfo) as conninfo, planted_in(conninfo, server.home, next(NUMBERS)) as case:
        yield case
