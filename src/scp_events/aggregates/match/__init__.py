"""A match: a mentor found for a participant, what the two do together, and how it ends."""

from scp_events.aggregates.match.commands import COMMANDS, MAY, RankCandidates
from scp_events.aggregates.match.events import EVENTS
from scp_events.aggregates.match.rules import EVIDENCE, decide, evolve, initial, view
from scp_events.vocabulary import Scope

CATEGORY = "match"
COLLECTION = "matches"
SCOPE = Scope.MANY_PER_CASE
BEGINS = RankCandidates
OPENS_CASE = False
RESTS_ON_WORDS = False

__all__ = [
    "BEGINS",
    "CATEGORY",
    "COLLECTION",
    "COMMANDS",
    "EVENTS",
    "EVIDENCE",
    "MAY",
    "OPENS_CASE",
    "RESTS_ON_WORDS",
    "SCOPE",
    "decide",
    "evolve",
    "initial",
    "view",
]
