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
from scp_events.event_log.rows import Row
from scp_events.history import AnyFact, effective, every_event, state_of
from scp_events.privacy import PartKey, marks_of
from scp_events.vocabulary import UTC_CALENDAR, Erased, FieldGroup, Stream, stored_type

MARKS = {stored_type(event): marks_of(event) for aggregate in ALL for event in every_event(aggregate)}


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
            " command_id, occurred_at, precision, is_decision FROM event_log.events ORDER BY position",
        ).fetchall()
        head = connection.execute("SELECT position, recorded_at FROM event_log.head").fetchall()
        commands = connection.execute(
            "SELECT command_id, first_position, event_count FROM event_log.commands",
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
    for position, _, _, recorded_at, type_, body, event_id, _, case_id, command_id, *copies in rows:
        said = json.loads(body)
        occurred_at = said["occurred_at"]
        assert said["event"]["type"] == type_, position
        assert said["event_id"] == str(event_id), position
        assert said["case_id"] == (str(case_id) if case_id else None), position
        assert said["command_id"] == str(command_id), position
        when = datetime.fromisoformat(occurred_at) if occurred_at else recorded_at
        assert copies == [when, said["precision"], "decision" in said["event"]], position


def _every_command_counted_once(rows: list, commands: list) -> None:
    counted: dict = {}
    for row in rows:
        counted.setdefault(row[9], []).append(row[0])
    assert {command: list(range(first, first + count)) for command, first, count in commands} == counted


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
    histories: dict[Stream, list[AnyFact]] = {}
    for position, stream_id, version, recorded_at, type_, body, _, category, *_ in rows:
        row = Row(position, stream_id, category, version, recorded_at, type_, bytes(body))
        histories.setdefault(row.stream, []).append(codec.fact(row, UTC_CALENDAR))
    for stream, facts in histories.items():
        state_of(BY_CATEGORY[stream.category], effective(facts))
