"""What a command rests on is what its sender could have had: known events of the case, not of the future."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC

from scp_events.event_log.store import Store
from scp_events.vocabulary import (
    NOTHING_YET,
    Calendar,
    CaseId,
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
    command: Command, case_id: CaseId | None, when: When, store: Store, calendar: Calendar, known: Position
) -> None:
    """Refuse a command that names events of elsewhere or of later, or a position the log has not reached.

    `known` is a position that the log is known to have reached.
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
    times = {
        each.event_id: calendar.read(each.occurred_at.astimezone(UTC), Precision(each.precision))
        for each in found
        if each.case_id is not None and each.case_id == case_id
    }
    for event_id in named:
        _must_have_been(event_id, times.get(event_id), when)


def _named(command: Command) -> Iterable[EventId]:
    yield from named_events(command)
    if isinstance(command, Correct):
        yield from named_events(command.instead)


def _known_through(command: Command) -> Position:
    if not isinstance(command, DecisionCommand | Correct | Retract):
        return NOTHING_YET
    return command.decision.known_through or NOTHING_YET


def _must_have_been(event_id: EventId, happened: When | None, when: When) -> None:
    if happened is None:
        raise Refused(
            "unknown-evidence",
            f"event {event_id} is not in this case: name events that the replay of the case shows",
        )
    if happened.is_after(when):
        raise Refused(
            "evidence-not-happened-yet",
            f"event {event_id} was so on {happened}, after {when}: name what had happened by then, or correct"
            " `occurred_at`",
        )
