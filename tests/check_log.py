"""What holds for every log, whatever happened to it: asked after every integration test."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import namedtuple_row

from scp_events.aggregates import ALL, BY_CATEGORY
from scp_events.event_log import Codec
from scp_events.event_log.rows import COLUMNS, Row
from scp_events.history import effective, every_event, state_of
from scp_events.privacy import PartKey, marks_of
from scp_events.vocabulary import Calendar, Erased, FieldGroup, stored_type

MARKS = {stored_type(event): marks_of(event) for aggregate in ALL for event in every_event(aggregate)}


class NobodysKeys:
    """What a keyring is once everybody's keys are destroyed."""

    def to_encrypt(self, _subject: UUID, _group: FieldGroup) -> PartKey | Erased:
        raise AssertionError("nothing is written here")

    def to_open(self, key_id: str) -> PartKey | Erased:
        return Erased(key_id=UUID(key_id), at=datetime(2099, 1, 1, tzinfo=UTC))

    def foresee(self, _key_ids: Collection[str]) -> None:
        pass

    def unforeseen(self, _key_ids: Collection[str]) -> list[str]:
        return []


def check_log(conninfo: str) -> int:
    """Verify the whole log and return how many events it holds."""
    with psycopg.connect(conninfo, row_factory=namedtuple_row) as connection:
        rows = connection.execute("SELECT * FROM event_log.events ORDER BY position").fetchall()
        [head] = connection.execute("SELECT * FROM event_log.head").fetchall()
        commands = connection.execute("SELECT * FROM event_log.commands").fetchall()
        [installation] = connection.execute("SELECT * FROM event_log.installation").fetchall()
    _positions_are_dense_and_times_never_go_back(rows, head)
    _versions_are_dense_in_every_stream(rows)
    _a_stream_belongs_to_one_case(rows)
    for row in rows:
        _copies_say_what_the_body_says(row)
        _nothing_personal_stands_in_the_clear(row)
    _every_command_is_counted_once(rows, commands)
    _every_stream_can_be_folded_though_everything_is_erased(rows, Calendar(ZoneInfo(installation.time_zone)))
    return len(rows)


def _positions_are_dense_and_times_never_go_back(rows: list[Any], head: Any) -> None:
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    assert all(row.recorded_at <= later.recorded_at for row, later in pairwise(rows))
    assert head.position == len(rows)
    assert not rows or head.recorded_at >= rows[-1].recorded_at


def _versions_are_dense_in_every_stream(rows: list[Any]) -> None:
    versions: dict[UUID, list[int]] = defaultdict(list)
    for row in rows:
        versions[row.stream_id].append(row.version)
    for stream, found in versions.items():
        assert found == list(range(1, len(found) + 1)), stream


def _a_stream_belongs_to_one_case(rows: list[Any]) -> None:
    of: dict[UUID, tuple[str, UUID | None]] = {}
    for row in rows:
        assert of.setdefault(row.stream_id, (row.category, row.case_id)) == (row.category, row.case_id)


def _copies_say_what_the_body_says(row: Any) -> None:
    said = json.loads(row.body)
    assert said["event"]["type"] == row.type, row.position
    assert said["event_id"] == str(row.event_id), row.position
    assert said["case_id"] == (str(row.case_id) if row.case_id else None), row.position
    assert said["command_id"] == str(row.command_id), row.position
    assert said["precision"] == row.precision, row.position
    assert ("decision" in said["event"]) == row.is_decision, row.position
    occurred_at = datetime.fromisoformat(said["occurred_at"]) if said["occurred_at"] else row.recorded_at
    assert occurred_at == row.occurred_at, row.position


def _every_command_is_counted_once(rows: list[Any], commands: list[Any]) -> None:
    of: dict[UUID, list[int]] = defaultdict(list)
    for row in rows:
        of[row.command_id].append(row.position)
    assert of == {
        command.command_id: [*range(command.first_position, command.first_position + command.event_count)]
        for command in commands
    }


def _nothing_personal_stands_in_the_clear(row: Any) -> None:
    said = json.loads(row.body)
    assert bool(said.get("encrypted")) != ("salt" in said), row.position
    for mark in MARKS[row.type]:
        assert [*_at(said["event"], mark.path)] == [], (row.position, mark.path)


def _at(said: Any, path: tuple[str, ...]) -> Iterator[object]:
    """Yield what stands at a path, `*` being every member of a list."""
    if not path:
        yield said
    elif isinstance(said, list):
        for each in said:
            yield from _at(each, path[1:])
    elif path[0] in (said or {}):
        yield from _at(said[path[0]], path[1:])


def _every_stream_can_be_folded_though_everything_is_erased(rows: list[Any], calendar: Calendar) -> None:
    codec = Codec(ALL, NobodysKeys())
    histories = defaultdict(list)
    for row in rows:
        stored = Row(*(getattr(row, name) for name in COLUMNS.split(", ")))
        histories[stored.stream].append(codec.recorded(stored, calendar).fact)
    for stream, facts in histories.items():
        state_of(BY_CATEGORY[stream.category], effective(facts))
