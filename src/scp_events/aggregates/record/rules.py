"""Keeping and erasing a young person's record: the rules.

    not requested -> requested -> refused | approved -> begun -> done
                                  approved -> refused

Two people decide an erasure. It is neither approved nor begun on a day on which a hold lasts; what was
approved can be refused until it begins, and once it has begun a hold comes too late. Nothing that is
published of the young person's words is out by then: grounds for taking it down could not be written any
more. What follows is in `erasure`. The grounds of the approval are remembered; the words in them read as
erased afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import assert_never

from scp_events.aggregates.record.commands import (
    ApproveErasure,
    BeginErasure,
    ErasePersonalData,
    PlaceLegalHold,
    RecordCommand,
    RefuseErasure,
    ReleaseLegalHold,
    RequestErasure,
)
from scp_events.aggregates.record.events import (
    ErasureApproved,
    ErasureBegun,
    ErasureRefused,
    ErasureRequested,
    Hold,
    LegalHoldPlaced,
    LegalHoldReleased,
    PersonalDataErased,
    RecordEvent,
)
from scp_events.aggregates.record.evidence import Publications
from scp_events.vocabulary import Context, Decision, PersonId, Refused, Word, replace

# --- state ------------------------------------------------------------------------------------------------


class Erasure(StrEnum):
    """How far the erasure of personal data has come."""

    NOT_REQUESTED = "not-requested"
    REQUESTED = "requested"
    REFUSED = "refused"
    APPROVED = "approved"
    BEGUN = "begun"
    DONE = "done"

    @property
    def is_approved(self) -> bool:
        """Whether it was approved, and that stands."""
        return self is Erasure.APPROVED or self.has_begun

    @property
    def has_begun(self) -> bool:
        """Whether keys are being destroyed, or are: there is no way back."""
        return self in {Erasure.BEGUN, Erasure.DONE}


@dataclass(frozen=True)
class State:
    """What we remember: no more than the next decision needs."""

    holds: Mapping[str, Hold | None] = field(default_factory=dict)
    """By reference; None once released."""
    erasure: Erasure = Erasure.NOT_REQUESTED
    requested_by: PersonId | None = None
    approved: Decision | None = None
    """On which grounds."""


initial = State()


def lasting(state: State) -> list[Hold]:
    """Return the holds that were not released, whether or not their last day is over."""
    return [hold for hold in state.holds.values() if hold is not None]


class View(Word):
    """What others may read of a record."""

    erasure: Erasure
    requested_by: PersonId | None
    holds: tuple[Hold, ...]
    """Those that were not released."""


def view(state: State) -> View:
    """Return what others may read."""
    return View(erasure=state.erasure, requested_by=state.requested_by, holds=tuple(lasting(state)))


def evolve(state: State, event: RecordEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case LegalHoldPlaced():
            return replace(state, holds={**state.holds, event.reference: _hold(event)})
        case LegalHoldReleased():
            return replace(state, holds={**state.holds, event.reference: None})
        case ErasureRequested():
            return replace(state, erasure=Erasure.REQUESTED, requested_by=event.requested_by.id)
        case ErasureRefused():
            return replace(state, erasure=Erasure.REFUSED)
        case ErasureApproved():
            return replace(state, erasure=Erasure.APPROVED, approved=event.decision)
        case ErasureBegun():
            return replace(state, erasure=Erasure.BEGUN)
        case PersonalDataErased():
            return replace(state, erasure=Erasure.DONE)
    assert_never(event)


def _hold(said: Hold) -> Hold:
    return Hold(reference=said.reference, ordered_on=said.ordered_on, expires_on=said.expires_on)


# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: RecordCommand, context: Context) -> list[RecordEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case PlaceLegalHold():
            return place_legal_hold(state, command, context)
        case ReleaseLegalHold():
            return release_legal_hold(state, command, context)
        case RequestErasure():
            return request_erasure(state, command, context)
        case RefuseErasure():
            return refuse_erasure(state, command, context)
        case ApproveErasure():
            return approve_erasure(state, command, context)
        case BeginErasure():
            return begin_erasure(state, command, context)
        case ErasePersonalData():
            return erase_personal_data(state, command, context)
    assert_never(command)


# --- the rules: legal holds -------------------------------------------------------------------------------


def place_legal_hold(state: State, command: PlaceLegalHold, context: Context) -> list[RecordEvent]:
    """A hold lasts until a day that is still to come, and comes too late once keys are being destroyed."""
    if state.erasure.has_begun:
        raise Refused(
            "erasure-begun",
            "the keys to this record are being destroyed, or are: nothing is left that a hold could keep",
        )
    return [] if state.holds.get(command.reference) == _hold(command) else [command.fact(context.by)]


def release_legal_hold(state: State, command: ReleaseLegalHold, context: Context) -> list[RecordEvent]:
    """A hold that was placed is released once."""
    if command.reference not in state.holds:
        raise Refused(
            "no-such-hold",
            f"no hold {command.reference} was placed, only {', '.join(sorted(state.holds)) or 'none'}:"
            " name the `reference` of one that was",
        )
    return [] if state.holds[command.reference] is None else [command.fact(context.by)]


# --- the rules: erasure -----------------------------------------------------------------------------------


def request_erasure(state: State, command: RequestErasure, context: Context) -> list[RecordEvent]:
    """One request is open at a time; a refused one may be made again."""
    if state.erasure is Erasure.REQUESTED or state.erasure.is_approved:
        return []
    return [command.fact(context.by, requested_by=context.by)]


def refuse_erasure(state: State, command: RefuseErasure, context: Context) -> list[RecordEvent]:
    """A request is refused by a decision, once, and so is what was approved, until it begins."""
    if state.erasure is Erasure.REFUSED:
        return []
    if state.erasure.has_begun:
        raise Refused(
            "erasure-begun",
            f"erasure is {state.erasure}: the keys to this record are being destroyed, or are, so nothing is"
            " left to refuse",
        )
    if state.erasure is not Erasure.APPROVED:
        _must_be_requested(state)
    return [command.fact(context.by)]


def approve_erasure(state: State, command: ApproveErasure, context: Context) -> list[RecordEvent]:
    """What one person requested another approves, unless a hold lasts that day or a testimony is out."""
    if state.erasure.is_approved:
        return []
    _must_be_requested(state)
    _must_not_be_held(state, context.when.day)
    _must_not_be_published(context.evidence)
    if state.requested_by == context.by.id:
        raise Refused("own-request", f"{context.by.id} requested this erasure: let somebody else approve it")
    return [command.fact(context.by)]


def begin_erasure(state: State, command: BeginErasure, context: Context) -> list[RecordEvent]:
    """What was approved begins once, unless a hold was placed, or a testimony published, since."""
    if state.erasure.has_begun:
        return []
    _must_be_approved(state)
    _must_not_be_held(state, context.when.day)
    _must_not_be_published(context.evidence)
    return [command.fact(context.by)]


def erase_personal_data(state: State, command: ErasePersonalData, context: Context) -> list[RecordEvent]:
    """What was approved is erased once, on the grounds it was approved on."""
    if state.erasure is Erasure.DONE:
        return []
    if state.erasure is not Erasure.BEGUN or state.approved is None:
        raise Refused("erasure-not-begun", f"erasure is {state.erasure}: it is approved and begun first")
    return [command.fact(context.by, decision=state.approved)]


def _must_be_approved(state: State) -> None:
    if state.erasure is not Erasure.APPROVED:
        raise Refused(
            "erasure-not-approved",
            f"erasure is {state.erasure}: have a second person `approve-erasure` first",
        )


def _must_be_requested(state: State) -> None:
    if state.erasure is not Erasure.REQUESTED:
        raise Refused(
            "erasure-not-requested",
            f"erasure is {state.erasure}: `request-erasure` first, so that two people decide it",
        )


def _must_not_be_held(state: State, day: date) -> None:
    longest = max(lasting(state), key=lambda hold: hold.expires_on, default=None)
    if longest is not None and longest.expires_on >= day:
        raise Refused(
            "legal-hold",
            f"hold {longest.reference} lasts until {longest.expires_on.isoformat()}: `refuse-erasure` for"
            " now, or have the hold released with `release-legal-hold`",
        )


def _must_not_be_published(publications: Publications) -> None:
    for testimony, publisher in sorted(publications.out):
        raise Refused(
            "testimony-published",
            f"{publisher} publishes testimony {testimony}: `take-down-testimony` first, while grounds for it"
            " can be written",
        )
