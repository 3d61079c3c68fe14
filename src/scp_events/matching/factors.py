"""How well two people fit, factor by factor (S3.13, S3.14): each from 0 to 1,000, and how much it counts.

What somebody did not say counts half: nobody gains or loses by saying nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scp_events.aggregates.match.events import FactorScore
from scp_events.matching.people import Codes, Mentor, Participant
from scp_events.vocabulary import Code

WHOLE, HALF, NONE = 1_000, 500, 0


@dataclass(frozen=True)
class Factor:
    """One respect in which two people fit more or less."""

    code: Code
    weight: int
    score: Callable[[Participant, Mentor], int]


def _shared(wanted: Codes, offered: Codes) -> int:
    """Return how much of what is wanted is offered."""
    return len(wanted & offered) * WHOLE // len(wanted) if wanted else HALF


def _alike(one: Code | None, other: Code | None) -> int:
    if one is None or other is None:
        return HALF
    return WHOLE if one == other else NONE


FACTORS = (
    Factor("needs", 5, lambda p, m: _shared(p.needs, m.capabilities)),
    Factor("interests", 3, lambda p, m: _shared(p.interests, m.interests)),
    Factor("communication-style", 2, lambda p, m: _alike(p.communication_style, m.communication_style)),
    Factor("age", 2, lambda p, m: _alike(p.age_band, m.age_band)),
    Factor("cultural-background", 2, lambda p, m: _alike(p.cultural_background, m.cultural_background)),
)
"""The weights are examples for an installation to judge; a ranking repeats those it was made with."""
HIGHEST = WHOLE * sum(factor.weight for factor in FACTORS)


def score_of(participant: Participant, mentor: Mentor) -> int:
    """Return how well two people fit: the sum of every factor's score times its weight."""
    return sum(factor.weight * factor.score(participant, mentor) for factor in FACTORS)


def factors_of(participant: Participant, mentor: Mentor) -> Sequence[FactorScore]:
    """Return how that comes about, factor by factor."""
    return tuple(
        FactorScore(factor=factor.code, score=factor.score(participant, mentor), weight=factor.weight)
        for factor in FACTORS
    )
