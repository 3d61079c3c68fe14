"""The jurisdiction: the rules.

    defined -> profile changed (any number of times)
            -> policy adopted (any number of times)

A version of the policy never changes once it was adopted. It may be adopted again, as it is, for a later day:
so one returns to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from scp_events.aggregates.jurisdiction.commands import (
    AdoptPolicy,
    ChangeProfile,
    DefineJurisdiction,
    JurisdictionCommand,
)
from scp_events.aggregates.jurisdiction.events import (
    HOME,
    Adoption,
    JurisdictionDefined,
    JurisdictionEvent,
    PolicyAdopted,
    Profile,
    ProfileChanged,
    adopted_by,
)
from scp_events.policy import NOTHING_ADOPTED, Adopted, Policies
from scp_events.vocabulary import (
    Command,
    Context,
    Evidence,
    Policy,
    Refused,
    Word,
    must_differ,
    part_of,
    replace,
)

EVIDENCE: Mapping[type[Command], Evidence[Any]] = {}

# --- state ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """What we remember: the profile, and every version of the policy that was adopted."""

    profile: Profile | None = None
    policies: Policies = NOTHING_ADOPTED


initial = State()


class View(Word):
    """What others may read of the jurisdiction."""

    profile: Profile | None
    adopted: tuple[Adoption, ...]
    """In the order of adoption."""


def view(state: State) -> View:
    """Return what others may read."""
    return View(
        profile=state.profile,
        adopted=tuple(
            Adoption(policy=each.policy, in_force_from=each.first_day) for each in state.policies.adopted
        ),
    )


def evolve(state: State, event: JurisdictionEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case JurisdictionDefined() | ProfileChanged():
            return replace(state, profile=part_of(event, Profile))
        case PolicyAdopted():
            return replace(state, policies=Policies((*state.policies.adopted, adopted_by(event))))
    assert_never(event)


# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: JurisdictionCommand, context: Context) -> list[JurisdictionEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case DefineJurisdiction():
            return define_jurisdiction(state, command, context)
        case ChangeProfile():
            return change_profile(state, command, context)
        case AdoptPolicy():
            return adopt_policy(state, command, context)
    assert_never(command)


def define_jurisdiction(
    state: State, command: DefineJurisdiction, context: Context
) -> list[JurisdictionEvent]:
    """There is one jurisdiction, it is defined once, and its days are those of the log."""
    if context.name != HOME:
        raise Refused(
            "one-jurisdiction",
            f"an installation has one jurisdiction, called {HOME}, not {context.name}: call it {HOME}, and"
            " say in `title` what people call it",
        )
    if state.profile is not None:
        if state.profile == part_of(command, Profile):
            return []
        raise Refused("already-defined", "it was defined already: say what changed with `change-profile`")
    _must_be_a_profile(command, context)
    return [command.fact(context.by, code=context.name)]


def change_profile(state: State, command: ChangeProfile, context: Context) -> list[JurisdictionEvent]:
    """The profile of what was defined changes as a whole; its days stay those of the log."""
    _must_be_defined(state)
    if state.profile == part_of(command, Profile):
        return []
    _must_be_a_profile(command, context)
    return [command.fact(context.by)]


def adopt_policy(state: State, command: AdoptPolicy, context: Context) -> list[JurisdictionEvent]:
    """S3.17: a version is adopted for days to come, and its numbers never change."""
    _must_be_defined(state)
    policy = command.policy
    if Adopted(policy, command.in_force_from) in state.policies.adopted:
        return []
    known = state.policies.of(policy.version)
    if known not in {None, policy}:
        raise Refused(
            "version-taken",
            f"version {policy.version} has other numbers ({', '.join(_differing(known, policy))}): give this"
            " one a `version` of its own",
        )
    must_differ("`variant_minutes`", [f"{each.programme} {each.variant}" for each in policy.variant_minutes])
    return [command.fact(context.by)]


# --- what several rules ask -------------------------------------------------------------------------------


def _must_be_defined(state: State) -> None:
    if state.profile is None:
        raise Refused("not-defined", "the jurisdiction was not defined yet: `define-jurisdiction` first")


def _must_be_a_profile(profile: Profile, context: Context) -> None:
    if profile.time_zone != context.time_zone:
        raise Refused(
            "another-time-zone",
            f"the log counts days of {context.time_zone}, not of {profile.time_zone}, and what was recorded"
            " keeps its day: correct `time_zone`, or begin a log for that time zone",
        )
    must_differ("`legal_bases`", [basis.code for basis in profile.legal_bases])
    must_differ("`retention`", [rule.record_kind for rule in profile.retention])


def _differing(one: Policy, other: Policy) -> list[str]:
    return [name for name in Policy.model_fields if getattr(one, name) != getattr(other, name)]
