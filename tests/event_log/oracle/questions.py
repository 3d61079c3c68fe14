"""What is asked of the log: appends that must be recorded, and appends that must not be.

An asker knows what its own streams hold, so it knows the one true answer to much of what it asks. For what
it shares with others the judge compares the answers of all afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from scp_events.event_log.appends import Answer, Append, Condition, NewEvent
from scp_events.vocabulary import Stream
from tests.event_log.oracle.plan import Plan
from tests.words import NOON

SHARED = 4
"""Streams that everybody appends to."""
OWN = 3
"""Streams of an asker alone."""
MOMENT_NS = 25_000_000
"""Within such a time everybody means the same command when they ask for that of the moment."""

KEPT = frozenset({"recorded", "already", "listed"})
"""Answers that say that the events are in the log. `listed` is that of the library's interface."""

NO_ZONE, NO_TEXT, NO_VERSION = "no-zone", "no-text", "no-version"
FAULTS = {NO_ZONE: "TypeError", NO_TEXT: "DataError", NO_VERSION: "IntegrityError"}
"""What is wrong with a question nobody can record, and what its asker must be told."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """An append as it is written down, so that another process can ask it again."""

    command: UUID
    fingerprint: str
    events: tuple[tuple[UUID, int, UUID], ...]
    """Stream, version and event id of each."""
    case: UUID | None = None
    through: int | None = None
    expects: dict[str, Any] | None = None
    """The one true answer, where the asker knows it."""
    fault: str = ""
    library: bool = False
    """Whether it is asked through the library's interface, which compares contents in its own way."""

    def append(self) -> Append:
        """Return it as the log takes it."""
        return Append(
            command_id=self.command,
            fingerprint=self.fingerprint.encode(),
            events=[self._event(*event) for event in self.events],
            condition=self.condition,
        )

    @property
    def condition(self) -> Condition | None:
        """Return what must not have come."""
        if self.case is None or self.through is None:
            return None
        return Condition((EXCLUDED,), (self.case,), self.through)

    def _event(self, stream: UUID, version: int, event_id: UUID) -> NewEvent:
        return NewEvent(
            stream=Stream("oracle", stream),
            case_id=self.case,
            version=-4 if self.fault == NO_VERSION else version,
            type="no\x00text" if self.fault == NO_TEXT else type_of(event_id),
            body=body(event_id),
            event_id=event_id,
            occurred_at=datetime(2025, 3, 3) if self.fault == NO_ZONE else NOON,  # noqa: DTZ001 - the fault
        )

    def line(self) -> dict[str, Any]:
        """Return what is written down."""
        return {
            "command": self.command.hex,
            "fingerprint": self.fingerprint,
            "events": [[stream.hex, version, event_id.hex] for stream, version, event_id in self.events],
            "case": self.case.hex if self.case else None,
            "through": self.through,
            "expects": self.expects,
            "fault": self.fault,
            "library": self.library,
        }

    @classmethod
    def of(cls, line: dict[str, Any]) -> Question:
        """Return what was written down."""
        return cls(
            command=UUID(line["command"]),
            fingerprint=line["fingerprint"],
            events=tuple((UUID(stream), version, UUID(event)) for stream, version, event in line["events"]),
            case=UUID(line["case"]) if line["case"] else None,
            through=line["through"],
            expects=line["expects"],
            fault=line["fault"],
            library=line["library"],
        )


EXCLUDED = "oracle.happened"
"""The type of event that evidence is made of; others do not move it."""


def type_of(event_id: UUID) -> str:
    """Return the type of an event: evidence is made of half of them."""
    return EXCLUDED if event_id.int % 2 else "oracle.noted"


def body(event_id: UUID) -> bytes:
    """Return what an event holds; its length differs from event to event."""
    return event_id.bytes * (1 + event_id.int % 12)


@dataclass
class Asker:
    """Somebody who asks one question after the other. `name` is theirs alone, for one life of a process."""

    plan: Plan
    name: str
    started_ns: int
    own: dict[UUID, int] = field(default_factory=dict)
    known: dict[UUID, int] = field(default_factory=dict)
    answered: list[tuple[Question, Answer]] = field(default_factory=list)
    case_position: int = 0

    def __post_init__(self) -> None:
        self.random = Random(f"{self.plan.seed}/{self.name}")  # noqa: S311 - repeatable, not secret
        self.case = self._new()
        self.own = {self._new(): 0 for _ in range(OWN)}
        self.known = {self.plan.named(f"shared/{n}"): 0 for n in range(SHARED)}
        self._moves: tuple[tuple[int, Callable[[int], Question | None]], ...] = (
            (6, self._next_of_own),
            (2, self._through_the_library),
            (2, self._stale),
            (1, self._ahead),
            (6, self._shared),
            (3, self._several),
            (2, self._again),
            (6, self._of_the_moment),
            (1, self._reused),
            (1, self._taken),
            (1, self._faulty),
            (2, self._on_evidence),
            (1, self._on_old_evidence),
            (2, self._on_shared_evidence),
        )

    def next(self, now_ns: int) -> Question:
        """Return something to ask."""
        weights = [weight for weight, _ in self._moves]
        while True:
            _, move = self.random.choices(self._moves, weights)[0]
            question = move((now_ns - self.started_ns) // MOMENT_NS)
            if question is not None:
                return question

    def learn(self, question: Question, answer: Answer) -> None:
        """Remember what the log said."""
        if answer.outcome in KEPT:
            for number, (stream, version, event_id) in enumerate(question.events):
                if stream in self.own:
                    self.own[stream] = max(version, self.own[stream])
                if stream in self.known:
                    self.known[stream] = max(version, self.known[stream])
                if question.case == self.case and type_of(event_id) == EXCLUDED:
                    self.case_position = max(self.case_position, answer.first_position + number)
            self.answered = [*self.answered[-50:], (question, answer)]
        elif answer.outcome == "conflict":
            for stream, version, _ in question.events:
                if stream in self.known:
                    self.known[stream] = max(version, self.known[stream])

    # --- what is asked --------------------------------------------------------------------------------------

    def _next_of_own(self, _: int, *, library: bool = False) -> Question:
        """What follows in a stream of its own is recorded, always."""
        stream, version = self._one_of_own()
        events = self._events(stream, version, self.random.randint(1, 3))
        return self._question(
            *events,
            case=None if library else self.case,
            library=library,
            expects={"outcome": "recorded"},
        )

    def _through_the_library(self, moment: int) -> Question | None:
        """As above, asked with `insert_events`. Such events belong to no case."""
        return self._next_of_own(moment, library=True)

    def _stale(self, _: int) -> Question | None:
        stream, version = self._one_of_own()
        if version == 0:
            return None
        events = self._events(stream, self.random.randrange(version), 1)
        return self._question(*events, expects={"outcome": "conflict"})

    def _ahead(self, _: int) -> Question:
        stream, version = self._one_of_own()
        events = self._events(stream, version + self.random.randint(1, 3), 1)
        return self._question(*events, expects={"outcome": "conflict"})

    def _shared(self, _: int) -> Question:
        stream = self.random.choice(list(self.known))
        return self._question(*self._events(stream, self.known[stream], self.random.randint(1, 2)))

    def _several(self, _: int) -> Question:
        """Events for streams of its own and shared ones, one after the other or mixed."""
        stream, version = self._one_of_own()
        shared = self.random.sample(list(self.known), self.random.randint(1, 2))
        events = self._events(stream, version, 2) + [
            event for other in shared for event in self._events(other, self.known[other], 1)
        ]
        if self.random.random() < 0.5:
            events = [events[0], *events[2:], events[1]]
        return self._question(*events, case=self.case)

    def _again(self, _: int) -> Question | None:
        """What was answered before is answered the same."""
        if not self.answered:
            return None
        question, answer = self.random.choice(self.answered)
        expects = {"outcome": "already", "first": answer.first_position}
        return Question.of(question.line() | {"expects": expects})

    def _of_the_moment(self, moment: int) -> Question:
        """What everybody asks for at the same time is recorded once."""
        stream = self.plan.named(f"moment/{moment}")
        return Question(
            command=self.plan.named(f"moment/{moment}/command"),
            fingerprint="moment",
            events=tuple((stream, n, self.plan.named(f"moment/{moment}/{n}")) for n in (1, 2)),
        )

    def _reused(self, moment: int) -> Question:
        command = self.plan.named(f"moment/{moment}/command")
        fingerprint = f"{self.name}/{self.random.random()}"
        return self._question(*self._events(self._new(), 0, 1), command=command, fingerprint=fingerprint)

    def _taken(self, _: int) -> Question | None:
        """An event id is taken once its event is recorded."""
        if not self.answered:
            return None
        question, _answer = self.random.choice(self.answered)
        if question.library:  # its events have other ids
            return None
        taken = self.random.choice(question.events)[2]
        expects = {"error": "EventIdTakenError", "event_id": taken.hex}
        events = self._events(self._new(), 0, 2)
        return self._question(events[0], (events[1][0], events[1][1], taken), expects=expects)

    def _faulty(self, _: int) -> Question:
        fault, error = self.random.choice(list(FAULTS.items()))
        return self._question(*self._events(self._new(), 0, 1), fault=fault, expects={"error": error})

    def _on_evidence(self, _: int) -> Question:
        """Nobody else writes in its case, so what it knows of it is all there is."""
        stream, version = self._one_of_own()
        events = self._events(stream, version, 1)
        return self._question(
            *events,
            case=self.case,
            through=self.case_position,
            expects={"outcome": "recorded"},
        )

    def _on_old_evidence(self, _: int) -> Question | None:
        if not self.case_position:
            return None
        stream, version = self._one_of_own()
        return self._question(
            *self._events(stream, version, 1),
            case=self.case,
            through=self.random.randrange(self.case_position),
            expects={"outcome": "evidence-moved"},
        )

    def _on_shared_evidence(self, _: int) -> Question:
        return self._question(
            *self._events(self._new(), 0, 1),
            case=self.plan.named("case"),
            through=max((a.first_position for _, a in self.answered), default=0),
        )

    # --- how ------------------------------------------------------------------------------------------------

    def _one_of_own(self) -> tuple[UUID, int]:
        return self.random.choice(list(self.own.items()))

    def _events(self, stream: UUID, after: int, count: int) -> list[tuple[UUID, int, UUID]]:
        return [(stream, after + n, self._new()) for n in range(1, count + 1)]

    def _question(
        self,
        *events: tuple[UUID, int, UUID],
        command: UUID | None = None,
        fingerprint: str = "asked",
        **said: Any,
    ) -> Question:
        return Question(command=command or self._new(), fingerprint=fingerprint, events=events, **said)

    def _new(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)
