"""What must be true at the end: of the log, of every answer, and of what every reader saw."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from tests.event_log.oracle.journal import lines
from tests.event_log.oracle.plan import Plan
from tests.event_log.oracle.questions import EXCLUDED, FAULTS, KEPT, Question, body

NOT_RECORDED = frozenset({"LogUnwritableError", "BusyError", "ClosedError", *FAULTS.values()})
"""Whoever hears one of these knows that this time nothing was recorded."""
ACKNOWLEDGED = KEPT | {"repeated"}
"""Whoever hears one of these knows that it is in the log."""
DECIDED = "tally"
"""The kind of stream whose commands `judge_decisions` looks at."""
UNKNOWN = frozenset({"LogUnreachableError"})
"""Whoever hears one of these does not know."""


class Broken(NamedTuple):
    """A law that does not hold, and where."""

    law: str
    said: str


class Event(NamedTuple):
    """A row of the log."""

    position: int
    stream: str
    version: int
    recorded_at: datetime
    event_id: str
    command: str
    case: str | None
    body: bytes
    category: str
    type: str


@dataclass(frozen=True)
class Asked:
    """A question, and what was answered: None where nobody lived to hear it."""

    number: str
    at: int
    wall: int
    """As `at`, by the clock on the wall, in microseconds: the server's clock is the same."""
    question: Question
    answer: dict[str, Any] | None

    @property
    def command(self) -> str:
        """Return the command's id as the log is read."""
        return self.question.command.hex

    @property
    def outcome(self) -> str:
        """Return what was answered, in a word."""
        if self.answer is None:
            return "unanswered"
        return str(self.answer.get("outcome") or self.answer["error"])

    def __str__(self) -> str:
        return f"{self.number} of command {self.command}, answered {self.outcome}"


@dataclass
class Log:
    """What the log holds at the end."""

    events: list[Event]
    commands: dict[str, tuple[str, int, int]]
    """Fingerprint, first position and count of each."""
    head: tuple[int, datetime]
    by_command: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    by_stream: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    by_event_id: dict[str, Event] = field(default_factory=dict)
    by_case: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for event in self.events:
            self.by_command[event.command].append(event)
            self.by_stream[event.stream].append(event)
            self.by_event_id[event.event_id] = event
            if event.case:
                self.by_case[event.case].append(event)

    @classmethod
    def of(cls, conninfo: str) -> Log:
        """Read it."""
        with psycopg.connect(conninfo) as connection:
            events = connection.execute(
                "SELECT position, stream_id, version, recorded_at, event_id, command_id, case_id, body,"
                " category, type FROM event_log.events ORDER BY position, stream_id, version"
            ).fetchall()
            commands = connection.execute(
                "SELECT command_id, fingerprint, first_position, event_count FROM event_log.commands"
            ).fetchall()
            heads = connection.execute("SELECT position, recorded_at FROM event_log.head").fetchall()
        return cls(
            [
                Event(p, s.hex, v, r, e.hex, c.hex, k.hex if k else None, bytes(b), g, t)
                for p, s, v, r, e, c, k, b, g, t in events
            ],
            {c.hex: (bytes(f).decode(errors="replace"), p, n) for c, f, p, n in commands},
            heads[0],
        )


def asked_of(plan: Plan, writers: Iterable[str]) -> tuple[list[Asked], list[dict[str, Any]]]:
    """Return what was asked and answered, and what was looked up."""
    asked: list[Asked] = []
    looks: list[dict[str, Any]] = []
    for name in writers:
        questions: dict[str, dict[str, Any]] = {}
        answers: dict[str, dict[str, Any]] = {}
        for line in lines(plan.journal(name)):
            {"ask": questions, "answer": answers}.get(line["k"], {})[line.get("n", "")] = line
            if line["k"] == "look":
                looks.append(line)
        asked += [
            Asked(n, line["at"], line["wall"], Question.of(line), answers.get(n))
            for n, line in questions.items()
        ]
    return asked, looks


class Known:
    """What could be known when: from when each command was asked, and each position acknowledged."""

    def __init__(self, asked: Iterable[tuple[str, int]], answers: Iterable[dict[str, Any]]) -> None:
        self.first_asked: dict[str, int] = {}
        for command, at in asked:
            self.first_asked[command] = min(at, self.first_asked.get(command, at))
        acknowledged = sorted(
            (answer["at"], answer["first"] + answer["count"] - 1)
            for answer in answers
            if answer.get("outcome") in ACKNOWLEDGED and answer["first"]
        )
        self._at = [at for at, _ in acknowledged]
        self._last = list(accumulate((position for _, position in acknowledged), max))

    def last_position(self, at: int) -> int:
        """Return the last position that anybody had been told by then."""
        place = bisect_right(self._at, at)
        return self._last[place - 1] if place else 0

    def window(self, events: Sequence[Event], since: int, until: int) -> range:
        """Return the versions at which a stream can have stood at some time between two."""
        lowest = bisect_right(events, self.last_position(since), key=lambda event: event.position)
        highest = lowest
        while highest < len(events) and self.first_asked.get(events[highest].command, until) < until:
            highest += 1
        return range(lowest, highest + 1)


class Judge:
    """Compares what was said with what there is."""

    def __init__(
        self, log: Log, asked: Sequence[Asked], looks: Sequence[dict[str, Any]], known: Known
    ) -> None:
        self.log = log
        self.asked = asked
        self.looks = looks
        self._known = known
        self._of_command: dict[str, list[Asked]] = defaultdict(list)
        for each in asked:
            self._of_command[each.command].append(each)

    def broken(self) -> Iterator[Broken]:
        """Yield what does not hold."""
        yield from self._of_the_log()
        yield from self._of_appends()
        for each in self.asked:
            if each.answer is not None:
                for said in self._of_answer(each, each.answer):
                    yield Broken("answers-true", f"{each}: {said}")
        for look in self.looks:
            if not look["seen"]:
                said = f"position {look['first']} was acknowledged ({look['outcome']}) and not there"
                yield Broken("readable-at-once", said)

    # --- the log --------------------------------------------------------------------------------------------

    def _of_the_log(self) -> Iterator[Broken]:
        positions = [event.position for event in self.log.events]
        if positions != list(range(1, len(positions) + 1)):
            gap = next((n for n, p in enumerate(positions, start=1) if n != p), len(positions))
            yield Broken("positions-dense", f"position {gap} is not where it should be")
        times = [event.recorded_at for event in self.log.events]
        if times != sorted(times):
            yield Broken("times-in-order", "an event was recorded before the one in front of it")
        if self.log.head[0] != len(positions) or (times and self.log.head[1] < times[-1]):
            yield Broken("head-is-last", f"the head says {self.log.head[0]} of {len(positions)} events")
        for stream, events in self.log.by_stream.items():
            if [event.version for event in events] != list(range(1, len(events) + 1)):
                yield Broken("versions-dense", f"stream {stream}: {[event.version for event in events]}")
        if len(self.log.by_event_id) != len(positions):
            yield Broken("once", "an event id is there twice")

    def _of_appends(self) -> Iterator[Broken]:
        """Every append is there as it was asked, in one piece, or not at all."""
        if set(self.log.commands) != set(self.log.by_command):
            yield Broken("appends-whole", "commands and their events do not match")
        for command, events in self.log.by_command.items():
            if events[0].category == DECIDED:
                continue
            places = [(event.stream, event.version, event.body) for event in events]
            wanted = [
                [(stream.hex, version, body(event)) for stream, version, event in each.question.events]
                for each in self._of_command[command]
            ]
            if places not in wanted:
                yield Broken("appends-whole", f"command {command} is there as {places}")
            first = events[0].position
            if [event.position for event in events] != list(range(first, first + len(events))):
                yield Broken("appends-whole", f"command {command} is not in one piece")
            is_listed = any(each.question.library for each in self._of_command[command])
            if not is_listed and any(event.body != body(UUID(event.event_id)) for event in events):
                yield Broken("appends-whole", f"command {command} holds something else")

    # --- the answers ----------------------------------------------------------------------------------------

    def _of_answer(self, asked: Asked, answer: dict[str, Any]) -> Iterator[str]:
        yield from self._as_expected(asked.question, answer)
        if "error" in answer:
            yield from self._of_error(asked, answer)
            return
        match answer["outcome"]:
            case "recorded" | "already" | "listed":
                yield from self._of_kept(asked, answer)
            case "reused":
                kept = self.log.commands.get(asked.command)
                if kept is None or kept[0] == asked.question.fingerprint:
                    yield "no other command has this id"
            case "conflict":
                yield from self._of_conflict(asked, answer)
            case "evidence-moved":
                yield from self._of_evidence(asked, answer)

    @staticmethod
    def _as_expected(question: Question, answer: dict[str, Any]) -> Iterator[str]:
        """Say where an answer is not what its asker knew to be true; what is recorded may be so already."""
        if question.expects is None or answer.get("error") in (UNKNOWN | NOT_RECORDED) - set(FAULTS.values()):
            return
        for name, expected in question.expects.items():
            said = answer.get(name)
            kept = name == "outcome" and expected in KEPT and said in KEPT
            if said != expected and not kept:
                yield f"{name} should be {expected} and is {said}"

    def _of_error(self, asked: Asked, answer: dict[str, Any]) -> Iterator[str]:
        error = answer["error"]
        if error == "EventIdTakenError":
            holder = self.log.by_event_id.get(answer["event_id"])
            if holder is None or holder.command == asked.command:
                yield f"event id {answer['event_id']} is not taken"
        elif error in FAULTS.values() and not asked.question.fault:
            yield f"nobody should hear that: {answer['said']}"
        elif error in NOT_RECORDED:
            if not self._somebody_else_recorded(asked.command):
                yield "it was recorded"
        elif error not in UNKNOWN:
            yield f"nobody should hear that: {answer['said']}"

    def _somebody_else_recorded(self, command: str) -> bool:
        """Whether a command that is there can come from somebody who was not told that nothing was recorded.

        It was asked before it was recorded, so whoever asked later cannot have been the one.
        """
        events = self.log.by_command.get(command)
        if not events:
            return True
        at = events[0].recorded_at.timestamp() * 1_000_000
        return any(
            other.outcome not in NOT_RECORDED and other.wall <= at for other in self._of_command[command]
        )

    def _of_kept(self, asked: Asked, answer: dict[str, Any]) -> Iterator[str]:
        events = self.log.by_command.get(asked.command)
        if not events:
            yield "it is not in the log"
            return
        fingerprint, first, count = self.log.commands.get(asked.command, ("", 0, 0))
        if not asked.question.library and fingerprint != asked.question.fingerprint:
            yield "another command has this id"
        told = (answer["first"], answer["count"])
        if told != (first, count) or events[0].position != first:
            yield f"told {told}, kept {(first, count)}, found at {events[0].position}"
        if answer["outcome"] == "recorded":
            yield from self._of_recorded(asked, answer, events)

    def _of_recorded(self, asked: Asked, answer: dict[str, Any], events: Sequence[Event]) -> Iterator[str]:
        if datetime.fromisoformat(answer["recorded_at"]) != events[0].recorded_at:
            yield f"told {answer['recorded_at']}, recorded at {events[0].recorded_at}"
        others = [other for other in self._of_command[asked.command] if other.outcome == "recorded"]
        if len(others) > 1:
            yield f"recorded {len(others)} times"
        if self._known.last_position(asked.at) >= answer["first"]:
            yield "it came before something that was acknowledged before it was asked"
        through, case = asked.question.through, asked.question.case
        if through is not None and case is not None:
            between = [
                e
                for e in self.log.by_case[case.hex]
                if e.type == EXCLUDED and through < e.position < answer["first"]
            ]
            if between:
                yield f"the case had moved on to position {between[0].position} by then"

    def _of_conflict(self, asked: Asked, answer: dict[str, Any]) -> Iterator[str]:
        """One of the streams stood elsewhere than expected, at some time between question and answer."""
        expected: dict[str, int] = {}
        for stream, version, _ in asked.question.events:
            expected.setdefault(stream.hex, version - 1)
        stood = {
            stream: self._known.window(self.log.by_stream.get(stream, []), asked.at, answer["at"])
            for stream in expected
        }
        if all([*stood[stream]] == [wanted] for stream, wanted in expected.items()):
            yield f"every stream stood where it was expected ({expected})"
        kept = self.log.commands.get(asked.command)
        if kept and kept[0] == asked.question.fingerprint and self._was_acknowledged(asked):
            yield "it was recorded itself"

    def _was_acknowledged(self, asked: Asked) -> bool:
        """Whether somebody had been told that a command was recorded before it was asked again."""
        return self._known.last_position(asked.at) >= self.log.by_command[asked.command][0].position

    def _of_evidence(self, asked: Asked, answer: dict[str, Any]) -> Iterator[str]:
        case, through = asked.question.case, asked.question.through
        later = [] if case is None or through is None else self.log.by_case[case.hex]
        if not any(
            e.type == EXCLUDED
            and e.position > (through or 0)
            and self._known.first_asked.get(e.command, 0) < answer["at"]
            for e in later
        ):
            yield "the case had not moved on"


def broken_by_reader(log: Log, name: str, seen: Iterable[Sequence[Any]]) -> Iterator[Broken]:
    """Yield where a reader did not see every position once, in order, as it is."""
    expected = [(event.position, event.stream, event.version) for event in log.events]
    told = [(position, stream, version) for position, stream, version in seen]
    if told == expected:
        return
    place = next((n for n, (a, b) in enumerate(zip(told, expected, strict=False)) if a != b), None)
    if place is None:
        yield Broken("readers-saw-all", f"{name} saw {len(told)} of {len(expected)} events")
    else:
        yield Broken("readers-saw-all", f"{name} saw {told[place]} where {expected[place]} is")
