"""What holds for every log, whatever happened to it: asked after every integration test."""

from __future__ import annotations

import json

import psycopg

from scp_events.aggregates import ALL, BY_CATEGORY
from scp_events.event_log import Codec
from scp_events.vocabulary import fold


def check_log(conninfo: str) -> int:
    """Verify the whole log and return how many events it holds."""
    with psycopg.connect(conninfo) as connection:
        rows = connection.execute(
            "SELECT position, stream_id, version, recorded_at, type, body, event_id, category, case_id,"
            " command_id, occurred_at, is_decision FROM event_log.events ORDER BY position",
        ).fetchall()
        head = connection.execute("SELECT position, recorded_at FROM event_log.head").fetchall()
        commands = connection.execute(
            "SELECT command_id, stream_id, first_position, last_version, event_count FROM event_log.commands",
        ).fetchall()
    _positions_are_dense_and_times_never_go_back(rows, head)
    _versions_are_dense_in_every_stream(rows)
    _copies_say_what_the_body_says(rows)
    _every_command_counted_once(rows, commands)
    _every_stream_can_be_folded(rows)
    return len(rows)


def _positions_are_dense_and_times_never_go_back(rows: list, head: list) -> None:
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    assert [row[3] for row in rows] == sorted(row[3] for row in rows)
    assert len(head) == 1
    assert head[0][0] == len(rows)


def _versions_are_dense_in_every_stream(rows: list) -> None:
    versions: dict = {}
    for row in rows:
        versions.setdefault(row[1], []).append(row[2])
    for stream, found in versions.items():
        assert found == list(range(1, len(found) + 1)), stream


def _copies_say_what_the_body_says(rows: list) -> None:
    for position, _, _, _, type_, body, event_id, _, case_id, command_id, _, is_decision in rows:
        said = json.loads(body)
        assert said["event"]["type"] == type_, position
        assert said["event_id"] == str(event_id), position
        assert said["case_id"] == (str(case_id) if case_id else None), position
        assert said["command_id"] == str(command_id), position
        assert ("decision" in said["event"]) == is_decision, position


def _every_command_counted_once(rows: list, commands: list) -> None:
    counted: dict = {}
    for row in rows:
        counted.setdefault(row[9], []).append(row)
    assert {command[0] for command in commands} == set(counted)
    for command_id, stream_id, first, last_version, count in commands:
        mine = counted[command_id]
        assert [row[0] for row in mine] == list(range(first, first + count))
        assert {row[1] for row in mine} == {stream_id}
        assert mine[-1][2] == last_version


def _every_stream_can_be_folded(rows: list) -> None:
    codec = Codec(ALL)
    histories: dict = {}
    for position, stream_id, _, _, type_, body, _, category, *_ in rows:
        envelope = codec.decode(type_, bytes(body), f"position {position}")
        histories.setdefault((category, stream_id), []).append(envelope.event)
    for (category, _), events in histories.items():
        fold(BY_CATEGORY[category], events)
