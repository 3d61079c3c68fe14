"""Matching: what must hold, how well two people fit, and the best for a whole group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from time import process_time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from benchmarks.matching import a_group
from scp_events.aggregates.mentor.events import MentorCapacityChanged, MentorOfferChanged, MentorPlaceTaken
from scp_events.matching import (
    CONSTRAINTS,
    MatchedGroup,
    Mentor,
    Participant,
    constraints_broken,
    factors_of,
    match_group,
    mentor_from,
    score_of,
)
from scp_events.policy import CURRENT
from scp_events.vocabulary import Erased, PersonId
from tests.aggregates.test_mentor import ACTIVE, APPLIED, OFFER, SUSPENDED
from tests.examples import examples
from tests.words import NOON, event_id

pytestmark = pytest.mark.once


def participant(number: int = 1, **said: Any) -> Participant:
    usual = {"case_reference": f"SC-2025-{number:03}", "areas": ["parish-a"]}
    return Participant.model_validate(usual | said)


def mentor(code: str = "me-a", **said: Any) -> Mentor:
    usual: dict[str, Any] = {"code": code, "places": 1, "area": "parish-a", "languages": ["en"]}
    return Mentor.model_validate(usual | said)


# --- what must hold ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "offered", "broken"),
    [
        ({}, {}, ()),
        ({}, {"not_fit_because": "clearance-lapsed"}, ("clearance-lapsed",)),
        ({}, {"places": 0}, ("no-place",)),
        ({"not_with": ["me-a"]}, {}, ("kept-apart",)),
        ({"not_with": ["me-b"]}, {}, ()),
        ({}, {"area": "parish-b"}, ("too-far",)),
        ({}, {"area": None}, ("too-far",)),
        ({"areas": ["parish-a", "parish-b"]}, {"area": "parish-b"}, ()),
        ({"female_only": True}, {"gender": "male"}, ("not-female",)),
        ({"female_only": True}, {}, ("not-female",)),
        ({"female_only": True}, {"gender": "female"}, ()),
        ({"languages": ["es"]}, {}, ("no-common-language",)),
        ({"languages": ["es", "en"]}, {}, ()),
        ({"female_only": True}, {"places": 0, "area": None}, ("no-place", "too-far", "not-female")),
    ],
)
def test_a_constraint_holds_or_is_named(
    asked: dict[str, Any], offered: dict[str, Any], broken: tuple[str, ...]
) -> None:
    """S3.11, S3.12, S3.15."""
    assert constraints_broken(participant(**asked), mentor(**offered)) == broken


# --- how well two people fit ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "offered", "factor", "score"),
    [
        ({"needs": ["literacy", "work"]}, {"capabilities": ["work"]}, "needs", 500),
        ({"needs": ["a", "b", "c"]}, {"capabilities": ["a", "b"]}, "needs", 666),
        ({"needs": ["literacy"]}, {"capabilities": ["literacy", "work"]}, "needs", 1000),
        ({}, {"capabilities": ["literacy"]}, "needs", 500),
        ({"interests": ["football"]}, {"interests": ["chess"]}, "interests", 0),
        ({"interests": ["football"]}, {"interests": ["football"]}, "interests", 1000),
        ({"communication_style": "calm"}, {"communication_style": "calm"}, "communication-style", 1000),
        ({"communication_style": "calm"}, {"communication_style": "lively"}, "communication-style", 0),
        ({"age_band": "25-34"}, {}, "age", 500),
        ({"age_band": "25-34"}, {"age_band": "25-34"}, "age", 1000),
        ({"cultural_background": "invented"}, {"cultural_background": "other"}, "cultural-background", 0),
        ({}, {"cultural_background": "other"}, "cultural-background", 500),
    ],
)
def test_each_factor_says_how_well_two_people_fit(
    asked: dict[str, Any], offered: dict[str, Any], factor: str, score: int
) -> None:
    """S3.13, S3.14."""
    said = {each.factor: each.score for each in factors_of(participant(**asked), mentor(**offered))}
    assert said[factor] == score


def test_a_score_is_what_its_factors_add_up_to() -> None:
    one = participant(needs=["work"], interests=["football"], age_band="25-34")
    other = mentor(capabilities=["work"], interests=["chess"], communication_style="calm")
    assert score_of(one, other) == 5 * 1000 + 3 * 0 + 2 * 500 + 2 * 500 + 2 * 500
    assert sum(each.score * each.weight for each in factors_of(one, other)) == score_of(one, other)


# --- the whole group --------------------------------------------------------------------------------------


def test_the_group_is_served_best_as_a_whole_and_not_whoever_is_asked_first() -> None:
    """The first participant fits both mentors, the second only the one who suits the first better."""
    first = participant(1, interests=["football"], areas=["parish-a", "parish-b"])
    second = participant(2, areas=["parish-a"])
    near, far = mentor("me-a", interests=["football"]), mentor("me-b", area="parish-b")
    assert match_group([first, second], [near, far]).suggested == {
        "SC-2025-001": "me-b",
        "SC-2025-002": "me-a",
    }


def test_a_mentor_is_suggested_for_as_many_as_they_have_places() -> None:
    group = match_group([participant(n) for n in range(1, 5)], [mentor(places=3)])
    assert group.suggested == {f"SC-2025-00{n}": "me-a" for n in (1, 2, 3)}


def test_nobody_at_all_is_matched_with_nobody() -> None:
    assert match_group([], []).suggested == {}
    assert match_group([], [mentor()]).suggested == {}
    assert match_group([participant()], []).suggested == {}


def test_everybody_stands_in_a_group_once() -> None:
    with pytest.raises(ValueError, match="me-a stands twice"):
        match_group([], [mentor(), mentor()])
    with pytest.raises(ValueError, match="SC-2025-001 stands twice"):
        match_group([participant(), participant()], [])


def test_who_could_not_be_matched_is_told_why_constraint_by_constraint() -> None:
    """S3.11: a lack of suitable mentors is said as what it is."""
    mentors = [
        mentor("me-a", gender="male"),
        mentor("me-b", gender="female", area="parish-b"),
        mentor("me-c", not_fit_because="mentor-not-trained", gender="male"),
    ]
    [why] = match_group([participant(female_only=True)], mentors).unmatched
    assert why.excluded == {
        "not-female": ["me-a", "me-c"],
        "too-far": ["me-b"],
        "mentor-not-trained": ["me-c"],
    }
    assert why.given_to_others == []


def test_who_would_fit_and_has_no_place_left_is_told_too() -> None:
    group = match_group([participant(1, interests=["football"]), participant(2)], [mentor()])
    [pair], [why] = group.pairs, group.unmatched
    assert (why.excluded, why.given_to_others) == ({}, ["me-a"])
    assert pair.mentor == "me-a"
    assert why.case_reference != pair.case_reference


def test_a_ranking_has_whom_the_group_leaves_them_first_and_everybody_with_their_reasons() -> None:
    """S3.22: an input with its factors, exclusions and version; whole numbers only."""
    first = participant(1, interests=["football"], areas=["parish-a", "parish-b"], not_with=["me-c"])
    near, far = mentor("me-a", interests=["football"]), mentor("me-b", area="parish-b")
    group = match_group([first, participant(2)], [near, far, mentor("me-c"), mentor("me-d")])
    ranking = group.ranking_for("SC-2025-001")
    assert [each.mentor for each in ranking.candidates] == ["me-a", "me-b", "me-d"]
    assert [each.score for each in ranking.candidates] == [8500, 5500, 5500]
    assert [(each.mentor, each.constraints) for each in ranking.excluded] == [("me-c", ("kept-apart",))]
    served = match_group([first, participant(2)], [near, far]).ranking_for("SC-2025-001")
    assert [each.mentor for each in served.candidates] == ["me-b", "me-a"]
    assert (ranking.algorithm, ranking.algorithm_version) == ("group-assignment", "2025.1")


# --- a mentor as their stream says ------------------------------------------------------------------------


def test_a_mentor_is_as_their_history_says_on_that_day() -> None:
    larch = PersonId("me-larch")
    there = mentor_from(larch, ACTIVE, date(2025, 6, 1), CURRENT)
    said = {name: value for name, value in OFFER.items() if name != "name"}
    assert there == Mentor.model_validate({**said, "code": larch, "places": 2})
    lapsed = mentor_from(larch, ACTIVE, date(2026, 4, 1), CURRENT)
    assert (lapsed.not_fit_because, there.not_fit_because) == ("clearance-lapsed", None)
    away = mentor_from(larch, (*ACTIVE, SUSPENDED), date(2025, 6, 1), CURRENT)
    assert away.not_fit_because == "mentor-suspended"


def test_a_mentor_has_the_places_that_no_match_takes_and_what_they_offer_now() -> None:
    taken = [MentorPlaceTaken(match_id=event_id(n)) for n in (1, 2)]
    moved = MentorOfferChanged.model_validate({**OFFER, "event_id": event_id(3), "area": "another-parish"})
    known = mentor_from(PersonId("me-a"), (*ACTIVE, taken[0], moved), date(2025, 6, 1), CURRENT)
    assert (known.places, known.area) == (1, "another-parish")
    fewer = (*ACTIVE, *taken, MentorCapacityChanged(capacity=1))
    assert mentor_from(PersonId("me-a"), fewer, date(2025, 6, 1), CURRENT).places == 0


def test_what_was_erased_of_a_mentor_is_as_if_it_was_not_said() -> None:
    erased = Erased(key_id=event_id(9), at=NOON)
    gone = APPLIED.model_copy(update=dict.fromkeys(OFFER, erased))
    known = mentor_from(PersonId("me-a"), (gone,), date(2025, 6, 1), CURRENT)
    assert (known.area, known.languages, known.not_fit_because) == (None, frozenset(), "mentor-not-approved")


def test_nobody_has_applied_under_an_unknown_name() -> None:
    assert mentor_from(PersonId("me-a"), (), date(2025, 6, 1), CURRENT).not_fit_because == "no-mentor"


# --- properties -------------------------------------------------------------------------------------------

AREAS, WORDS = ["parish-a", "parish-b"], ["x", "y", "z"]
some_words = st.frozensets(st.sampled_from(WORDS), max_size=2)
perhaps = st.none() | st.sampled_from(WORDS[:2])
LIKES = {"interests": some_words, "communication_style": perhaps, "age_band": perhaps}


def people(most: int) -> st.SearchStrategy[tuple[list[Participant], list[Mentor]]]:
    """Return groups whose members often fit equally well, and often not at all."""
    asking = st.fixed_dictionaries(
        {
            "areas": st.frozensets(st.sampled_from(AREAS), min_size=1),
            "female_only": st.booleans(),
            "not_with": st.frozensets(st.sampled_from(["me-0", "me-1"]), max_size=1),
            "needs": some_words,
            **LIKES,
        }
    )
    offering = st.fixed_dictionaries(
        {
            "area": st.sampled_from(AREAS),
            "gender": st.sampled_from(["female", "male"]),
            "places": st.integers(0, 2),
            "not_fit_because": st.sampled_from([None, None, None, "clearance-lapsed"]),
            "capabilities": some_words,
            **LIKES,
        }
    )
    return st.tuples(
        st.lists(asking, max_size=most).map(
            lambda said: [participant(n, **each) for n, each in enumerate(said)]
        ),
        st.lists(offering, max_size=most).map(
            lambda said: [mentor(f"me-{n}", **each) for n, each in enumerate(said)]
        ),
    )


@settings(max_examples=examples(60), deadline=None)
@given(people(8))
def test_no_suggestion_breaks_a_constraint_or_takes_a_place_twice(
    those: tuple[list[Participant], list[Mentor]],
) -> None:
    group = match_group(*those)
    for case, code in group.suggested.items():
        one, other = group.participants[case], group.mentors[code]
        assert all(constraint.holds(one, other) for constraint in CONSTRAINTS)
    taken = Counter(group.suggested.values())
    assert all(taken[code] <= group.mentors[code].places for code in taken)
    assert {*group.suggested} | {why.case_reference for why in group.unmatched} == {*group.participants}


@settings(max_examples=examples(60), deadline=None)
@given(people(4))
def test_no_other_way_serves_more_people_or_serves_them_better(
    those: tuple[list[Participant], list[Mentor]],
) -> None:
    participants, mentors = those
    group = match_group(participants, mentors)
    best = best_of_all(participants, [each for each in mentors for _ in range(each.places)])
    assert (len(group.suggested), group.total) == best


def best_of_all(participants: Sequence[Participant], places: Sequence[Mentor]) -> tuple[int, int]:
    """Return how many can have a mentor, and the highest sum of scores with so many, by trying every way."""
    if not participants:
        return 0, 0
    first, *others = participants
    ways = [best_of_all(others, places)]
    for number, each in enumerate(places):
        if not constraints_broken(first, each):
            served, total = best_of_all(others, [*places[:number], *places[number + 1 :]])
            ways.append((served + 1, total + score_of(first, each)))
    return max(ways)


@settings(max_examples=examples(60), deadline=None)
@given(people(8))
def test_the_total_is_scipys_optimum(those: tuple[list[Participant], list[Mentor]]) -> None:
    """Computed another way: forbidden pairs cost more than anything could be worth."""
    participants, mentors = those
    places = [each for each in mentors for _ in range(each.places)]
    nobody = 1_000_000
    cost = np.full((len(participants), len(places) + len(participants)), nobody)
    for row, one in enumerate(participants):
        for column, other in enumerate(places):
            forbidden = constraints_broken(one, other)
            cost[row, column] = 10**9 if forbidden else -score_of(one, other)
    rows, columns = linear_sum_assignment(cost)
    found = [cost[row, column] for row, column in zip(rows, columns, strict=True)]
    served = [-each for each in found if each < nobody]
    group = match_group(*those)
    assert (len(group.suggested), group.total) == (len(served), sum(served))


@settings(max_examples=examples(60), deadline=None)
@given(people(8), st.randoms(use_true_random=False))
def test_the_order_of_asking_does_not_matter(
    those: tuple[list[Participant], list[Mentor]], random: Any
) -> None:
    first = match_group(*those)
    shuffled = [random.sample(each, len(each)) for each in those]
    again = match_group(*shuffled)
    assert told(first) == told(again)


def told(group: MatchedGroup) -> list[object]:
    rankings = [group.ranking_for(case) for case in group.participants]
    return [group.pairs, group.unmatched, group.total, rankings]


def test_three_hundred_with_four_hundred_take_a_processor_at_most_two_seconds() -> None:
    group = a_group()
    began = process_time()
    assert len(match_group(*group).suggested) == 300
    assert process_time() - began < 2
