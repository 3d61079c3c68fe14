"""The server function, compared with a model of it that is too simple to be wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scp_events.event_log.appends import Answer, Append
from scp_events.event_log.sender import Sender
from tests.conftest import database
from tests.event_log.appending import append, event

EXAMPLES = 100
STREAMS, CASES, COMMANDS = 3, 2, 4


@dataclass
class Model:
    """Appends, one after the other."""

    position: int
    versions: dict[UUID, int] = field(default_factory=dict)
    cases: dict[UUID, int] = field(default_factory=dict)
    """The last position of each."""
    commands: dict[UUID, tuple[bytes, tuple[str, int, int, int]]] = field(default_factory=dict)

    def answer(self, asked: Append) -> tuple[str, int | None, int, int]:
        """Return outcome, first position, version and count."""
        if asked.command_id in self.commands:
            fingerprint, (_, first, version, count) = self.commands[asked.command_id]
            return ("already" if fingerprint == asked.fingerprint else "reused", first, version, count)
        wanted: dict[UUID, int] = {}
        for each in asked.events:
            wanted.setdefault(UUID(str(each.originator_id)), each.originator_version - 1)
        for stream, expected in reversed(wanted.items()):
            if self.versions.get(stream, min(expected, 0)) != expected:
                return ("conflict", None, self.versions.get(stream, 0), 0)
        if self._has_moved_on(asked.case_id, asked.evidence_through):
            return ("evidence-moved", None, self.versions.get(next(iter(wanted)), 0), 0)
        return self._record(asked)

    def _has_moved_on(self, case: UUID | None, through: int | None) -> bool:
        return case is not None and through is not None and self.cases.get(case, 0) > through

    def _record(self, asked: Append) -> tuple[str, int | None, int, int]:
        first = self.position + 1
        for each in asked.events:
            self.position += 1
            self.versions[UUID(str(each.originator_id))] = each.originator_version
        if asked.case_id is not None:
            self.cases[asked.case_id] = self.position
        said = ("recorded", first, asked.events[-1].originator_version, len(asked.events))
        self.commands[asked.command_id] = (asked.fingerprint, said)
        return said


@dataclass(frozen=True)
class Names:
    """The few things that the appends of one example are about."""

    streams: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(STREAMS)])
    cases: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(CASES)])
    commands: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(COMMANDS)])


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
            "case": st.sampled_from([None, 0, 0, 1]),
            "evidence": st.sampled_from([None, None, 0, 0, -1]),
        }
    )


LONE = st.lists(one(streams=1, events=1), min_size=1, max_size=1)
"""A call of one append of one event, for which the server has a function of its own."""
CALLS = st.lists(LONE | st.lists(one(STREAMS, 3), min_size=1, max_size=5), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def sender(postgres_server: str, log_template: str) -> Iterator[Sender]:
    with database(postgres_server, log_template) as conninfo:
        sender = Sender(conninfo)
        yield sender
        sender.close()


def appends_of(call: list[dict], model: Model, names: Names) -> list[Append]:
    """Return what a drawn call asks: mostly what fits, as far as can be known before the call."""
    versions = dict(model.versions)
    found: dict[UUID, Append] = {}
    for drawn in call:
        command = uuid4() if drawn["command"] is None else names.commands[drawn["command"]]
        parts = []
        for number, off, count in drawn["parts"]:
            stream = names.streams[number]
            start = versions.get(stream, -1 if drawn["from_zero"] else 0)
            after = max(start + off, -1)
            parts.append([event(stream, after + n) for n in range(1, count + 1)])
            versions[stream] = after + count
        events = [each for part in parts for each in part]
        if drawn["mixed"]:
            events.sort(key=lambda each: each.originator_version)
        evidence = drawn["evidence"]
        found.setdefault(
            command,
            append(
                *events,
                command_id=command,
                fingerprint=drawn["fingerprint"],
                case_id=None if drawn["case"] is None else names.cases[drawn["case"]],
                evidence_through=None if evidence is None else max(model.position + evidence, 0),
            ),
        )
    return list(found.values())


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=CALLS)
def test_every_append_of_every_call_is_answered_as_the_model_answers(
    sender: Sender, calls: list[list[dict]]
) -> None:
    model, names = Model(_head(sender)), Names()
    for call in calls:
        asked = appends_of(call, model, names)
        answers = [answer for answer in sender.send(asked) if isinstance(answer, Answer)]
        assert [(a.outcome, a.first_position, a.version, a.event_count) for a in answers] == [
            model.answer(append) for append in asked
        ]
        assert {a.recorded_at is None for a in answers if a.outcome == "recorded"} <= {False}
        assert {a.recorded_at for a in answers if a.outcome != "recorded"} <= {None}
    assert _head(sender) == model.position + 1, "asking takes one"


def _head(sender: Sender) -> int:
    (answer,) = sender.send([append(event(uuid4(), 1))])
    assert isinstance(answer, Answer)
    assert answer.first_position is not None
    return answer.first_position
