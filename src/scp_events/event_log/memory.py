"""What a process remembers of the streams it decided on last, so that it need not read them again.

What is remembered may be old: another process may have written since. So it serves for recording only, which
the server refuses where a stream has moved on or evidence has come; nobody is refused on its account.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from scp_events.history import (
    AnyFact,
    Latest,
    in_order_of_time,
    latest_of,
    standing,
    state_of,
)
from scp_events.vocabulary import AnyAggregate, CaseId, Correction, Position, Retraction, Stream

K = TypeVar("K")
V = TypeVar("V")

STREAMS = 4_096
"""Streams remembered; those not decided on for longest are forgotten first."""


class Standing(NamedTuple):
    """Where a stream stands: state, version (0: nothing yet), whose case it is, how far it has come."""

    state: Any
    version: int
    case_id: CaseId | None
    latest: Latest

    def and_then(self, aggregate: AnyAggregate, fact: AnyFact) -> Standing | None:
        """Return where it stands after its next event; None where that changes what came before."""
        if isinstance(fact.event, Correction | Retraction) or not self.latest.admits(fact.when):
            return None
        return Standing(
            aggregate.evolve(self.state, fact.event),
            self.version + 1,
            self.case_id,
            self.latest.and_then(fact.when),
        )


def standing_of(aggregate: AnyAggregate, known: Iterable[AnyFact], case_id: CaseId | None) -> Standing:
    """Return where a stream stands after all that is known of it."""
    facts = [*known]
    stand = standing(facts)
    return Standing(state_of(aggregate, in_order_of_time(stand)), len(facts), case_id, latest_of(stand))


class About(NamedTuple):
    """What evidence is of: events of these types, in these cases and streams that belong to none."""

    types: tuple[str, ...]
    subjects: tuple[UUID, ...]
    opened: bool = False
    """Whether what is personal in them was opened: never told to whom has no need of it."""


class Gathered(NamedTuple):
    """Evidence, and the position through which the log was read for it."""

    facts: tuple[AnyFact, ...]
    through: Position


NO_EVIDENCE = Gathered((), Position(0))


class Memory:
    """Standings by stream, and evidence by what it is of."""

    def __init__(self, room: int = STREAMS) -> None:
        self._standings = _Remembered[Stream, Standing](room)
        self._evidence = _Remembered[About, Gathered](room)

    def standing(self, stream: Stream) -> Standing | None:
        """Return where a stream stood when this process last knew."""
        return self._standings.get(stream)

    def evidence(self, about: About) -> Gathered | None:
        """Return the evidence there was when this process last knew."""
        return self._evidence.get(about)

    def put(self, stream: Stream, standing: Standing | None) -> None:
        """Remember where a stream stands now; with None, nothing of it."""
        self._standings.put(stream, standing)

    def put_evidence(self, about: About, gathered: Gathered) -> None:
        """Remember the evidence there is now."""
        if about.types:
            self._evidence.put(about, gathered)

    def forget_person(self, subject: UUID | None) -> None:
        """Remember nothing of a person whose words are to be gone; with None, of nobody."""
        self._standings.drop(
            stream for stream, known in self._standings.items() if subject in {None, known.case_id, stream.id}
        )
        self._evidence.drop(
            about for about, _ in self._evidence.items() if subject in {None, *about.subjects}
        )


class _Remembered(Generic[K, V]):
    """The last so many values."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._values: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        return self._values.get(key)

    def items(self) -> list[tuple[K, V]]:
        return [*self._values.items()]

    def put(self, key: K, value: V | None) -> None:
        self._values.pop(key, None)
        if value is not None:
            self._values[key] = value
            if len(self._values) > self._room:
                self._values.popitem(last=False)

    def drop(self, keys: Iterable[K]) -> None:
        for key in [*keys]:
            self._values.pop(key, None)
