"""A whole group and its mentors: who is suggested for whom, and why somebody has nobody.

First as many as possible have a mentor, then the sum of scores is as high as possible: SciPy's
`linear_sum_assignment` over participants and places. It computes with floating-point numbers, which hold
whole numbers exactly up to 2**53: enough for half a million participants at once. Of several such
assignments the same one is found every time, as people are put in order of their names first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from scp_events.aggregates.match.commands import RankCandidates
from scp_events.aggregates.match.events import Candidate, Exclusion, FactorScore
from scp_events.matching.constraints import constraints_broken, may_be_matched
from scp_events.matching.factors import HIGHEST, factors_of, score_of
from scp_events.matching.people import Mentor, Participant
from scp_events.vocabulary import CaseReference, Code, PersonId

K = TypeVar("K", bound=str)
V = TypeVar("V")

ALGORITHM = "group-assignment"
ALGORITHM_VERSION = "2025.1"
"""Another one wherever constraints, factors or weights are others."""


@dataclass(frozen=True)
class Pair:
    """A mentor suggested for a participant, and how well the two fit."""

    case_reference: CaseReference
    mentor: PersonId
    score: int
    factors: Sequence[FactorScore]


@dataclass(frozen=True)
class Unmatched:
    """A participant for whom nobody is suggested, and why, mentor by mentor."""

    case_reference: CaseReference
    excluded: Mapping[Code, Sequence[PersonId]]
    """By constraint, whom it excludes; a mentor may stand under several."""
    given_to_others: Sequence[PersonId]
    """Who would fit, and whose places are suggested for others."""


@dataclass(frozen=True)
class MatchedGroup:
    """What came of matching a group."""

    participants: Mapping[CaseReference, Participant]
    mentors: Mapping[PersonId, Mentor]
    """Both in order of their names."""
    suggested: Mapping[CaseReference, PersonId]

    @cached_property
    def pairs(self) -> Sequence[Pair]:
        """Return who is suggested for whom."""
        return tuple(self._pair(case, mentor) for case, mentor in self.suggested.items())

    @cached_property
    def unmatched(self) -> Sequence[Unmatched]:
        """Return for whom nobody is suggested, and why."""
        return tuple(self._why_not(case) for case in self.participants if case not in self.suggested)

    @property
    def total(self) -> int:
        """Return the sum of scores."""
        return sum(
            score_of(self.participants[case], self.mentors[mentor]) for case, mentor in self.suggested.items()
        )

    def ranking_for(self, case_reference: CaseReference) -> RankCandidates:
        """Return the ranking for one participant, as it is recorded: whom the group leaves them is first."""
        participant = self.participants[case_reference]
        broken = {code: constraints_broken(participant, mentor) for code, mentor in self.mentors.items()}
        suggested = self.suggested.get(case_reference)
        pairs = [self._pair(case_reference, code) for code, constraints in broken.items() if not constraints]
        pairs.sort(key=lambda pair: (pair.mentor != suggested, -pair.score, pair.mentor))
        return RankCandidates(
            algorithm=ALGORITHM,
            algorithm_version=ALGORITHM_VERSION,
            candidates=tuple(
                Candidate(mentor=pair.mentor, score=pair.score, factors=tuple(pair.factors)) for pair in pairs
            ),
            excluded=tuple(
                Exclusion(mentor=code, constraints=constraints)
                for code, constraints in broken.items()
                if constraints
            ),
        )

    def _pair(self, case: CaseReference, code: PersonId) -> Pair:
        participant, mentor = self.participants[case], self.mentors[code]
        return Pair(case, code, score_of(participant, mentor), factors_of(participant, mentor))

    def _why_not(self, case: CaseReference) -> Unmatched:
        excluded: dict[Code, list[PersonId]] = defaultdict(list)
        given_to_others: list[PersonId] = []
        for code, mentor in self.mentors.items():
            broken = constraints_broken(self.participants[case], mentor)
            for constraint in broken:
                excluded[constraint].append(code)
            if not broken:
                given_to_others.append(code)
        return Unmatched(case, dict(excluded), given_to_others)


def match_group(participants: Iterable[Participant], mentors: Iterable[Mentor]) -> MatchedGroup:
    """Suggest a mentor for as many of a group as possible, as well as possible. Names stand once in each."""
    those = _by_name((each.case_reference, each) for each in participants)
    these = _by_name((each.code, each) for each in mentors)
    cases, codes = [*those], [*these]
    places = [min(mentor.places, len(those)) for mentor in these.values()]
    whose = np.repeat(np.arange(len(codes)), places)
    worth = _worth([*those.values()], [*these.values()])[:, whose]
    rows, columns = linear_sum_assignment(worth, maximize=True)
    suggested = {
        cases[row]: codes[whose[column]]
        for row, column in zip(rows, columns, strict=True)
        if worth[row, column]
    }
    return MatchedGroup(those, these, suggested)


def _worth(participants: Sequence[Participant], mentors: Sequence[Mentor]) -> NDArray[np.float64]:
    """Return what it is worth that somebody has a mentor: 0 where a constraint forbids it.

    To have one at all is worth more than all scores together.
    """
    at_all = 1 + HIGHEST * len(participants)
    worth = np.zeros((len(participants), len(mentors)))
    for row, participant in enumerate(participants):
        for column, mentor in enumerate(mentors):
            if may_be_matched(participant, mentor):
                worth[row, column] = at_all + score_of(participant, mentor)
    return worth


def _by_name(people: Iterable[tuple[K, V]]) -> dict[K, V]:
    """Return people in order of their names. Raises `ValueError` where two have the same."""
    known: dict[K, V] = {}
    for name, person in sorted(people, key=itemgetter(0)):
        if name in known:
            raise ValueError(f"{name} stands twice in the group: name everybody once")
        known[name] = person
    return known
