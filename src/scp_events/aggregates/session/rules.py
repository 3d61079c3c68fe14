"""A session of a programme: the rules.

    scheduled <-> rescheduled -> held | cancelled

What is paid for it can be recorded at any time: a room may cost money though nobody came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, assert_never
from uuid import UUID

from scp_events.aggregates.organisation.events import (
    REGISTER,
    Listing,
    Register,
    Whom,
    must_be_listed,
    their_own,
)
from scp_events.aggregates.programme.events import PROGRAMME, Programme, programme_called
from scp_events.aggregates.session.commands import (
    CancelSession,
    RecordSessionCost,
    RecordSessionHeld,
    RescheduleSession,
    ScheduleSession,
    SessionCommand,
)
from scp_events.aggregates.session.events import (
    Appointment,
    Cost,
    Meeting,
    Plan,
    SessionCancelled,
    SessionCostRecorded,
    SessionEvent,
    SessionHeld,
    SessionRescheduled,
    SessionScheduled,
    Setting,
)
from scp_events.vocabulary import (
    Actor,
    Code,
    Command,
    Context,
    Event,
    Evidence,
    Fact,
    Refused,
    Word,
    part_of,
    replace,
)

MOST_MONEY = 1_000_000_000
PLACES = 3
"""Some currencies have as many."""

# --- what other streams say -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Arrangements:
    """What the programme is, and who works where.

    Who is enrolled in a programme that was retired goes on: it still has sessions.
    """

    programme: Programme = field(default_factory=Programme)
    register: Register = field(default_factory=Register)


def _follow(known: Arrangements, fact: Fact[Event]) -> Arrangements:
    return Arrangements(
        programme=PROGRAMME.evolve(known.programme, fact), register=REGISTER.evolve(known.register, fact)
    )


def _its_programme(command: ScheduleSession, by: Actor) -> tuple[UUID, UUID]:
    return (*programme_called(command.programme), *their_own(command, by))


EVIDENCE: Mapping[type[Command], Evidence[Any]] = {
    ScheduleSession: Evidence(
        Arrangements(), _follow, over=(*PROGRAMME.over, *REGISTER.over), others=_its_programme
    ),
    RecordSessionHeld: Evidence(Arrangements(), _follow, over=REGISTER.over, others=their_own),
}

# --- state ------------------------------------------------------------------------------------------------


class Status(StrEnum):
    """Where the session stands."""

    NOT_SCHEDULED = "not-scheduled"
    SCHEDULED = "scheduled"
    HELD = "held"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class State:
    """What we remember: what was planned, what the programme asks of it, and what became of it."""

    status: Status = Status.NOT_SCHEDULED
    plan: Plan | None = None
    appointment: Appointment | None = None
    modules: tuple[Code, ...] = ()
    venue_kinds: tuple[Code, ...] = ()
    meeting: Meeting | None = None
    costs: tuple[Cost, ...] = ()


initial = State()


class View(Word):
    """What others may read of a session."""

    status: Status
    programme: Code | None
    group: Code | None
    appointment: Appointment | None
    meeting: Meeting | None
    costs: tuple[Cost, ...]


def view(state: State) -> View:
    """Return what others may read."""
    return View(
        status=state.status,
        programme=state.plan.programme if state.plan else None,
        group=state.plan.group if state.plan else None,
        appointment=state.appointment,
        meeting=state.meeting,
        costs=state.costs,
    )


def evolve(state: State, event: SessionEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case SessionScheduled():
            return replace(
                state,
                status=Status.SCHEDULED,
                plan=part_of(event, Plan),
                appointment=part_of(event, Appointment),
                modules=event.modules,
                venue_kinds=event.venue_kinds,
            )
        case SessionRescheduled():
            return replace(state, appointment=part_of(event, Appointment))
        case SessionCancelled():
            return replace(state, status=Status.CANCELLED)
        case SessionHeld():
            return replace(state, status=Status.HELD, meeting=part_of(event, Meeting))
        case SessionCostRecorded():
            return replace(state, costs=(*state.costs, part_of(event, Cost)))
    assert_never(event)


# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: SessionCommand, context: Context) -> list[SessionEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case ScheduleSession():
            return schedule_session(state, command, context)
        case RescheduleSession():
            return reschedule_session(state, command, context)
        case CancelSession():
            return cancel_session(state, command, context)
        case RecordSessionHeld():
            return record_session_held(state, command, context)
        case RecordSessionCost():
            return record_session_cost(state, command, context)
    assert_never(command)


def schedule_session(state: State, command: ScheduleSession, context: Context) -> list[SessionEvent]:
    """A session is scheduled once, for a programme that is there, and as the programme says."""
    if state.plan is not None:
        if state.plan == part_of(command, Plan):
            return []
        raise Refused(
            "already-scheduled",
            f"session {context.name} was scheduled by {context.when}: `reschedule-session`, or schedule"
            " another under a name of its own",
        )
    known: Arrangements = context.evidence
    template = known.programme.in_force(command.programme, context.when)
    modules = tuple(module.code for module in template.modules)
    _must_suit(command, modules, template.venue_kinds)
    return [
        command.fact(
            context.by,
            event_id=context.event_id,
            code=context.name,
            listings=_listed(command, context),
            template_version=template.template_version,
            modules=modules,
            venue_kinds=template.venue_kinds,
        )
    ]


def reschedule_session(state: State, command: RescheduleSession, context: Context) -> list[SessionEvent]:
    """A session that is still to come can be moved."""
    _must_be_to_come(state, context)
    if state.appointment == part_of(command, Appointment):
        return []
    return [command.fact(context.by, event_id=context.event_id)]


def cancel_session(state: State, command: CancelSession, context: Context) -> list[SessionEvent]:
    """A session that is still to come can be cancelled, once."""
    if state.status is Status.CANCELLED:
        return []
    _must_be_to_come(state, context)
    return [command.fact(context.by, event_id=context.event_id)]


def record_session_held(state: State, command: RecordSessionHeld, context: Context) -> list[SessionEvent]:
    """A session is held once, on the day for which it is planned, and as the programme says."""
    if state.meeting == part_of(command, Meeting):
        return []
    _must_be_to_come(state, context)
    planned = state.appointment
    if planned is not None and planned.planned_on != context.when.day:
        raise Refused(
            "another-day",
            f"the session is planned for {planned.planned_on.isoformat()}, not for"
            f" {context.when.day.isoformat()}: `reschedule-session` first, or correct `occurred_at`",
        )
    _must_suit(command, state.modules, state.venue_kinds)
    return [command.fact(context.by, event_id=context.event_id, listings=_listed(command, context))]


def record_session_cost(state: State, command: RecordSessionCost, context: Context) -> list[SessionEvent]:
    """Whatever is paid counts by itself: two bills may well be the same."""
    _must_be_scheduled(state, context)
    if not 0 < command.amount < MOST_MONEY or command.amount != round(command.amount, PLACES):
        raise Refused(
            "amount-out-of-bounds",
            f"{command.amount} {command.currency} is no sum that anybody pays: give an `amount` above 0 and"
            f" below {MOST_MONEY}, with {PLACES} places at most",
        )
    return [command.fact(context.by, event_id=context.event_id)]


def _listed(command: ScheduleSession | RecordSessionHeld, context: Context) -> tuple[Listing, ...]:
    """Look facilitators up among the members of the organisation of whoever reports; no role is called so."""
    known: Arrangements = context.evidence
    whom = [Whom(person, context.author.organisation) for person in command.facilitators]
    return must_be_listed(known.register, whom, context.policy.register_of_members, context.when.day)


def _must_be_scheduled(state: State, context: Context) -> None:
    if state.status is Status.NOT_SCHEDULED:
        raise Refused(
            "not-scheduled",
            f"the session was not scheduled by {context.when}: `schedule-session` first, or correct"
            " `occurred_at`",
        )


def _must_be_to_come(state: State, context: Context) -> None:
    _must_be_scheduled(state, context)
    if state.status is not Status.SCHEDULED:
        raise Refused(
            f"already-{state.status}",
            f"the session was {state.status} by {context.when}: schedule another under a name of its own, or"
            " `retract` what never was so",
        )


def _must_suit(said: Setting, modules: tuple[Code, ...], venue_kinds: tuple[Code, ...]) -> None:
    """Refuse a theme or a venue that the programme does not have; none at all is any."""
    if said.module is not None and modules and said.module not in modules:
        raise Refused(
            "no-such-module",
            f"the programme has no module {said.module}: name in `module` one of {', '.join(modules)}",
        )
    if venue_kinds and said.venue_kind not in venue_kinds:
        raise Refused(
            "venue-not-suitable",
            f"the programme is not held in a {said.venue_kind}: name in `venue_kind` one of"
            f" {', '.join(venue_kinds)}",
        )
