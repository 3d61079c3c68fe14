from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from scp_events.runtime import service_log

CANARY = "Zwetschgenmus"


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    # Whoever used a library in this process before may have silenced it.
    pool = logging.getLogger("psycopg.pool")
    pool.disabled, pool.propagate = False, True
    pool.setLevel(logging.NOTSET)
    logging.getLogger("psycopg").setLevel(logging.NOTSET)
    yield
    structlog.reset_defaults()
    logging.basicConfig(handlers=handlers, level=level, force=True)


def test_only_fields_on_the_list_are_written_down(capsys: pytest.CaptureFixture[str]) -> None:
    service_log.configure()
    service_log.logger.info("published", position=4, name=CANARY)
    said = json.loads(capsys.readouterr().err)
    assert set(said) == {"event", "level", "timestamp", "position"}


def test_of_what_a_library_says_the_template_is_written_without_the_values(
    capsys: pytest.CaptureFixture[str],
) -> None:
    service_log.configure()
    logging.getLogger("psycopg.pool").warning("error connecting: %s", CANARY)
    logging.getLogger("some.library").error(CANARY)
    try:
        int(CANARY)
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    written = capsys.readouterr().err
    assert CANARY not in written
    connecting, unknown, failed = map(json.loads, written.splitlines())
    assert (connecting["event"], connecting["logger"]) == ("error connecting: %s", "psycopg.pool")
    assert (connecting["level"], unknown["level"]) == ("warning", "error")
    assert unknown["event"] == "a library's message"
    assert failed["error"] == "ValueError"


def test_a_library_that_talks_too_much_can_be_told_to_say_errors_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    service_log.configure(libraries=logging.ERROR)
    logging.getLogger("kafka").warning("%s: reconnecting", "node")
    logging.getLogger("kafka").error("%s: broken", "node")
    (said,) = map(json.loads, capsys.readouterr().err.splitlines())
    assert said["event"] == "%s: broken"


def test_where_an_error_was_raised_is_said_without_its_message() -> None:
    try:
        int(CANARY)
    except ValueError as error:
        said = service_log.raised_at(error)
    assert said.startswith("test_service_log.py:")
    assert CANARY not in said
