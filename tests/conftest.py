"""What every test can ask for: a PostgreSQL server of the run, and databases of its own on it.

The server is an embedded one, shared by all xdist workers of a run, unless `SCP_TEST_DATABASE_URL` names
another (its user must be allowed to create databases).
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from scp_events.database import open_database
from tests import memory

pytest_plugins = ["tests.asked_again", "tests.kafka_fixtures"]
IN_MEMORY = "SCP_TEST_MEMORY"


def pytest_configure(config: pytest.Config) -> None:
    """Find the run a directory in memory, before the workers start: they inherit its name."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    stack = ExitStack()
    config.add_cleanup(stack.close)
    os.environ[IN_MEMORY] = str(stack.enter_context(memory.directory()) or "")


@pytest.fixture(scope="session", autouse=True)
def _keyring_of_the_run(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the keys of every database of this run in one file; each finds its own in it."""
    os.environ["SCP_KEYRING"] = str(directory_of_the_run(tmp_path_factory) / "keyring")


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield how to connect to the server of this run; the last worker stops it."""
    url = os.environ.get("SCP_TEST_DATABASE_URL")
    place = os.environ.get(IN_MEMORY) or directory_of_the_run(tmp_path_factory)
    home = None if url else Path(place) / "postgres"
    with open_database(url, home) as conninfo:
        yield conninfo


@pytest.fixture
def new_database(postgres_server: str) -> Iterator[str]:
    """Yield how to connect to a new, empty database."""
    with database(postgres_server) as conninfo:
        yield conninfo


@pytest.fixture(scope="session")
def log_template(postgres_server: str) -> Iterator[str]:
    """Yield the name of a database that holds an event log without events, to be copied."""
    from scp_events import event_log, privacy  # noqa: PLC0415  # only tests of the log pay for it

    def prepare(conninfo: str) -> None:
        event_log.prepare(conninfo)
        privacy.prepare(conninfo)

    with template(postgres_server, prepare) as name:
        yield name


@pytest.fixture
def log_database(postgres_server: str, log_template: str) -> Iterator[str]:
    """Yield how to connect to a database that holds an event log without events."""
    with database(postgres_server, log_template) as conninfo:
        yield conninfo


@contextmanager
def template(server: str, prepare: Callable[[str], None]) -> Iterator[str]:
    """Yield the name of a database that `prepare` has filled. No copies while one is connected to it."""
    with database(server) as conninfo:
        prepare(conninfo)
        yield str(conninfo_to_dict(conninfo)["dbname"])


@contextmanager
def database(server: str, copy_of: str = "template1") -> Iterator[str]:
    """Make a database, yield how to connect to it, and drop it even if somebody is still connected."""
    name = f"scp_test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(copy_of))
        )
    try:
        yield make_conninfo(server, dbname=name)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def directory_of_the_run(factory: pytest.TempPathFactory) -> Path:
    """Return a directory that all xdist workers of this run share, and no other run."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
