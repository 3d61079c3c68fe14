"""The server functions, compared with a model of them that is too simple to be wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scp_events.database.connection import Connection
from scp_events.event_log.appends import Answer, Append, Condition
from scp_events.event_log.calls import SEVERAL, STATEMENTS, arguments_of
from scp_events.event_log.connecting import connect
from scp_events.event_log.roles import WRITER
from tests.conftest import database
from tests.event_log.appending import append, event
from tests.event_log.from_outside import FromOutside

EXAMPLES = 100
STREAMS, COMMANDS = 4, 4
TYPES = ("invented.happened", "invented.changed", "other.happened")


@dataclass
class Model:
    """Appends, one after the other."""

    position: int
    versions: dict[UUID, int] = field(default_factory=dict)
    events: list[tuple[int, UUID, str]] = field(default_factory=list)
    """Position, case or stream of none, and type of each."""
    commands: dict[UUID, tuple[bytes, int]] = field(default_factory=dict)

    def answer(self, asked: Append) -> tuple[str, int]:
        """Return outcome and first position; a position says something where something was recorded."""
        if asked.command_id in self.commands:
            fingerprint, first = self.commands[asked.command_id]
            return ("already" if fingerprint == asked.fingerprint else "reused", first)
        wanted: dict[UUID, int] = {}
        for each in asked.events:
            wanted.setdefault(each.stream.id, each.version - 1)
        if any(
            self.versions.get(stream, min(expected, 0)) != expected for stream, expected in wanted.items()
        ):
            return ("conflict", 0)
        if asked.condition is not None and self._has_come(asked.condition):
            return ("evidence-moved", 0)
        return self._record(asked)

    def _has_come(self, condition: Condition) -> bool:
        return any(
            position > condition.since and about in condition.about and type_ in condition.types
            for position, about, type_ in self.events
        )

    def _record(self, asked: Append) -> tuple[str, int]:
        first = self.position + 1
        for each in asked.events:
            self.position += 1
            self.versions[each.stream.id] = each.version
            self.events.append((self.position, each.case_id or each.stream.id, each.type))
        self.commands[asked.command_id] = (asked.fingerprint, first)
        return ("recorded", first)


@dataclass(frozen=True)
class Names:
    """The few things that the appends of one example are about. Two streams are of one case, one of none."""

    streams: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(STREAMS)])
    cases: list[UUID] = field(default_factory=lambda: [uuid4(), uuid4()])
    commands: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(COMMANDS)])

    def case_of(self, stream: int) -> UUID | None:
        """Return whose case the n-th stream belongs to."""
        return [self.cases[0], self.cases[0], self.cases[1], None][stream]

    @property
    def subjects(self) -> list[UUID]:
        """Return what an append can be about: two cases, and the stream of none."""
        return [*self.cases, self.streams[3]]


def one(streams: int, events: int) -> st.SearchStrategy[dict]:
    """Draw an append for at most so many streams, of at most so many events each."""
    return st.fixed_dictionaries(
        {
            "command": st.none() | st.integers(0, COMMANDS - 1),
            "fingerprint": st.sampled_from([b"asked", b"asked", b"other"]),
            "parts": st.lists(
                st.tuples(
                    st.integers(0, STREAMS - 1), st.sampled_from([0, 0, 0, -1, 1]), st.integers(1, events)
                ),
                min_size=1,
                max_size=streams,
                unique_by=lambda part: part[0],
            ),
            "from_zero": st.booleans(),
            "mixed": st.booleans(),
            "type": st.sampled_from(TYPES),
            "excluded": st.sampled_from([None, TYPES[:1], TYPES[:2], TYPES[2:]]),
            "about": st.sampled_from([(0,), (0,), (1,), (0, 1), (2,), (1, 2)]),
            "since": st.sampled_from([0, 0, -1, -2, -100]),
        }
    )


LONE = st.lists(one(streams=1, events=1), min_size=1, max_size=1)
"""A call of one append of one event, for which the server has a function of its own."""
CALLS = st.lists(LONE | st.lists(one(STREAMS, 3), min_size=1, max_size=5), min_size=1, max_size=8)


class Asking(FromOutside):
    """Sends calls to a server."""

    def answers(self, appends: list[Append]) -> list[Answer]:
        """Return what the server says to one call."""
        return [answer for answer in self.send(appends) if isinstance(answer, Answer)]

    def head(self) -> int:
        """Return the last position; asking takes one."""
        return self.append(append(event(uuid4(), 1))).first_position


@pytest.fixture(scope="module")
def asking(postgres_server: str, log_template: str) -> Iterator[Asking]:
    with database(postgres_server, log_template) as conninfo:
        asking = Asking(conninfo)
        yield asking
        asking.close()


def appends_of(call: list[dict], model: Model, names: Names) -> list[Append]:
    """Return what a drawn call asks: mostly what fits. Nothing is touched by two appends of one call."""
    found: list[Append] = []
    touched: set[UUID] = set()
    for drawn in call:
        drawn_append = _append(drawn, model, names)
        if touched.isdisjoint(drawn_append.touches):
            touched |= drawn_append.touches
            found.append(drawn_append)
    return found


def _append(drawn: dict, model: Model, names: Names) -> Append:
    events = []
    for number, off, count in drawn["parts"]:
        stream = names.streams[number]
        after = max(model.versions.get(stream, -1 if drawn["from_zero"] else 0) + off, -1)
        events += [
            event(stream, after + n, case_id=names.case_of(number), type=drawn["type"])
            for n in range(1, count + 1)
        ]
    if drawn["mixed"]:
        events.sort(key=lambda each: each.version)
    return append(
        *events,
        command_id=uuid4() if drawn["command"] is None else names.commands[drawn["command"]],
        fingerprint=drawn["fingerprint"],
        condition=drawn["excluded"]
        and Condition(
            drawn["excluded"],
            tuple(names.subjects[n] for n in drawn["about"]),
            max(model.position + drawn["since"], 0),
        ),
    )


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=CALLS)
def test_every_append_of_every_call_is_answered_as_the_model_answers(
    asking: Asking, calls: list[list[dict]]
) -> None:
    model, names = Model(asking.head()), Names()
    for call in calls:
        asked = appends_of(call, model, names)
        said = [(a.outcome, a.first_position) for a in asking.answers(asked)]
        expected = [model.answer(append) for append in asked]
        assert said == expected
    assert asking.head() == model.position + 1


def test_a_call_that_touches_a_case_twice_is_refused_as_a_whole(log_database: str) -> None:
    case = uuid4()
    arguments = arguments_of([append(event(uuid4(), 1, case_id=case)) for _ in range(2)])
    connection = Connection(partial(connect, log_database, WRITER, 30.0), STATEMENTS)

    async def asking() -> None:
        deadline = asyncio.get_running_loop().time() + 30
        with pytest.raises(psycopg.DataError, match="touch the same case"):
            await connection.ask(SEVERAL, arguments, deadline)
        connection.close()

    asyncio.run(asking())
