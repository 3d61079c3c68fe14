"""What holds for every log, whatever happened to it: asked after every integration test."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg

from scp_events.aggregates import ALL, BY_CATEGORY
from scp_events.event_log import Codec
from scp_events.privacy import PartKey, marks_of
from scp_events.vocabulary import Erased, FieldGroup, Stream, fold, stored_type

MARKS = {stored_type(event): marks_of(event) for aggregate in ALL for event in aggregate.EVENTS}


class NobodysKeys:
    """What a keyring is once everybody's keys are destroyed."""

    def to_encrypt(self, _subject: UUID, _group: FieldGroup) -> PartKey | Erased:
        raise AssertionError("nothing is written here")

    def to_open(self, key_id: str) -> PartKey | Erased:
        return Erased(key_id=UUID(key_id), at=datetime(2099, 1, 1, tzinfo=UTC))

    def foresee(self, key_ids: Collection[str]) -> None:
        pass


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
    _nothing_personal_stands_in_the_clear(rows)
    _every_stream_can_be_folded_though_everything_is_erased(rows)
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


def _nothing_personal_stands_in_the_clear(rows: list) -> None:
    for position, _, _, _, type_, body, *_ in rows:
        said = json.loads(body)
        assert bool(said.get("encrypted")) != ("salt" in said), position
        for mark in MARKS[type_]:
            assert [*_at(said["event"], mark.path)] == [], (position, mark.path)


def _at(said: Any, path: tuple[str, ...]) -> Iterator[object]:
    """Yield what stands at a path, `*` being every member of a list."""
    if not path:
        yield said
    elif isinstance(said, list):
        for each in said:
            yield from _at(each, path[1:])
    elif path[0] in (said or {}):
        yield from _at(said[path[0]], path[1:])


def _every_stream_can_be_folded_though_everything_is_erased(rows: list) -> None:
    codec = Codec(ALL, NobodysKeys())
    histories: dict = {}
    for position, stream_id, version, _, type_, body, _, category, *_ in rows:
        stream = Stream(category, stream_id)
        envelope = codec.decode(type_, bytes(body), stream, version, f"position {position}")
        histories.setdefault((category, stream_id), []).append(envelope.event)
    for (category, _), events in histories.items():
        fold(BY_CATEGORY[category], events)
