"""A match: what is stored for ever."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import Field

from scp_events.aggregates.engagement.events import Medium
from scp_events.vocabulary import (
    OCCURRED,
    Bound,
    Code,
    DecisionEvent,
    Erased,
    Event,
    EventId,
    IdentifiedEvent,
    Narrative,
    OfTheCase,
    Personal,
    PersonCode,
    PolicyVersion,
    Word,
    members,
)

# --- what a command and its event both say ----------------------------------------------------------------


class FactorScore(Word):
    """How well two people fit in one respect, and how much that counts."""

    factor: Code
    score: Annotated[int, Field(ge=0, le=1_000)]
    """From 0 to 1,000: whole numbers, so that a ranking reads the same everywhere."""
    weight: Annotated[int, Field(ge=0, le=1_000)]


class Candidate(Word):
    """A mentor who could be matched with the participant, and how well they fit."""

    mentor: PersonCode
    score: Annotated[Annotated[int, Field(ge=0)] | Erased, Personal("narrative")]
    """The sum of every factor's score times its weight."""
    factors: Annotated[
        Annotated[tuple[FactorScore, ...], Field(max_length=50)] | Erased, Personal("narrative")
    ]


class Exclusion(Word):
    """A mentor who could not be matched with the participant, and by which constraints."""

    mentor: PersonCode
    constraints: Annotated[
        Annotated[tuple[Code, ...], Field(min_length=1, max_length=50)] | Erased, Personal("narrative")
    ]


class Ranking(Word):
    """Who could be a mentor to the participant, the best first, and who could not."""

    algorithm: Code
    algorithm_version: PolicyVersion
    candidates: Annotated[tuple[Candidate, ...], Field(max_length=1_000)]
    excluded: Annotated[tuple[Exclusion, ...], Field(max_length=1_000)] = ()
    follows: UUID | None = None
    """The match that was closed so that the participant has another mentor."""


class WithMentor(Word):
    """With which mentor the match is."""

    mentor: PersonCode


class Proposal(WithMentor):
    """A mentor who is proposed, and the ranking that was looked at."""

    ranking: Annotated[EventId, OfTheCase()]
    not_the_first_because: Narrative | None = None
    """Why it is not the first of the ranking."""


class Beginning(WithMentor):
    """A match that starts, and when it is to be reviewed first."""

    next_review_on: Annotated[date, Bound(after=OCCURRED)]


class Party(StrEnum):
    """Who says no to a proposal."""

    PARTICIPANT = "participant"
    MENTOR = "mentor"
    PROGRAMME = "programme"


class Declination(Word):
    """Who said no, and perhaps why."""

    declined_by: Party
    reason: Narrative | None = None


class MentorContact(Word):
    """How long the two met, and how."""

    minutes: Annotated[int, Field(ge=1, le=1_440)]
    medium: Medium
    note: Narrative | None = None


class MatchReviewOutcome(StrEnum):
    """What is to become of a match."""

    CONTINUE = "continue"
    ADJUST = "adjust"
    END = "end"


class MatchReview(Word):
    """What a review of the match came to."""

    outcome: MatchReviewOutcome
    next_review_on: Annotated[date | None, Bound(after=OCCURRED)] = None
    """When the match is to be reviewed next; None where it is to end."""


class ClosingReason(StrEnum):
    """Why a match is over."""

    COMPLETED = "completed"
    EARLY = "early"
    REMATCHED = "rematched"


class Closing(WithMentor):
    """A match that is over, and why."""

    reason: ClosingReason


# --- events -----------------------------------------------------------------------------------------------


class CandidatesRanked(IdentifiedEvent, Ranking):
    """Mentors were ranked for the participant: an input to a decision, and none itself."""

    TITLE = "Candidates ranked: by {algorithm} {algorithm_version}"
    type: Literal["match.candidates-ranked"] = "match.candidates-ranked"


class MatchProposed(DecisionEvent, Proposal):
    """Somebody proposed a mentor to the participant, having looked at the ranking."""

    TITLE = "Match proposed: with {mentor}"
    type: Literal["match.proposed"] = "match.proposed"


class MatchAcceptedByParticipant(Event):
    """The participant would like to work with the mentor."""

    TITLE = "Match accepted by the participant"
    type: Literal["match.accepted-by-participant"] = "match.accepted-by-participant"


class MatchAcceptedByMentor(Event):
    """The mentor would like to work with the participant."""

    TITLE = "Match accepted by the mentor"
    type: Literal["match.accepted-by-mentor"] = "match.accepted-by-mentor"


class MatchDeclined(Event, Declination):
    """Somebody said no to the proposal, so nothing comes of it."""

    TITLE = "Match declined: by the {declined_by}"
    type: Literal["match.declined"] = "match.declined"


class MatchStarted(DecisionEvent, Beginning):
    """The two began to meet."""

    TITLE = "Match started: with {mentor}"
    type: Literal["match.started"] = "match.started"


class MentorContactRecorded(IdentifiedEvent, MentorContact):
    """The two met."""

    TITLE = "Contact with the mentor: {minutes} minutes, {medium}, with {mentor}"
    type: Literal["match.contact-recorded"] = "match.contact-recorded"
    mentor: PersonCode
    """Whom the participant met: said here, so that no later match can change it."""


class MatchReviewed(DecisionEvent, IdentifiedEvent, MatchReview):
    """Somebody judged whether the match is still right."""

    TITLE = "Match reviewed: {outcome}"
    type: Literal["match.reviewed"] = "match.reviewed"


class MatchPaused(DecisionEvent):
    """The two do not meet for the time being; the mentor keeps the place."""

    TITLE = "Match paused: {decision.reason_code}"
    type: Literal["match.paused"] = "match.paused"


class MatchResumed(DecisionEvent, WithMentor):
    """The two meet again."""

    TITLE = "Match resumed: with {mentor}"
    type: Literal["match.resumed"] = "match.resumed"


class MatchClosed(DecisionEvent, Closing):
    """The match is over, and the mentor has a place again."""

    TITLE = "Match closed: {reason}, with {mentor}"
    type: Literal["match.closed"] = "match.closed"


MatchEvent: TypeAlias = (
    CandidatesRanked
    | MatchProposed
    | MatchAcceptedByParticipant
    | MatchAcceptedByMentor
    | MatchDeclined
    | MatchStarted
    | MentorContactRecorded
    | MatchReviewed
    | MatchPaused
    | MatchResumed
    | MatchClosed
)
EVENTS: tuple[type[MatchEvent], ...] = members(MatchEvent)
