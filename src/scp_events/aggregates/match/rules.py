"""A match between a participant and a mentor: the rules, and what they need to know of other streams.

    ranked -> proposed -> (accepted by both) -> active <-> paused -> closed
                       -> declined

A match is with one mentor for ever. Whoever is to have another is ranked for anew, in a match of its own that
follows on the one closed as rematched; what happened in that one stays there. How many matches a mentor has
lies in many cases, so each start and each closing is recorded in the mentor's stream, too, in one append: of
two cases that ask for the last place at once, one is told that it is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, TypeAlias, assert_never
from uuid import UUID

from scp_events.aggregates.match.commands import (
    AcceptMatchAsMentor,
    AcceptMatchAsParticipant,
    CloseMatch,
    DeclineMatch,
    MatchCommand,
    PauseMatch,
    ProposeMatch,
    RankCandidates,
    RecordMentorContact,
    ResumeMatch,
    ReviewMatch,
    StartMatch,
)
from scp_events.aggregates.match.events import (
    CandidatesRanked,
    ClosingReason,
    MatchAcceptedByMentor,
    MatchAcceptedByParticipant,
    MatchClosed,
    MatchDeclined,
    MatchEvent,
    MatchPaused,
    MatchProposed,
    MatchResumed,
    MatchReviewed,
    MatchReviewOutcome,
    MatchStarted,
    MentorContactRecorded,
    Party,
    WithMentor,
)
from scp_events.aggregates.mentor.events import (
    STANDING_RESTS_ON,
    MentorPlaceFreed,
    MentorPlaceTaken,
    Standing,
    must_be_fit,
    stand,
)
from scp_events.aggregates.participant.events import PRESENCE, Presence, must_be_present
from scp_events.vocabulary import (
    Actor,
    Command,
    Context,
    Elsewhere,
    Event,
    EventId,
    Evidence,
    Fact,
    PersonId,
    Refused,
    Stream,
    Word,
    must_differ,
    named,
    replace,
)

Decided: TypeAlias = list["MatchEvent | Elsewhere"]

# --- what other streams say -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mentors:
    """Whether there is a participant to work with, and how the mentor stands."""

    presence: Presence = field(default_factory=Presence)
    standings: Mapping[UUID, Standing] = field(default_factory=dict)
    """By their stream: a correction may name another mentor than the fact did."""

    def of(self, mentor: PersonId) -> Standing:
        """Return how a mentor stands."""
        return self.standings.get(stream_of(mentor).id, Standing())


def stream_of(mentor: PersonId) -> Stream:
    """Return where a mentor's history is."""
    return named("mentor", mentor)


def _know(known: Mentors, fact: Fact[Event]) -> Mentors:
    if isinstance(fact.event, STANDING_RESTS_ON):
        before = known.standings.get(fact.stream.id, Standing())
        return replace(known, standings={**known.standings, fact.stream.id: stand(before, fact.event)})
    return replace(known, presence=PRESENCE.evolve(known.presence, fact))


def _the_mentor(command: WithMentor, _by: Actor) -> tuple[UUID]:
    return (stream_of(command.mentor).id,)


MENTORS = Evidence(Mentors(), _know, over=(*PRESENCE.over, *STANDING_RESTS_ON), others=_the_mentor)


@dataclass(frozen=True)
class Earlier:
    """Whether there is a participant to work with, and which matches of theirs ask for another mentor."""

    presence: Presence = field(default_factory=Presence)
    rematched: frozenset[UUID] = frozenset()


def _follow(known: Earlier, fact: Fact[Event]) -> Earlier:
    match fact.event:
        case MatchClosed(reason=ClosingReason.REMATCHED):
            return replace(known, rematched=known.rematched | {fact.stream.id})
        case MatchClosed():
            return known
    return replace(known, presence=PRESENCE.evolve(known.presence, fact))


EVIDENCE: Mapping[type[Command], Evidence[Any]] = {
    RankCandidates: Evidence(Earlier(), _follow, over=(*PRESENCE.over, MatchClosed)),
    ProposeMatch: MENTORS,
    StartMatch: MENTORS,
    RecordMentorContact: PRESENCE,
    ResumeMatch: MENTORS,
    CloseMatch: MENTORS,
}
"""To close a match nothing of it is asked; what is recorded with the mentor is corrected by it."""

# --- state ------------------------------------------------------------------------------------------------


class Status(StrEnum):
    """Where a match stands."""

    NOT_RANKED = "not-ranked"
    RANKED = "ranked"
    PROPOSED = "proposed"
    DECLINED = "declined"
    ACTIVE = "active"
    PAUSED = "paused"
    CLOSED = "closed"


OPEN = frozenset({Status.ACTIVE, Status.PAUSED})
"""Started and not closed."""


@dataclass(frozen=True)
class State:
    """What we remember: no more than the next decision needs."""

    status: Status = Status.NOT_RANKED
    ranking: EventId | None = None
    candidates: tuple[PersonId, ...] = ()
    excluded: frozenset[PersonId] = frozenset()
    mentor: PersonId | None = None
    accepted_by: frozenset[Party] = frozenset()
    review_due_on: date | None = None
    to_end: bool = False
    contacts: int = 0
    minutes: int = 0
    closed_because: ClosingReason | None = None


initial = State()


class View(Word):
    """What others may read of a match."""

    status: Status
    candidates: tuple[PersonId, ...]
    """The best first."""
    mentor: PersonId | None
    accepted_by: tuple[Party, ...]
    review_due_on: date | None
    to_end: bool
    """Whether the last review said that the match is to end."""
    contacts: int
    minutes: int
    closed_because: ClosingReason | None


def view(state: State) -> View:
    """Return what others may read."""
    return View(
        status=state.status,
        candidates=state.candidates,
        mentor=state.mentor,
        accepted_by=tuple(sorted(state.accepted_by)),
        review_due_on=state.review_due_on,
        to_end=state.to_end,
        contacts=state.contacts,
        minutes=state.minutes,
        closed_because=state.closed_because,
    )


def evolve(state: State, event: MatchEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case CandidatesRanked():
            return replace(
                state,
                status=Status.RANKED,
                ranking=event.event_id,
                candidates=tuple(each.mentor for each in event.candidates),
                excluded=frozenset(each.mentor for each in event.excluded),
            )
        case MatchProposed():
            return replace(state, status=Status.PROPOSED, mentor=event.mentor)
        case MatchAcceptedByParticipant():
            return replace(state, accepted_by=state.accepted_by | {Party.PARTICIPANT})
        case MatchAcceptedByMentor():
            return replace(state, accepted_by=state.accepted_by | {Party.MENTOR})
        case MatchDeclined():
            return replace(state, status=Status.DECLINED)
        case MatchStarted():
            return replace(state, status=Status.ACTIVE, review_due_on=event.next_review_on)
        case MentorContactRecorded():
            return replace(state, contacts=state.contacts + 1, minutes=state.minutes + event.minutes)
        case MatchReviewed():
            to_end = event.outcome is MatchReviewOutcome.END
            return replace(state, to_end=to_end, review_due_on=event.next_review_on)
        case MatchPaused():
            return replace(state, status=Status.PAUSED)
        case MatchResumed():
            return replace(state, status=Status.ACTIVE)
        case MatchClosed():
            return replace(state, status=Status.CLOSED, closed_because=event.reason, review_due_on=None)
    assert_never(event)


# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: MatchCommand, context: Context) -> Sequence[MatchEvent | Elsewhere]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case RankCandidates():
            return rank_candidates(state, command, context)
        case ProposeMatch():
            return propose_match(state, command, context)
        case AcceptMatchAsParticipant():
            return accept_match(state, command, context, Party.PARTICIPANT)
        case AcceptMatchAsMentor():
            return accept_match(state, command, context, Party.MENTOR)
        case DeclineMatch():
            return decline_match(state, command, context)
        case StartMatch():
            return start_match(state, command, context)
        case RecordMentorContact():
            return record_mentor_contact(state, command, context)
        case ReviewMatch():
            return review_match(state, command, context)
        case PauseMatch():
            return pause_match(state, command, context)
        case ResumeMatch():
            return resume_match(state, command, context)
        case CloseMatch():
            return close_match(state, command, context)
    assert_never(command)


# --- the rules: finding a mentor --------------------------------------------------------------------------


def rank_candidates(state: State, command: RankCandidates, context: Context) -> Decided:
    """A match begins with a ranking, in which every mentor stands once; it decides nothing."""
    known: Earlier = context.evidence
    must_be_present(known.presence)
    if state.status is not Status.NOT_RANKED:
        raise Refused(
            "already-ranked",
            f"the match is {state.status}: begin another with a ranking of its own, or `correct` this one",
        )
    ranked = [each.mentor for each in command.candidates] + [each.mentor for each in command.excluded]
    must_differ("the ranking", ranked, "either as a candidate or as excluded, once")
    if command.follows is not None and command.follows not in known.rematched:
        raise Refused(
            "no-rematch",
            f"match {command.follows} was not closed as rematched by {context.when}: `close-match` so first,"
            " or leave `follows` out",
        )
    return [command.fact(context.by, event_id=context.event_id)]


def propose_match(state: State, command: ProposeMatch, context: Context) -> Decided:
    """A person proposes a candidate who is trusted that day, and says why where it is not the first."""
    known: Mentors = context.evidence
    must_be_present(known.presence)
    if state.status is not Status.RANKED:
        raise Refused(
            "not-ranked",
            f"the match is {state.status}: a mentor is proposed once, after `rank-candidates`",
        )
    if command.ranking != state.ranking:
        raise Refused(
            "another-ranking",
            f"event {command.ranking} is not the ranking of this match: name in `ranking` the one it began"
            " with",
        )
    if command.mentor not in state.candidates:
        how = "excluded by" if command.mentor in state.excluded else "not in"
        raise Refused(
            "no-candidate", f"{command.mentor} is {how} the ranking: name a candidate of it in `mentor`"
        )
    is_first = command.mentor == state.candidates[0]
    if is_first != (command.not_the_first_because is None):
        raise Refused(
            "reason-for-another",
            f"the first of the ranking is {state.candidates[0]}, and {command.mentor} is proposed: say in"
            " `not_the_first_because` why it is another, and leave it out where it is not",
        )
    grounds = must_be_fit(known.of(command.mentor), context.when.day, context.policy)
    return [command.relying_on((command.ranking, *grounds)).fact(context.by)]


def accept_match(
    state: State,
    command: AcceptMatchAsParticipant | AcceptMatchAsMentor,
    context: Context,
    party: Party,
) -> Decided:
    """Each of the two accepts for themselves, once, while the proposal stands."""
    if party in state.accepted_by:
        return []
    _must_be_proposed(state)
    return [command.fact(context.by)]


def decline_match(state: State, command: DeclineMatch, context: Context) -> Decided:
    """Either may say no until the match starts, also after having said yes; one no is enough."""
    if state.status is Status.DECLINED:
        return []
    _must_be_proposed(state)
    return [command.fact(context.by)]


def _must_be_proposed(state: State) -> None:
    if state.status is not Status.PROPOSED:
        raise Refused(
            "not-proposed",
            f"the match is {state.status}: a proposal is answered after `propose-match`, until it was"
            " declined or started",
        )


# --- the rules: a match in being --------------------------------------------------------------------------


def start_match(state: State, command: StartMatch, context: Context) -> Decided:
    """What both accepted starts with a mentor who is trusted that day and has a place left."""
    _must_be_the_mentor(state, command)
    if state.status in OPEN:
        return []
    known: Mentors = context.evidence
    must_be_present(known.presence)
    _must_be_accepted(state)
    policy = context.policy
    standing = known.of(command.mentor)
    grounds = must_be_fit(standing, context.when.day, policy)
    _must_have_a_place(standing, context.stream.id)
    _must_be_soon_enough(command.next_review_on, context.when.day, policy.days_between_match_reviews)
    taken = MentorPlaceTaken(match_id=context.stream.id)
    return [
        command.relying_on(grounds).fact(context.by),
        Elsewhere(stream_of(command.mentor), None, taken),
    ]


def _must_be_accepted(state: State) -> None:
    _must_be_proposed(state)
    missing = sorted({Party.PARTICIPANT, Party.MENTOR} - state.accepted_by)
    if missing:
        raise Refused(
            "not-accepted",
            f"the {missing[0]} has not accepted: record it with `accept-match-as-{missing[0]}` first",
        )


def _must_have_a_place(standing: Standing, match_id: UUID) -> None:
    taken = sum(each != match_id for each in standing.matches)
    if taken >= standing.capacity:
        raise Refused(
            "mentor-full",
            f"the mentor has {taken} matches and a capacity of {standing.capacity}: close one with"
            " `close-match`, agree on more with `change-mentor-capacity`, or propose another mentor",
        )


def record_mentor_contact(state: State, command: RecordMentorContact, context: Context) -> Decided:
    """Whatever the two did counts for this match and this mentor; also in a pause, if they met."""
    must_be_present(context.evidence)
    _must_be_open(state)
    return [command.fact(context.by, event_id=context.event_id, mentor=state.mentor)]


def review_match(state: State, command: ReviewMatch, context: Context) -> Decided:
    """A match that goes on is reviewed again soon enough; one that is to end is not."""
    _must_be_open(state)
    if (command.outcome is MatchReviewOutcome.END) != (command.next_review_on is None):
        raise Refused(
            "next-review",
            f"the outcome is {command.outcome} and `next_review_on` is"
            f" {command.next_review_on or 'left out'}: say when a match that goes on is reviewed next, and"
            " leave it out where it is to end",
        )
    if command.next_review_on is not None:
        at_most = context.policy.days_between_match_reviews
        _must_be_soon_enough(command.next_review_on, context.when.day, at_most)
    return [command.fact(context.by, event_id=context.event_id)]


def pause_match(state: State, command: PauseMatch, context: Context) -> Decided:
    """A match in being can be paused at any time."""
    _must_be_open(state)
    return [] if state.status is Status.PAUSED else [command.fact(context.by)]


def resume_match(state: State, command: ResumeMatch, context: Context) -> Decided:
    """A paused match is resumed with a mentor who is trusted that day; the place was theirs all along."""
    _must_be_the_mentor(state, command)
    _must_be_open(state)
    if state.status is Status.ACTIVE:
        return []
    known: Mentors = context.evidence
    must_be_present(known.presence)
    grounds = must_be_fit(known.of(command.mentor), context.when.day, context.policy)
    return [command.relying_on(grounds).fact(context.by)]


def close_match(state: State, command: CloseMatch, context: Context) -> Decided:
    """A match can be closed at any time; as completed only once a review said that it is to end."""
    _must_be_the_mentor(state, command)
    if state.status is Status.CLOSED:
        return []
    _must_be_open(state)
    if command.reason is ClosingReason.COMPLETED and not state.to_end:
        raise Refused(
            "not-reviewed-to-end",
            "no review said that the match is to end: `review-match` with the outcome end first, or close it"
            " early",
        )
    freed = MentorPlaceFreed(match_id=context.stream.id)
    return [command.fact(context.by), Elsewhere(stream_of(command.mentor), None, freed)]


# --- what several rules ask -------------------------------------------------------------------------------


def _must_be_open(state: State) -> None:
    if state.status not in OPEN:
        raise Refused(
            "not-started",
            f"the match is {state.status}: it is in being from `start-match` until `close-match`; correct"
            " `occurred_at`, or begin another",
        )


def _must_be_the_mentor(state: State, command: WithMentor) -> None:
    if command.mentor != state.mentor:
        raise Refused(
            "another-mentor",
            f"the match is with {state.mentor or 'nobody yet'}, not with {command.mentor}: name in `mentor`"
            " whom `propose-match` named; for another mentor begin another match",
        )


def _must_be_soon_enough(next_review: date, day: date, days: int) -> None:
    latest = day + timedelta(days=days)
    if next_review > latest:
        raise Refused(
            "review-too-late",
            f"`next_review_on` {next_review.isoformat()} is later than {latest.isoformat()}, {days} days"
            " ahead: give an earlier one",
        )
