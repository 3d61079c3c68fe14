"""A match: what doors offer, and to whom. A system may rank candidates; people decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from scp_events.aggregates.match import events
from scp_events.aggregates.match.events import (
    Beginning,
    Closing,
    Declination,
    MatchReview,
    MentorContact,
    Proposal,
    Ranking,
    WithMentor,
)
from scp_events.vocabulary import (
    ENTERING,
    LEADING,
    STAFF,
    Command,
    DecisionCommand,
    IdentifiedCommand,
    Role,
    members,
)


class RankCandidates(IdentifiedCommand, Ranking):
    """Say which mentors could be matched with the participant, the best first, and which could not."""

    RECORDS = events.CandidatesRanked


class ProposeMatch(DecisionCommand, Proposal):
    """Propose a mentor of the ranking: the first, or another with a reason."""

    RECORDS = events.MatchProposed


class AcceptMatchAsParticipant(Command):
    """Say that the participant would like to work with the mentor."""

    RECORDS = events.MatchAcceptedByParticipant


class AcceptMatchAsMentor(Command):
    """Say that the mentor would like to work with the participant."""

    RECORDS = events.MatchAcceptedByMentor


class DeclineMatch(Command, Declination):
    """Say that nothing comes of the proposal, and whose wish that is."""

    RECORDS = events.MatchDeclined


class StartMatch(DecisionCommand, Beginning):
    """Let the two begin to meet."""

    RECORDS = events.MatchStarted


class RecordMentorContact(IdentifiedCommand, MentorContact):
    """Say that the two met, how long and how."""

    RECORDS = events.MentorContactRecorded


class ReviewMatch(DecisionCommand, IdentifiedCommand, MatchReview):
    """Say whether the match goes on as it is, is adjusted, or is to end."""

    RECORDS = events.MatchReviewed


class PauseMatch(DecisionCommand):
    """Let the two not meet for the time being."""

    RECORDS = events.MatchPaused


class ResumeMatch(DecisionCommand, WithMentor):
    """Let the two meet again."""

    RECORDS = events.MatchResumed


class CloseMatch(DecisionCommand, Closing):
    """Say that the match is over, and why."""

    RECORDS = events.MatchClosed


MatchCommand: TypeAlias = (
    RankCandidates
    | ProposeMatch
    | AcceptMatchAsParticipant
    | AcceptMatchAsMentor
    | DeclineMatch
    | StartMatch
    | RecordMentorContact
    | ReviewMatch
    | PauseMatch
    | ResumeMatch
    | CloseMatch
)
COMMANDS: tuple[type[MatchCommand], ...] = members(MatchCommand)

MAY: Mapping[type[Command], frozenset[Role]] = {
    **dict.fromkeys(COMMANDS, STAFF),
    RankCandidates: STAFF | {Role.INTEGRATOR, Role.SERVICE},
    ProposeMatch: LEADING,
    StartMatch: LEADING,
    RecordMentorContact: STAFF | ENTERING,
    ResumeMatch: LEADING,
    CloseMatch: LEADING,
}
"""Which roles may send which command. To pause a match nobody waits for those who lead."""
