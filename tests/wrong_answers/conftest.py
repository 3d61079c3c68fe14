"""One served installation for the tests of a worker; every test has cases of its own in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.wrong_answers.asking import Place, served


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Serve an installation whose days are those of UTC."""
    with served(tmp_path_factory.mktemp("utc")) as here:
        yield here


@pytest.fixture(scope="session")
def island(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Serve an installation whose days end four hours after those of UTC."""
    with served(tmp_path_factory.mktemp("antigua"), "America/Antigua") as here:
        yield here
