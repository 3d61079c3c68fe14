"""Which mentor for whom: an input to people's decisions, and none itself.

What must hold is asked first (`constraints`), then how well two people fit (`factors`). Of all ways to give a
whole group mentors, the one is found in which most have one and the sum of scores is highest (`group`); it
says of everybody why. Whole numbers only, and no order of asking matters: the same people give the same
answer. Pure: no clock, no database.
"""

from scp_events.matching.constraints import CONSTRAINTS, Constraint, constraints_broken
from scp_events.matching.factors import FACTORS, Factor, factors_of, score_of
from scp_events.matching.group import (
    ALGORITHM,
    ALGORITHM_VERSION,
    MatchedGroup,
    Pair,
    Unmatched,
    match_group,
)
from scp_events.matching.mentors import mentor_from
from scp_events.matching.people import Mentor, Participant

__all__ = [
    "ALGORITHM",
    "ALGORITHM_VERSION",
    "CONSTRAINTS",
    "FACTORS",
    "Constraint",
    "Factor",
    "MatchedGroup",
    "Mentor",
    "Pair",
    "Participant",
    "Unmatched",
    "constraints_broken",
    "factors_of",
    "match_group",
    "mentor_from",
    "score_of",
]
