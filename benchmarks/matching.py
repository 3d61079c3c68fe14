"""A group matched with its mentors, constraints and factors included, against SciPy's solver alone.

The solver is given numbers of the same size that were drawn at random; what we do besides is to ask of every
two people whether, and how well, they fit. Everybody may be matched with everybody: that takes longest. What
we suggest is checked against what the solver finds in the same group.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping
from time import perf_counter

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks.program import SEED, Run, run
from benchmarks.rounds import Contender, Done, clocked
from scp_events.matching import Mentor, Participant, match_group, score_of
from scp_events.vocabulary import PersonId

PARTICIPANTS, MENTORS = 300, 400
WORDS = [f"word-{number}" for number in range(20)]
AREAS = [f"area-{number}" for number in range(6)]


def compare(said: Run) -> Mapping[str, float | None]:
    """Match one group again and again."""
    participants, mentors = a_group()
    _must_be_the_best(participants, mentors)
    began = perf_counter()
    match_group(participants, mentors)
    said.facts["match_300_with_400_ms"] = (perf_counter() - began) * 1000
    said.compare({"match": _ours(participants, mentors), "solver": _solver(mentors)})
    return {"match_vs_solver": said.ratio("match", "solver")}


def a_group() -> tuple[list[Participant], list[Mentor]]:
    """Return people who may all be matched with one another, the same ones every time."""
    drawn = random.Random(SEED)
    return (
        [_participant(number, drawn) for number in range(PARTICIPANTS)],
        [_mentor(number, drawn) for number in range(MENTORS)],
    )


def _ours(participants: list[Participant], mentors: list[Mentor]) -> Contender:
    """One whole group."""

    def contender() -> Done:
        return clocked(lambda: len(match_group(participants, mentors).suggested) // PARTICIPANTS)

    return contender


def _solver(mentors: list[Mentor]) -> Contender:
    """SciPy's solver, for as many participants and places."""
    places = sum(mentor.places for mentor in mentors)
    worth = np.random.default_rng(SEED).integers(0, 14_000, (PARTICIPANTS, places)).astype(float)

    def contender() -> Done:
        return clocked(lambda: len(linear_sum_assignment(worth, maximize=True)[0]) // PARTICIPANTS)

    return contender


def _must_be_the_best(participants: list[Participant], mentors: list[Mentor]) -> None:
    """Everybody fits everybody here, so the sum of scores alone decides."""
    places = [mentor for mentor in mentors for _ in range(mentor.places)]
    scores = np.array([[score_of(one, other) for other in places] for one in participants])
    best = scores[linear_sum_assignment(scores, maximize=True)].sum()
    assert match_group(participants, mentors).total == best


def _participant(number: int, drawn: random.Random) -> Participant:
    return Participant(
        case_reference=f"SC-2025-{number:03}",
        areas=frozenset(AREAS),
        needs=_some(drawn, 3),
        interests=_some(drawn, 3),
        communication_style=drawn.choice(WORDS[:3]),
        age_band=drawn.choice(WORDS[:4]),
        cultural_background=drawn.choice(WORDS[:5]),
    )


def _mentor(number: int, drawn: random.Random) -> Mentor:
    return Mentor(
        code=PersonId(f"me-{number:03}"),
        places=drawn.randint(1, 3),
        area=drawn.choice(AREAS),
        capabilities=_some(drawn, 5),
        interests=_some(drawn, 5),
        communication_style=drawn.choice(WORDS[:3]),
        age_band=drawn.choice(WORDS[:4]),
        cultural_background=drawn.choice(WORDS[:5]),
    )


def _some(drawn: random.Random, number: int) -> frozenset[str]:
    return frozenset(drawn.sample(WORDS, number))


def main(arguments: list[str]) -> int:
    """Measure, and print the line of JSON."""
    return run("matching", __doc__, compare, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
