"""A young person, as they are known to the programme: the rules.

    unregistered -> registered -> (died)
    a link to another record: proposed by one person -> confirmed by another -> written in both records

Neither record of a link is rewritten, and it can be taken back in the same way. Nothing personal is
remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

from scp_events.aggregates.participant.commands import (
    ConfirmIdentityLink,
    ConfirmIdentityUnlink,
    ParticipantCommand,
    ProposeIdentityLink,
    ProposeIdentityUnlink,
    RecordDeath,
    Register,
)
from scp_events.aggregates.participant.events import (
    IdentityLinked,
    IdentityLinkProposed,
    IdentityUnlinked,
    IdentityUnlinkProposed,
    ParticipantDied,
    ParticipantEvent,
    ParticipantRegistered,
)
from scp_events.aggregates.participant.evidence import Acceptances, Records
from scp_events.vocabulary import Actor, CaseId, Context, Elsewhere, EventId, Refused, Word, replace, the_one

Decided: TypeAlias = list[ParticipantEvent | Elsewhere]
Proposals: TypeAlias = Mapping[CaseId, Actor]
"""Who proposed it, by the other record."""

# --- state ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """What we remember: no more than the next decision needs."""

    registered_as: EventId | None = None
    died: bool = False
    links: tuple[CaseId, ...] = ()
    links_proposed: Proposals = field(default_factory=dict)
    unlinks_proposed: Proposals = field(default_factory=dict)


initial = State()


class View(Word):
    """What others may read of a participant."""

    registered_as: EventId | None
    died: bool
    linked: tuple[CaseId, ...]
    links_proposed: tuple[CaseId, ...]
    unlinks_proposed: tuple[CaseId, ...]


def view(state: State) -> View:
    """Return what others may read."""
    return View(
        registered_as=state.registered_as,
        died=state.died,
        linked=state.links,
        links_proposed=tuple(state.links_proposed),
        unlinks_proposed=tuple(state.unlinks_proposed),
    )


def evolve(state: State, event: ParticipantEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case ParticipantRegistered():
            return replace(state, registered_as=event.event_id)
        case ParticipantDied():
            return replace(state, died=True)
        case IdentityLinkProposed():
            proposed = {**state.links_proposed, event.other: event.decision.by}
            return replace(state, links_proposed=proposed)
        case IdentityLinked():
            links = (*_without(state.links, event.other), event.other)
            return replace(_with_nothing_proposed(state, event.other), links=links)
        case IdentityUnlinkProposed():
            proposed = {**state.unlinks_proposed, event.other: event.decision.by}
            return replace(state, unlinks_proposed=proposed)
        case IdentityUnlinked():
            links = _without(state.links, event.other)
            return replace(_with_nothing_proposed(state, event.other), links=links)
    assert_never(event)


def _with_nothing_proposed(state: State, other: CaseId) -> State:
    """What was confirmed, perhaps in the other record, leaves nothing to be confirmed in this one."""
    return replace(
        state,
        links_proposed={case: by for case, by in state.links_proposed.items() if case != other},
        unlinks_proposed={case: by for case, by in state.unlinks_proposed.items() if case != other},
    )


def _without(links: tuple[CaseId, ...], other: CaseId) -> tuple[CaseId, ...]:
    return tuple(case for case in links if case != other)


# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: ParticipantCommand, context: Context) -> Decided:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case Register():
            return register(state, command, context)
        case RecordDeath():
            return record_death(state, command, context)
        case ProposeIdentityLink():
            return propose_identity_link(state, command, context)
        case ConfirmIdentityLink():
            return confirm_identity_link(state, command, context)
        case ProposeIdentityUnlink():
            return propose_identity_unlink(state, command, context)
        case ConfirmIdentityUnlink():
            return confirm_identity_unlink(state, command, context)
    assert_never(command)


# --- the rules: registration and death --------------------------------------------------------------------


def register(state: State, command: Register, context: Context) -> Decided:
    """A participant is registered once: by themselves, or through a referral that was accepted."""
    if state.registered_as is not None:
        raise Refused(
            "already-registered",
            f"event {state.registered_as} registered this participant: `correct` it where it is wrong",
        )
    return [
        command.fact(
            context.by,
            event_id=context.event_id,
            case_reference=context.name,
            accepted_as=_acceptance(command, context.evidence),
        )
    ]


def _acceptance(command: Register, known: Acceptances) -> EventId | None:
    if command.referral_id is None:
        return None
    if command.referral_id not in known.accepted:
        raise Refused(
            "referral-not-accepted",
            f"referral {command.referral_id} was not accepted by then: `accept-referral` first, or leave"
            " `referral_id` out for somebody who came by themselves",
        )
    return known.accepted[command.referral_id]


def record_death(state: State, command: RecordDeath, context: Context) -> Decided:
    """A death is recorded once."""
    _must_be_registered(state)
    return [] if state.died else [command.fact(context.by)]


def _must_be_registered(state: State) -> None:
    if state.registered_as is None:
        raise Refused("not-registered", "the participant was not registered by then: `register` first")


# --- the rules: one person, two records -------------------------------------------------------------------


def propose_identity_link(state: State, command: ProposeIdentityLink, context: Context) -> Decided:
    """Somebody recognises the person of another record that there is."""
    _must_be_registered(state)
    if command.other in state.links:
        return []
    _must_be_another_record(command.other, context)
    if _is_proposed(state.links_proposed, command.other, context.by, "confirm-identity-link"):
        return []
    return [command.fact(context.by)]


def confirm_identity_link(state: State, command: ConfirmIdentityLink, context: Context) -> Decided:
    """A second person confirms that two records are one person's; it is written in both or in neither."""
    if command.other in state.links:
        return []
    proposer = _proposer(state.links_proposed, command.other, context.by, "propose-identity-link")
    return _in_both_records(command, context, proposer)


def propose_identity_unlink(state: State, command: ProposeIdentityUnlink, context: Context) -> Decided:
    """Somebody doubts that two linked records are one person's."""
    if command.other not in state.links:
        raise Refused(
            "not-linked",
            f"record {command.other} is not linked with this one: {_which_are_linked(state)}",
        )
    if _is_proposed(state.unlinks_proposed, command.other, context.by, "confirm-identity-unlink"):
        return []
    return [command.fact(context.by)]


def _which_are_linked(state: State) -> str:
    return "name in `other` one that is" if state.links else "none is, so there is nothing to undo"


def confirm_identity_unlink(state: State, command: ConfirmIdentityUnlink, context: Context) -> Decided:
    """A second person confirms that two linked records are two people's; it is written in both or neither."""
    proposer = _proposer(state.unlinks_proposed, command.other, context.by, "propose-identity-unlink")
    return _in_both_records(command, context, proposer)


def _must_be_another_record(other: CaseId, context: Context) -> None:
    known: Records = context.evidence
    if other == context.case_id:
        raise Refused("same-record", f"{other} is the record asked: name in `other` the other one")
    if the_one(context.stream.category, other) not in known.registered:
        raise Refused(
            "unknown-record",
            f"nobody is registered under {other}: name in `other` the case id of the other record",
        )


def _is_proposed(proposals: Proposals, other: CaseId, by: Actor, confirm: str) -> bool:
    """Return whether somebody proposes again what they proposed; a second person is told to confirm it."""
    proposer = proposals.get(other)
    if proposer is not None and proposer.id != by.id:
        raise Refused("already-proposed", f"{proposer.id} proposed this: `{confirm}` instead")
    return proposer is not None


def _proposer(proposals: Proposals, other: CaseId, by: Actor, propose: str) -> Actor:
    if other not in proposals:
        raise Refused(
            "not-proposed",
            f"nobody proposed this of record {other}: `{propose}` first, so that two people decide it",
        )
    if proposals[other].id == by.id:
        raise Refused("own-proposal", f"{by.id} proposed this: let somebody else confirm it")
    return proposals[other]


def _in_both_records(
    command: ConfirmIdentityLink | ConfirmIdentityUnlink, context: Context, proposed_by: Actor
) -> Decided:
    own = command.fact(context.by, proposed_by=proposed_by)
    others = own.model_copy(update={"other": context.case_id})
    return [own, Elsewhere(the_one(context.stream.category, command.other), command.other, others)]
