"""An organisation: the rules.

    registered -> closed
    of each person and role:  joined <-> left

Whether a membership holds is asked of a day: one that was to end by a day has ended by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias, assert_never

from scp_events.aggregates.organisation.commands import (
    AddMember,
    ChangeServices,
    CloseOrganisation,
    OrganisationCommand,
    RegisterOrganisation,
    RemoveMember,
)
from scp_events.aggregates.organisation.events import (
    Joining,
    MemberJoined,
    MemberLeft,
    Membership,
    OrganisationClosed,
    OrganisationEvent,
    OrganisationRegistered,
    Profile,
    ServicesChanged,
)
from scp_events.vocabulary import (
    Code,
    Command,
    Context,
    Evidence,
    PersonId,
    Refused,
    Role,
    Word,
    must_differ,
    part_of,
    replace,
)

EVIDENCE: Mapping[type[Command], Evidence[Any]] = {}

# --- state ------------------------------------------------------------------------------------------------

Place: TypeAlias = tuple[PersonId, Role]


@dataclass(frozen=True)
class State:
    """What we remember: what the organisation is, and who works there until when; None is open-ended."""

    profile: Profile | None = None
    members: Mapping[Place, date | None] = field(default_factory=dict)
    closed: bool = False

    def has(self, said: Membership, day: date) -> bool:
        """Whether somebody works here in a role on a day."""
        if _place(said) not in self.members:
            return False
        until = self.members[_place(said)]
        return until is None or day <= until


initial = State()


class View(Word):
    """What others may read of an organisation."""

    profile: Profile | None
    members: tuple[Joining, ...]
    """Those who joined and have not left; a membership may have ended by its last day."""
    closed: bool


def view(state: State) -> View:
    """Return what others may read."""
    return View(
        profile=state.profile,
        members=tuple(
            Joining(person=person, role=role, valid_until=until)
            for (person, role), until in state.members.items()
        ),
        closed=state.closed,
    )


def evolve(state: State, event: OrganisationEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case OrganisationRegistered():
            return replace(state, profile=part_of(event, Profile))
        case ServicesChanged():
            return replace(state, profile=_offering(state.profile, event.services))
        case MemberJoined():
            return replace(state, members={**state.members, _place(event): event.valid_until})
        case MemberLeft():
            stay = {place: until for place, until in state.members.items() if place != _place(event)}
            return replace(state, members=stay)
        case OrganisationClosed():
            return replace(state, closed=True, members={})
    assert_never(event)


def _offering(profile: Profile | None, services: tuple[Code, ...]) -> Profile | None:
    return profile and profile.model_copy(update={"services": services})


def _place(said: Membership) -> Place:
    return said.person, said.role


# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: OrganisationCommand, context: Context) -> list[OrganisationEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case RegisterOrganisation():
            return register_organisation(state, command, context)
        case ChangeServices():
            return change_services(state, command, context)
        case AddMember():
            return add_member(state, command, context)
        case RemoveMember():
            return remove_member(state, command, context)
        case CloseOrganisation():
            return close_organisation(state, command, context)
    assert_never(command)


def register_organisation(
    state: State, command: RegisterOrganisation, context: Context
) -> list[OrganisationEvent]:
    """An organisation is registered once, under the code by which everything else names it."""
    if state.profile is not None:
        if state.profile == part_of(command, Profile):
            return []
        raise Refused(
            "already-registered",
            f"organisation {context.name} was registered by {context.when}: say what it offers with"
            " `change-services`, or register another under a name of its own",
        )
    must_differ("`services`", command.services)
    return [command.fact(context.by, event_id=context.event_id, code=context.name)]


def change_services(state: State, command: ChangeServices, context: Context) -> list[OrganisationEvent]:
    """What an organisation offers is said as a whole."""
    profile = _must_be_there(state, context)
    must_differ("`services`", command.services)
    if profile.services == command.services:
        return []
    return [command.fact(context.by, event_id=context.event_id)]


def add_member(state: State, command: AddMember, context: Context) -> list[OrganisationEvent]:
    """Somebody works in a role once at a time, and may work in several."""
    _must_be_there(state, context)
    if not state.has(command, context.when.day):
        return [command.fact(context.by, event_id=context.event_id)]
    until = state.members[_place(command)]
    if until == command.valid_until:
        return []
    raise Refused(
        "already-a-member",
        f"{command.person} is {command.role} here until {until or 'they leave'}: `remove-member` first, or"
        " `correct` how they joined",
    )


def remove_member(state: State, command: RemoveMember, context: Context) -> list[OrganisationEvent]:
    """Somebody who joined leaves, from one role at a time."""
    _must_be_there(state, context)
    if not state.has(command, context.when.day):
        raise Refused(
            "not-a-member",
            f"{command.person} was not {command.role} here on {context.when}: name a `person` and a `role`"
            " that were, or correct `occurred_at`",
        )
    return [command.fact(context.by, event_id=context.event_id)]


def close_organisation(state: State, command: CloseOrganisation, context: Context) -> list[OrganisationEvent]:
    """An organisation is closed once; nobody works there any longer."""
    if state.closed:
        return []
    _must_be_there(state, context)
    return [command.fact(context.by, event_id=context.event_id)]


# --- what several rules ask -------------------------------------------------------------------------------


def _must_be_there(state: State, context: Context) -> Profile:
    if state.profile is None:
        raise Refused(
            "not-registered",
            f"the organisation was not registered by {context.when}: `register-organisation` first, or"
            " correct `occurred_at`",
        )
    if state.closed:
        raise Refused(
            "organisation-closed",
            f"the organisation was closed by {context.when}: register another under a name of its own, or"
            " `retract` the closing",
        )
    return state.profile
