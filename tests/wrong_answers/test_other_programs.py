"""What another program or another clock did to the log is told, and the rest goes on."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.waiting import until
from tests.wrong_answers.asking import Place, served

pytestmark = pytest.mark.once  # the doors are opened from the wheel in tests of services


@pytest.fixture(scope="module")
def ruined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Serve an installation that nobody else asks."""
    with served(tmp_path_factory.mktemp("ruined")) as here:
        yield here


def test_an_event_of_a_newer_program_is_told_as_that_and_other_cases_are_served(ruined: Place) -> None:
    case, other = ruined.engaged(ruined.reference()), ruined.engaged(ruined.reference())
    found = ruined.history(case)
    stream = next(s["stream_id"] for s in found["streams"] if s["category"] == "engagement")
    with own_database(ruined) as log:
        log.execute(NEWER, [stream])
    assert ruined.worker.get(f"{other}/history").ok
    answer = ruined.worker.get(f"{case}/history")
    assert answer.status == 503
    assert "newer" in answer.text


def test_somebody_is_told_of_a_clock_that_is_far_from_the_last_entry(ruined: Place) -> None:
    case = ruined.engaged(ruined.reference())
    with own_database(ruined) as log:
        [before] = log.execute("SELECT recorded_at FROM event_log.head").fetchone() or [None]
        log.execute("UPDATE event_log.head SET recorded_at = now() + interval '8 minutes'")
        try:
            answer = ruined.contact(case, "2025-03-09T12:00:00Z")
            if answer.ok:
                until(lambda: "clock" in ruined.journal.read_text(), "somebody is told of the clock")
        finally:
            log.execute("UPDATE event_log.head SET recorded_at = %s", [before])


def own_database(ruined: Place) -> psycopg.Connection[tuple[object, ...]]:
    """Return a connection with all rights, which no program of ours has."""
    return psycopg.connect(
        host=str(ruined.home / "socket"),
        user="scp",
        dbname="scp",
        passfile=str(ruined.home / "passfile"),
        autocommit=True,
    )


NEWER = """
    WITH next AS (UPDATE event_log.head SET position = position + 1 RETURNING position, recorded_at),
    made AS (
        SELECT (e).* FROM (
            SELECT e FROM event_log.events e WHERE e.stream_id = %s ORDER BY version DESC LIMIT 1
        ) last
    )
    INSERT INTO event_log.events
    SELECT (jsonb_populate_record(NULL::event_log.events,
        to_jsonb(made) || jsonb_build_object(
            'position', next.position, 'version', made.version + 1, 'event_id', gen_random_uuid(),
            'command_id', gen_random_uuid(), 'type', 'engagement.of-a-newer-program'))).*
    FROM next, made
"""
