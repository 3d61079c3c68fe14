"""The effective history: the facts that stand, in the order in which they happened in the world.

A correction stands in the place of the fact it corrects, content and time; the last one known counts. A
retraction removes its fact. What is left is put in order of time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

from scp_events.vocabulary import (
    NOTHING_YET,
    AnyAggregate,
    Correction,
    EventId,
    Fact,
    Position,
    Precision,
    Retraction,
    Stream,
    When,
    fold,
)

AnyFact: TypeAlias = Fact[Any]

AT_THE_END = Position(2**63 - 1)
"""Where a fact stands that is not recorded yet."""


def effective(known: Iterable[AnyFact]) -> list[AnyFact]:
    """Return the facts that stand, corrections in their places, in order of time."""
    return in_order_of_time(standing(known))


def standing(known: Iterable[AnyFact]) -> list[AnyFact]:
    """Return the facts that stand, as they were last corrected, in the order in which they were recorded."""
    in_order = sorted(known, key=_position)
    last = {f.event.corrects: f for f in in_order if isinstance(f.event, Correction | Retraction)}
    if not last:
        return in_order
    stands: list[AnyFact] = []
    for fact in in_order:
        word = last.get(fact.event_id)
        if isinstance(fact.event, Correction | Retraction) or (word and isinstance(word.event, Retraction)):
            continue
        stands.append(fact._replace(event=word.event.fact, when=word.when) if word else fact)
    return stands


def in_order_of_time(facts: Iterable[AnyFact]) -> list[AnyFact]:
    """Return facts in order of time.

    Within a day, those known to the minute stand in order of time among themselves; one known by its day
    stands after all that was recorded before it. So whatever is recorded later leaves the order of what was
    known as it was.
    """
    known = [*facts]
    if all(fact.when.precision is Precision.MINUTE for fact in known):  # most are, and it is quicker
        return sorted(known, key=lambda fact: (fact.when.day, fact.when.at, fact.position))
    by_day = sorted(known, key=lambda fact: (fact.when.day, fact.position))
    if len({fact.when.day for fact in known}) == len(known):  # of one fact there is nothing to put in order
        return by_day
    return [fact for _, day in groupby(by_day, key=_day) for fact in _within_a_day(list(day))]


def _within_a_day(recorded: list[AnyFact]) -> list[AnyFact]:
    """Put a day in order: a fact known by its day follows the latest of those recorded before it."""
    latest = _DAYBREAK
    placed: list[tuple[tuple[datetime, Position], bool, AnyFact]] = []
    for fact in recorded:
        is_timed = fact.when.precision is Precision.MINUTE
        place = (fact.when.at, fact.position) if is_timed else latest
        latest = max(latest, place)
        placed.append((place, not is_timed, fact))
    return [fact for *_, fact in sorted(placed, key=itemgetter(0, 1))]


_DAYBREAK = (datetime.min.replace(tzinfo=UTC), NOTHING_YET)


def _position(fact: AnyFact) -> Position:
    return fact.position


def _day(fact: AnyFact) -> date:
    return fact.when.day


def until(history: Iterable[AnyFact], when: When | None) -> list[AnyFact]:
    """Return the facts of an effective history up to a time; None is no bound."""
    return [fact for fact in history if when is None or not fact.when.is_after(when)]


def before(known: Iterable[AnyFact], when: When, position: Position = AT_THE_END) -> list[AnyFact]:
    """Return the effective history before something of that time which is recorded at that position.

    What is recorded at that very position is not before itself.
    """
    marker: AnyFact = Fact(_NOTHING, _NOTHING, _NOTHING, position, when, _NOTHING, _NOTHING)
    earlier: list[AnyFact] = []
    for fact in in_order_of_time([marker, *standing(known)]):
        if fact is marker:
            break
        earlier.append(fact)
    return earlier


_NOTHING: Any = None


class Latest(NamedTuple):
    """How far a history has come, so that whatever is not before it stands at its end."""

    at: datetime
    """Of the facts known to the minute."""
    day: date
    """Of all."""

    def admits(self, when: When) -> bool:
        """Whether something of this time, recorded next, stands at the end."""
        return when.day >= self.day and (when.precision is Precision.DAY or when.at >= self.at)

    def and_then(self, when: When) -> Latest:
        """Return how far it has come with one more."""
        at = max(self.at, when.at) if when.precision is Precision.MINUTE else self.at
        return Latest(at, max(self.day, when.day))


NOTHING_HAPPENED = Latest(datetime.min.replace(tzinfo=UTC), date.min)


def latest_of(facts: Iterable[AnyFact]) -> Latest:
    """Return how far a history has come."""
    times = [fact.when for fact in facts]
    timed = (when.at for when in times if when.precision is Precision.MINUTE)
    return Latest(
        max(timed, default=NOTHING_HAPPENED.at), max((w.day for w in times), default=NOTHING_HAPPENED.day)
    )


def by_stream(facts: Iterable[AnyFact]) -> dict[Stream, list[AnyFact]]:
    """Return the facts of each stream, in the order in which the streams were begun."""
    streams: dict[Stream, list[AnyFact]] = {}
    for fact in facts:
        streams.setdefault(fact.stream, []).append(fact)
    return streams


def state_of(aggregate: AnyAggregate, history: Iterable[AnyFact]) -> Any:  # noqa: ANN401 - as the aggregate has it
    """Return the state after an effective history."""
    return fold(aggregate, (fact.event for fact in history))


def told(known: Iterable[AnyFact], event_id: EventId | None) -> AnyFact | None:
    """Return the fact of this id, or None."""
    return next((fact for fact in known if fact.event_id == event_id), None)
