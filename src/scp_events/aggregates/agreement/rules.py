"""An agreement to share information: the rules, and what they need to know of the parties.

    signed -> amended (any number of times) -> ended
    suspended <-> resumed

Whether it is in force is asked of a day: terms agreed on for a later day take force, and end, by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, assert_never
from uuid import UUID

from scp_events.aggregates.agreement.commands import (
    AgreementCommand,
    AmendAgreement,
    EndAgreement,
    RecordContribution,
    RecordFundingSource,
    ResumeAgreement,
    SignAgreement,
    SuspendAgreement,
)
from scp_events.aggregates.agreement.events import (
    AgreementEvent,
    Standing,
    Terms,
    standing_after,
)
from scp_events.aggregates.organisation.events import OrganisationClosed, OrganisationRegistered
from scp_events.vocabulary import (
    Command,
    Context,
    Event,
    Evidence,
    Fact,
    Refused,
    Stream,
    Word,
    must_differ,
    named,
    part_of,
    replace,
)

# --- what other streams say -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Organisations:
    """Which organisations there are."""

    there: frozenset[Stream] = frozenset()


def _learn(known: Organisations, fact: Fact[Event]) -> Organisations:
    if isinstance(fact.event, OrganisationRegistered):
        return replace(known, there=known.there | {fact.stream})
    return replace(known, there=known.there - {fact.stream})


def _parties(command: Terms, _by: object) -> Iterable[UUID]:
    return (named("organisation", party).id for party in command.parties)


PARTIES = Evidence(
    Organisations(), _learn, over=(OrganisationRegistered, OrganisationClosed), others=_parties
)
EVIDENCE: Mapping[type[Command], Evidence[Any]] = {SignAgreement: PARTIES, AmendAgreement: PARTIES}

# --- state ------------------------------------------------------------------------------------------------

State = Standing
initial = State()


class View(Word):
    """What others may read of an agreement."""

    versions: tuple[Terms, ...]
    """In the order agreed on."""
    suspended: bool
    last_day: date | None
    """Where it was ended early."""


def view(state: State) -> View:
    """Return what others may read."""
    return View(
        versions=tuple(version.terms for version in state.versions),
        suspended=state.suspended,
        last_day=state.last_day,
    )


def evolve(state: State, event: AgreementEvent) -> State:
    """Return what we remember once `event` has happened."""
    return standing_after(state, event)


# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: AgreementCommand, context: Context) -> list[AgreementEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case SignAgreement():
            return sign_agreement(state, command, context)
        case AmendAgreement():
            return amend_agreement(state, command, context)
        case SuspendAgreement():
            return suspend_agreement(state, command, context)
        case ResumeAgreement():
            return resume_agreement(state, command, context)
        case EndAgreement():
            return end_agreement(state, command, context)
        case RecordContribution():
            return record_contribution(state, command, context)
        case RecordFundingSource():
            return record_funding_source(state, command, context)
    assert_never(command)


# --- the rules: the terms ---------------------------------------------------------------------------------


def sign_agreement(state: State, command: SignAgreement, context: Context) -> list[AgreementEvent]:
    """An agreement is signed once, by organisations in the register."""
    if state.versions:
        if state.versions[0].terms == part_of(command, Terms):
            return []
        raise Refused(
            "already-signed",
            f"agreement {context.name} was signed by {context.when}: say what changed with"
            " `amend-agreement`, or sign another under a name of its own",
        )
    _must_be_terms(command, context)
    return [command.fact(context.by, event_id=context.event_id, code=context.name)]


def amend_agreement(state: State, command: AmendAgreement, context: Context) -> list[AgreementEvent]:
    """What was signed and has not ended can be amended."""
    _must_be_signed(state, context)
    if state.versions[-1].terms == part_of(command, Terms):
        return []
    _must_not_have_ended(state, context)
    _must_be_terms(command, context)
    return [command.fact(context.by, event_id=context.event_id)]


def _must_be_terms(terms: Terms, context: Context) -> None:
    for name in ("parties", "scopes", "purposes"):
        must_differ(f"`{name}`", getattr(terms, name))
    if len(terms.parties) == 1:
        raise Refused(
            "one-party",
            f"{terms.parties[0]} cannot agree with itself: name in `parties` everybody who shares",
        )
    known: Organisations = context.evidence
    unknown = [party for party in terms.parties if named("organisation", party) not in known.there]
    if unknown:
        raise Refused(
            "no-such-organisation",
            f"{unknown[0]} was not in the register of organisations on {context.when}, or was closed:"
            " `register-organisation` first, or name another in `parties`",
        )


# --- the rules: what stops it -----------------------------------------------------------------------------


def suspend_agreement(state: State, command: SuspendAgreement, context: Context) -> list[AgreementEvent]:
    """What was signed and has not ended can be suspended."""
    _must_be_signed(state, context)
    if state.suspended:
        return []
    _must_not_have_ended(state, context)
    return [command.fact(context.by, event_id=context.event_id)]


def resume_agreement(state: State, command: ResumeAgreement, context: Context) -> list[AgreementEvent]:
    """What was suspended can be resumed."""
    _must_be_signed(state, context)
    if not state.suspended:
        return []
    _must_not_have_ended(state, context)
    return [command.fact(context.by, event_id=context.event_id)]


def end_agreement(state: State, command: EndAgreement, context: Context) -> list[AgreementEvent]:
    """What was signed is ended once, on the day of the notice or later."""
    _must_be_signed(state, context)
    if state.last_day == command.last_day:
        return []
    if state.last_day is not None:
        raise Refused(
            "already-ended",
            f"the last day is {state.last_day.isoformat()}: `correct` that, or sign another agreement",
        )
    return [command.fact(context.by, event_id=context.event_id)]


# --- the rules: money -------------------------------------------------------------------------------------


def record_contribution(state: State, command: RecordContribution, context: Context) -> list[AgreementEvent]:
    """A contribution is a party's, by any version of the terms."""
    _must_be_signed(state, context)
    parties = {party for version in state.versions for party in version.terms.parties}
    if command.contributor not in parties:
        raise Refused(
            "not-a-party",
            f"{command.contributor} is none of {', '.join(sorted(parties))}: name a party in `contributor`,"
            " or say where the money comes from with `record-funding-source`",
        )
    return [command.fact(context.by, event_id=context.event_id)]


def record_funding_source(
    state: State, command: RecordFundingSource, context: Context
) -> list[AgreementEvent]:
    """Money may come from anybody, for an agreement that was signed."""
    _must_be_signed(state, context)
    return [command.fact(context.by, event_id=context.event_id)]


# --- what several rules ask -------------------------------------------------------------------------------


def _must_be_signed(state: State, context: Context) -> None:
    if not state.versions:
        raise Refused(
            "not-signed",
            f"the agreement was not signed by {context.when}: `sign-agreement` first, or correct"
            " `occurred_at`",
        )


def _must_not_have_ended(state: State, context: Context) -> None:
    if state.last_day is not None and state.last_day < context.when.day:
        raise Refused(
            "agreement-ended",
            f"the agreement ended on {state.last_day.isoformat()}: sign another under a name of its own",
        )
