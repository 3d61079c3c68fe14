"""A support episode: the rules, and what they need to know of other streams.

    requested -> open -> closed (resolved, unresolved or transferred) -> open -> ...

Positions are facts over time: what counts is the latest in time, however late it was reported. What was done
is told in the history and decides nothing, so it is not remembered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias, assert_never
from uuid import UUID

from scp_events.aggregates.agreement.events import AGREEMENTS, Disclosure, must_be_agreed
from scp_events.aggregates.irp.events import GoalOutcome, NeedIdentified
from scp_events.aggregates.organisation.events import (
    REGISTER,
    Listing,
    Register,
    Whom,
    must_be_listed,
    their_own,
)
from scp_events.aggregates.participant.events import PRESENCE, Presence, must_be_present
from scp_events.aggregates.practitioner.events import (
    CREDENTIALS,
    Credentials,
    must_be_competent,
    stream_of,
)
from scp_events.aggregates.support.commands import (
    CloseSupport,
    OpenSupport,
    RecordCourtAccompaniment,
    RecordCrisisIntervention,
    RecordDebtPosition,
    RecordEmploymentStatus,
    RecordHousingStatus,
    RecordSupportAction,
    RecordSupportOutcome,
    ReopenSupport,
    RequestSupport,
    SupportCommand,
)
from scp_events.aggregates.support.events import (
    CourtAccompanied,
    CrisisInterventionRecorded,
    DebtPosition,
    DebtPositionRecorded,
    EmploymentStatusRecorded,
    HousingStatusRecorded,
    Request,
    SupportActionRecorded,
    SupportClosed,
    SupportEnd,
    SupportEvent,
    SupportOpened,
    SupportOutcomeRecorded,
    SupportReopened,
    SupportRequested,
    TellingAreas,
    TellingEmployment,
    TellingHousing,
    TellingKind,
)
from scp_events.vocabulary import (
    STAFF,
    Actor,
    Command,
    Context,
    Erased,
    Event,
    EventId,
    Evidence,
    Fact,
    OrganisationCode,
    PersonId,
    Refused,
    Word,
    part_of,
    replace,
)

# --- what other streams say -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Needs:
    """Whether there is somebody to help, and which needs of theirs were identified."""

    presence: Presence = field(default_factory=Presence)
    identified: frozenset[EventId] = frozenset()


def _identify(known: Needs, fact: Fact[Event]) -> Needs:
    if isinstance(fact.event, NeedIdentified):
        return replace(known, identified=known.identified | {fact.event_id})
    return replace(known, presence=PRESENCE.evolve(known.presence, fact))


@dataclass(frozen=True)
class OnHand:
    """Whether there is somebody to help, who worked where, and what whoever helped is certified for."""

    presence: Presence = field(default_factory=Presence)
    register: Register = field(default_factory=Register)
    credentials: Credentials = field(default_factory=Credentials)


def _be_on_hand(known: OnHand, fact: Fact[Event]) -> OnHand:
    return OnHand(
        PRESENCE.evolve(known.presence, fact),
        REGISTER.evolve(known.register, fact),
        CREDENTIALS.evolve(known.credentials, fact),
    )


Helping: TypeAlias = RecordSupportAction | RecordCourtAccompaniment | RecordCrisisIntervention


def _whoever_intervened(command: RecordCrisisIntervention, by: Actor) -> tuple[UUID, UUID]:
    return (stream_of(command.done_by).id, *their_own(command, by))


HELPING = Evidence(OnHand(), _be_on_hand, over=(*PRESENCE.over, *REGISTER.over), others=their_own)


EVIDENCE: Mapping[type[Command], Evidence[Any]] = {
    RequestSupport: Evidence(Needs(), _identify, over=(*PRESENCE.over, NeedIdentified)),
    OpenSupport: PRESENCE,
    RecordSupportAction: HELPING,
    RecordCourtAccompaniment: HELPING,
    RecordCrisisIntervention: Evidence(
        OnHand(), _be_on_hand, over=(*HELPING.over, *CREDENTIALS.over), others=_whoever_intervened
    ),
    RecordDebtPosition: PRESENCE,
    RecordEmploymentStatus: PRESENCE,
    RecordHousingStatus: PRESENCE,
    CloseSupport: AGREEMENTS,
    ReopenSupport: PRESENCE,
}
"""What came of it is said, and an episode is closed, after a death as well."""

# --- state ------------------------------------------------------------------------------------------------


class Status(StrEnum):
    """Where the episode stands."""

    NOT_REQUESTED = "not-requested"
    REQUESTED = "requested"
    OPEN = "open"
    CLOSED = "closed"


SCOPE_OF_TRANSFERS = "support"
"""The scope of an agreement under which an episode may be transferred to another organisation."""


class Result(NamedTuple):
    """What came of the support, and the event that says so."""

    outcome: GoalOutcome
    said_by: EventId


@dataclass(frozen=True)
class State:
    """What we remember: where the episode stands, and each position as it is now."""

    status: Status = Status.NOT_REQUESTED
    request: Request | None = None
    result: Result | None = None
    """Since the episode was opened, or reopened."""
    debt: DebtPosition | None = None
    employment: TellingEmployment | None = None
    housing: TellingHousing | None = None
    closed_as: SupportEnd | None = None
    transferred_to: OrganisationCode | None = None


initial = State()


class View(Word):
    """What others may read of an episode."""

    status: Status
    kind: TellingKind | None
    areas: TellingAreas | None
    need: EventId | None
    outcome: GoalOutcome | None
    debt: DebtPosition | None
    employment: TellingEmployment | None
    housing: TellingHousing | None
    closed_as: SupportEnd | None
    transferred_to: OrganisationCode | None


def view(state: State) -> View:
    """Return what others may read."""
    request = state.request
    return View(
        status=state.status,
        kind=request.kind if request else None,
        areas=request.areas if request else None,
        need=request.need if request else None,
        outcome=state.result.outcome if state.result else None,
        debt=state.debt,
        employment=state.employment,
        housing=state.housing,
        closed_as=state.closed_as,
        transferred_to=state.transferred_to,
    )


def evolve(state: State, event: SupportEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case SupportRequested():
            return replace(state, status=Status.REQUESTED, request=part_of(event, Request))
        case SupportOpened() | SupportReopened():
            return replace(state, status=Status.OPEN, result=None, closed_as=None, transferred_to=None)
        case SupportActionRecorded() | CourtAccompanied() | CrisisInterventionRecorded():
            return state
        case DebtPositionRecorded():
            return replace(state, debt=part_of(event, DebtPosition))
        case EmploymentStatusRecorded():
            return replace(state, employment=event.employment)
        case HousingStatusRecorded():
            return replace(state, housing=event.housing)
        case SupportOutcomeRecorded():
            return replace(state, result=Result(event.outcome, event.event_id))
        case SupportClosed():
            return replace(
                state,
                status=Status.CLOSED,
                closed_as=event.closed_as,
                transferred_to=event.transferred_to,
            )
    assert_never(event)


# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: SupportCommand, context: Context) -> list[SupportEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case RequestSupport():
            return request_support(state, command, context)
        case OpenSupport():
            return open_support(state, command, context)
        case RecordSupportAction() | RecordCourtAccompaniment():
            return record_support(state, command, context)
        case RecordCrisisIntervention():
            return record_crisis_intervention(state, command, context)
        case RecordDebtPosition():
            return record_debt_position(state, command, context)
        case RecordEmploymentStatus() | RecordHousingStatus():
            return record_status(state, command, context)
        case RecordSupportOutcome():
            return record_support_outcome(state, command, context)
        case CloseSupport():
            return close_support(state, command, context)
        case ReopenSupport():
            return reopen_support(state, command, context)
    assert_never(command)


# --- the rules: asking and helping ------------------------------------------------------------------------


def request_support(state: State, command: RequestSupport, context: Context) -> list[SupportEvent]:
    """An episode is one request, of somebody registered; a need that it names was identified."""
    known: Needs = context.evidence
    must_be_present(known.presence)
    if state.status is not Status.NOT_REQUESTED:
        raise Refused(
            "already-requested",
            f"this episode is {state.status}: `correct` its request, or `request-support` for another",
        )
    _must_differ("areas", command.areas)
    if command.need is not None and command.need not in known.identified:
        raise Refused(
            "no-such-need",
            f"event {command.need} identified no need by {context.when}: name in `need` one that did, or"
            " leave it out",
        )
    return [command.fact(context.by, event_id=context.event_id)]


def open_support(state: State, command: OpenSupport, context: Context) -> list[SupportEvent]:
    """What was requested is opened once; what was closed is reopened."""
    must_be_present(context.evidence)
    if state.status is Status.OPEN:
        return []
    if state.status is not Status.REQUESTED:
        raise Refused(
            "not-requested",
            f"the episode is {state.status}: `request-support` first, or `reopen-support` if it was closed",
        )
    return [command.fact(context.by)]


def record_support(
    state: State, command: RecordSupportAction | RecordCourtAccompaniment, context: Context
) -> list[SupportEvent]:
    """Help is given while the episode is open."""
    known: OnHand = context.evidence
    must_be_present(known.presence)
    _must_be_open(state, context)
    helper = command.done_by if isinstance(command, RecordSupportAction) else command.accompanied_by
    listings = _listed(helper, context)
    return [command.fact(context.by, event_id=context.event_id, listings=listings)]


def record_crisis_intervention(
    state: State, command: RecordCrisisIntervention, context: Context
) -> list[SupportEvent]:
    """A crisis waits for no decision; who intervenes is competent, as strictly as the policy says (S1.12)."""
    known: OnHand = context.evidence
    must_be_present(known.presence)
    _must_be_requested(state, context)
    competence = must_be_competent(
        known.credentials, context.policy.credential_in_crisis, context, command.done_by
    )
    listings = _listed(command.done_by, context)
    return [command.fact(context.by, event_id=context.event_id, competence=competence, listings=listings)]


def _listed(helper: PersonId, context: Context) -> tuple[Listing, ...]:
    """Look whoever helped up among the members of the organisation of whoever reports it."""
    known: OnHand = context.evidence
    whom = Whom(helper, context.author.organisation, STAFF)
    return must_be_listed(known.register, [whom], context.policy.register_of_members, context.when.day)


# --- the rules: positions ---------------------------------------------------------------------------------


def record_debt_position(state: State, command: RecordDebtPosition, context: Context) -> list[SupportEvent]:
    """Debts are added up from the request on, to decide whether to help as well as to see what it did."""
    must_be_present(context.evidence)
    _must_be_requested(state, context)
    _must_differ("means", command.means)
    _must_fit_together(command)
    return [command.fact(context.by, event_id=context.event_id)]


def record_status(
    state: State, command: RecordEmploymentStatus | RecordHousingStatus, context: Context
) -> list[SupportEvent]:
    """How somebody stands can be told from the request on, and after the closing: then it is seen to last."""
    must_be_present(context.evidence)
    _must_be_requested(state, context)
    return [command.fact(context.by, event_id=context.event_id)]


def _must_fit_together(debt: DebtPosition) -> None:
    """Refuse an instalment beyond the debt, without repeating either: they tell of the person."""
    owed, instalment = debt.owed, debt.monthly_instalment
    if isinstance(owed, Erased) or isinstance(instalment, Erased) or instalment is None:
        return
    if instalment > owed:
        raise Refused(
            "instalment-beyond-the-debt",
            "the `monthly_instalment` is more than is `owed`: correct one of the two",
        )


# --- the rules: the end -----------------------------------------------------------------------------------


def record_support_outcome(
    state: State, command: RecordSupportOutcome, context: Context
) -> list[SupportEvent]:
    """What came of the support is said while the episode is open."""
    _must_be_open(state, context)
    return [command.fact(context.by, event_id=context.event_id)]


def close_support(state: State, command: CloseSupport, context: Context) -> list[SupportEvent]:
    """An open episode is resolved where something was achieved, and transferred under an agreement."""
    if state.status is Status.CLOSED and _is_closed_so(state, command):
        return []
    _must_be_open(state, context)
    _must_say_who_goes_on(command)
    return [command.relying_on(_grounds_of_closing(state, command, context)).fact(context.by)]


def _grounds_of_closing(state: State, command: CloseSupport, context: Context) -> tuple[EventId, ...]:
    match command.closed_as:
        case SupportEnd.UNRESOLVED:
            return ()
        case SupportEnd.RESOLVED:
            return (_something_achieved(state),)
        case SupportEnd.TRANSFERRED:
            by, to, day = context.by.organisation, command.transferred_to, context.when.day
            asked_for = context.policy.agreement_to_refer
            disclosure = Disclosure(SCOPE_OF_TRANSFERS, by, to, day)
            return must_be_agreed(context.evidence, command, disclosure, asked_for=asked_for)
    assert_never(command.closed_as)


def _something_achieved(state: State) -> EventId:
    if state.result is None or state.result.outcome is GoalOutcome.NOT:
        raise Refused(
            "nothing-achieved",
            f"the outcome is {state.result.outcome if state.result else 'not recorded'}: record one that is"
            " achieved or partial with `record-support-outcome`, or close the episode as unresolved",
        )
    return state.result.said_by


def reopen_support(state: State, command: ReopenSupport, context: Context) -> list[SupportEvent]:
    """An episode that was closed can be reopened."""
    must_be_present(context.evidence)
    if state.status is not Status.CLOSED:
        raise Refused("not-closed", f"the episode is {state.status}: only one that was closed is reopened")
    return [command.fact(context.by)]


def _is_closed_so(state: State, command: CloseSupport) -> bool:
    return (state.closed_as, state.transferred_to) == (command.closed_as, command.transferred_to)


def _must_say_who_goes_on(command: CloseSupport) -> None:
    if (command.closed_as is SupportEnd.TRANSFERRED) != (command.transferred_to is not None):
        raise Refused(
            "who-goes-on",
            f"the episode is closed as {command.closed_as} and `transferred_to` is"
            f" {command.transferred_to or 'left out'}: name who goes on with what is transferred, and nobody"
            " otherwise",
        )


# --- what several rules ask -------------------------------------------------------------------------------


def _must_be_requested(state: State, context: Context) -> None:
    if state.status is Status.NOT_REQUESTED:
        raise Refused("not-requested", f"no support was requested by {context.when}: `request-support` first")


def _must_be_open(state: State, context: Context) -> None:
    if state.status is not Status.OPEN:
        raise Refused(
            "not-open",
            f"the episode was {state.status} at {context.when}: open it with `open-support` or"
            " `reopen-support` first, or correct `occurred_at`",
        )


def _must_differ(name: str, codes: Sequence[StrEnum] | Erased) -> None:
    if not isinstance(codes, Erased) and len(set(codes)) < len(codes):
        raise Refused("named-twice", f"`{name}` names something twice: name each once")
