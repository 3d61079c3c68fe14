"""What a command rests on is what its sender could have had: known events of the case, not of the future."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC
from uuid import UUID

from scp_events.event_log.store import Named, Store
from scp_events.vocabulary import (
    NOTHING_YET,
    Calendar,
    Command,
    Correct,
    DecisionCommand,
    EventId,
    Position,
    Precision,
    Refused,
    Retract,
    When,
    named_events,
)


async def must_be_grounded(  # noqa: PLR0913, PLR0917 - all of it is asked about one command
    command: Command, subjects: Sequence[UUID], when: When, store: Store, calendar: Calendar, known: Position
) -> None:
    """Refuse a command that rests on what its sender could not have had, or on what never was.

    Whoever says in `known_through` how far they saw rests on what stood then, corrected since or not.
    `subjects` are whose events may be named: first its own case or stream, then what it is about besides, of
    which a case's events are not its sender's to name. `known` is a position that the log is known to have
    reached.
    """
    named = dict.fromkeys(_named(command))
    through = _known_through(command)
    if not named and through <= known:
        return
    head, found = await store.named(named)
    if through > head:
        raise Refused(
            "known-through-beyond-head",
            f"`known_through` is {through}, and the log ends at {head}: give the position that the screen was"
            " rendered from",
        )
    told: dict[EventId, list[Named]] = {event_id: [] for event_id in named}
    for each in found:
        of_the_case = each.about == subjects[0] or (each.case_id is None and each.about in subjects)
        known_then = not through or not told[each.event_id] or each.position <= through
        if of_the_case and known_then:
            told[each.event_id].append(each)
    for event_id, as_told in told.items():
        _must_have_been(event_id, as_told, when, calendar)
    for event_id in named_events(command) if through else ():
        _must_have_been_on_the_screen(told[event_id][0], through)


def _named(command: Command) -> Iterable[EventId]:
    yield from named_events(command)
    if isinstance(command, Correct):
        yield from named_events(command.instead)


def _known_through(command: Command) -> Position:
    if not isinstance(command, DecisionCommand | Correct | Retract):
        return NOTHING_YET
    return command.decision.known_through or NOTHING_YET


def _must_have_been(event_id: EventId, told: Sequence[Named], when: When, calendar: Calendar) -> None:
    """Refuse an event that is not known, never was, or was not yet: as it stands, corrections included."""
    if not told:
        raise Refused(
            "unknown-evidence",
            f"event {event_id} is not in this case: name events that the replay of the case shows",
        )
    if any(each.is_retracted for each in told):
        raise Refused(
            "evidence-retracted",
            f"event {event_id} was retracted, because it never was so: name what stands in the replay of the"
            " case",
        )
    stands = told[-1]
    happened = calendar.read(stands.occurred_at.astimezone(UTC), Precision(stands.precision))
    if happened.is_after(when):
        raise Refused(
            "evidence-not-happened-yet",
            f"event {event_id} was so on {happened}, after {when}: name what had happened by then, or correct"
            " `occurred_at`",
        )


def _must_have_been_on_the_screen(named: Named, through: Position) -> None:
    if named.position > through:
        raise Refused(
            "evidence-after-known-through",
            f"event {named.event_id} is at position {named.position}, and `known_through` says that the"
            f" screen ended at {through}: give the position it was rendered from, or leave the event out",
        )
