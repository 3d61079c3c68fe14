from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from scp_events.aggregates import match
from scp_events.aggregates.engagement.events import Medium
from scp_events.aggregates.match import events
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
    Candidate,
    ClosingReason,
    Exclusion,
    FactorScore,
    MatchReviewOutcome,
    Party,
)
from scp_events.aggregates.mentor.events import (
    BackgroundCheckRecorded,
    MentorApplied,
    MentorApproved,
    MentorCapacityChanged,
    MentorExited,
    MentorPlaceFreed,
    MentorPlaceTaken,
    MentorReinstated,
    MentorSuspended,
    MentorTrainingCompleted,
)
from scp_events.history import contradictions_of, effective
from scp_events.scenario import CASE, Given, Happened, elsewhere, given, known_as, on
from scp_events.vocabulary import Actor, Correct, Event, PersonId, Retract, Stream, named
from tests.aggregates.laws import machine, one_of_these
from tests.examples.participant import DIED, REGISTERED
from tests.words import ROBOT, SUPERVISOR, decision, event_id, grounds

pytestmark = pytest.mark.once

RANKED_AS, MET_AS, REVIEWED_AS, CHECKED_AS, TRAINED_AS, APPROVED_AS, STARTED_AS = map(
    event_id, range(1001, 1008)
)
LARCH, HAZEL, ASPEN = PersonId("me-larch"), PersonId("me-hazel"), PersonId("me-aspen")
THIS, ANOTHER = UUID(int=7), UUID(int=8)
"""Ids of matches: the one asked, and another."""


def candidate(mentor: PersonId, score: int) -> Candidate:
    factor = FactorScore(factor="interests", score=score, weight=1)
    return Candidate(mentor=mentor, score=score, factors=(factor,))


RANK = RankCandidates(
    event_id=RANKED_AS,
    algorithm="example-matching",
    algorithm_version="2025.1",
    candidates=(candidate(LARCH, 900), candidate(HAZEL, 700)),
    excluded=(Exclusion(mentor=ASPEN, constraints=("no-place",)),),
)
PROPOSE = ProposeMatch(decision=grounds(), mentor=LARCH, ranking=RANKED_AS)
THEY_ACCEPT, MENTOR_ACCEPTS = AcceptMatchAsParticipant(), AcceptMatchAsMentor()
DECLINE = DeclineMatch(declined_by=Party.PARTICIPANT, reason="Invented words: another time.")
START = StartMatch(decision=grounds(), mentor=LARCH, next_review_on=date(2025, 3, 1))
MEET = RecordMentorContact(event_id=MET_AS, minutes=50, medium=Medium.IN_PERSON, note="An invented walk.")
REVIEW = ReviewMatch(
    event_id=REVIEWED_AS,
    decision=grounds(),
    outcome=MatchReviewOutcome.CONTINUE,
    next_review_on=date(2025, 4, 1),
)
PAUSE = PauseMatch(decision=grounds())
RESUME = ResumeMatch(decision=grounds(), mentor=LARCH)
CLOSE = CloseMatch(decision=grounds(), mentor=LARCH, reason=ClosingReason.EARLY)
EVERY_COMMAND: tuple[MatchCommand, ...] = (
    RANK, PROPOSE, THEY_ACCEPT, MENTOR_ACCEPTS, DECLINE, START, MEET, REVIEW, PAUSE, RESUME, CLOSE,
)  # fmt: skip

RANKED = events.CandidatesRanked.model_validate(dict(RANK))
PROPOSED = events.MatchProposed.model_validate({**dict(PROPOSE), "decision": decision()})
THEY_ACCEPTED, MENTOR_ACCEPTED = events.MatchAcceptedByParticipant(), events.MatchAcceptedByMentor()
DECLINED = events.MatchDeclined.model_validate(dict(DECLINE))
STARTED = events.MatchStarted.model_validate({**dict(START), "decision": decision()})
MET = events.MentorContactRecorded.model_validate({**dict(MEET), "mentor": LARCH})
TO_END = events.MatchReviewed(event_id=event_id(1010), decision=decision(), outcome=MatchReviewOutcome.END)
PAUSED = events.MatchPaused(decision=decision())
RESUMED = events.MatchResumed(decision=decision(), mentor=LARCH)
CLOSED = events.MatchClosed(decision=decision(), mentor=LARCH, reason=ClosingReason.EARLY)
REMATCHED = events.MatchClosed(decision=decision(), mentor=LARCH, reason=ClosingReason.REMATCHED)
ACCEPTED = (RANKED, PROPOSED, THEY_ACCEPTED, MENTOR_ACCEPTED)
ACTIVE = (*ACCEPTED, STARTED)

APPLIED = MentorApplied(
    event_id=event_id(1020), name="Invented Larch", capabilities=(), interests=(), languages=("en",),
    area="invented-parish", capacity=1, code=LARCH,
)  # fmt: skip
CLEARED = BackgroundCheckRecorded(
    event_id=CHECKED_AS, decision=decision(), result="clear", valid_until=date(2025, 12, 31)
)
TRAINED = MentorTrainingCompleted(
    event_id=TRAINED_AS, course="mentor-induction", valid_until=date(2026, 6, 30)
)
APPROVED = MentorApproved(event_id=APPROVED_AS, decision=decision())
FIT: tuple[Event, ...] = (APPLIED, CLEARED, TRAINED, APPROVED)
"""What a mentor's stream says of one who can take one young person on."""


def of_the_mentor(*happened: Happened, mentor: PersonId = LARCH) -> list[Happened]:
    return [elsewhere(named("mentor", mentor), each) for each in happened]


def told(*happened: Happened, mentor: tuple[Happened, ...] = FIT) -> Given:
    """Somebody registered, a mentor, and what was said of their match."""
    return given(match, *happened).knowing(REGISTERED, *of_the_mentor(*mentor))


def but(said: Any, **changes: object) -> Any:
    return type(said).model_validate({**dict(said), **changes})


def taken(match_id: UUID = ANOTHER) -> MentorPlaceTaken:
    return MentorPlaceTaken(match_id=match_id)


# --- ranking ----------------------------------------------------------------------------------------------


def test_a_ranking_may_be_a_systems_because_it_decides_nothing() -> None:
    """S3.13, S3.14, S3.22: any algorithmic score is an attributed input, never a decision."""
    told().when(RANK, by=ROBOT).then(RANKED)


def test_a_match_begins_with_one_ranking_of_somebody_who_is_there() -> None:
    given(match).when(RANK).then_refused("not-registered")
    told().knowing(DIED).when(RANK).then_refused("died")
    told(RANKED).when(but(RANK, event_id=None)).then_refused("already-ranked")


@pytest.mark.parametrize(
    "changes",
    [
        {"candidates": (candidate(LARCH, 900), candidate(LARCH, 800))},
        {"candidates": (candidate(ASPEN, 900),)},
        {"excluded": RANK.excluded * 2},
    ],
    ids=["two candidates", "a candidate who is excluded", "excluded twice"],
)
def test_a_mentor_stands_in_a_ranking_once(changes: dict[str, object]) -> None:
    told().when(but(RANK, **changes)).then_refused("named-twice")


def test_nobody_may_fit_and_that_is_recorded_too() -> None:
    """S3.11: a lack of suitable mentors."""
    assert told().when(but(RANK, candidates=())).events


def test_a_rematch_follows_on_a_match_that_was_closed_for_it() -> None:
    """S3.15."""
    follow = but(RANK, follows=ANOTHER)
    told().when(follow).then_refused("no-rematch")
    earlier = Stream("match", ANOTHER)
    told().knowing(elsewhere(earlier, CLOSED)).when(follow).then_refused("no-rematch")
    assert told().knowing(elsewhere(earlier, REMATCHED)).when(follow).events
    other = Stream("match", UUID(int=9))
    told().knowing(elsewhere(other, REMATCHED)).when(follow).then_refused("no-rematch")


# --- proposing --------------------------------------------------------------------------------------------


def test_a_person_proposes_and_the_decision_records_the_ranking_they_looked_at() -> None:
    [proposed] = told(RANKED).when(PROPOSE).events
    assert isinstance(proposed, events.MatchProposed)
    assert (proposed.ranking, proposed.decision.relied_on) == (RANKED_AS, (RANKED_AS,))
    told(RANKED).when(PROPOSE, by=ROBOT).then_refused("a-person-decides")


def test_another_than_the_first_is_proposed_with_a_reason_and_the_first_without() -> None:
    because = "Invented words: they asked for her."
    told(RANKED).when(but(PROPOSE, mentor=HAZEL)).then_refused("reason-for-another")
    assert told(RANKED).when(but(PROPOSE, mentor=HAZEL, not_the_first_because=because)).events
    told(RANKED).when(but(PROPOSE, not_the_first_because=because)).then_refused("reason-for-another")


@pytest.mark.parametrize("mentor", [ASPEN, "me-unknown"])
def test_nobody_is_proposed_who_was_excluded_or_not_ranked(mentor: str) -> None:
    because = "Invented words: he is nice."
    outcome = told(RANKED).when(but(PROPOSE, mentor=mentor, not_the_first_because=because))
    outcome.then_refused("no-candidate")
    assert outcome.refusal is not None
    assert ("excluded" in outcome.refusal.remedy) == (mentor == ASPEN)


def test_a_proposal_needs_its_ranking_a_participant_and_is_made_once() -> None:
    told().when(PROPOSE).then_refused("not-ranked")
    told(RANKED).when(but(PROPOSE, ranking=event_id(1))).then_refused("another-ranking")
    told(RANKED).knowing(DIED).when(PROPOSE).then_refused("died")
    told(RANKED, PROPOSED).when(PROPOSE).then_refused("not-ranked")


# --- answers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "event"), [(THEY_ACCEPT, THEY_ACCEPTED), (MENTOR_ACCEPTS, MENTOR_ACCEPTED)]
)
def test_each_of_the_two_accepts_once(command: MatchCommand, event: Event) -> None:
    told(RANKED, PROPOSED).when(command).then(event)
    told(RANKED, PROPOSED, event).when(command).then_nothing_new()
    told(*ACTIVE).when(command).then_nothing_new()
    told(RANKED).when(command).then_refused("not-proposed")
    told(RANKED, PROPOSED, DECLINED).when(command).then_refused("not-proposed")


def test_either_may_decline_until_the_match_starts() -> None:
    told(RANKED, PROPOSED).when(DECLINE).then(DECLINED)
    assert told(*ACCEPTED).when(DECLINE).events
    told(RANKED, PROPOSED, DECLINED).when(DECLINE).then_nothing_new()
    told(RANKED).when(DECLINE).then_refused("not-proposed")
    told(*ACTIVE).when(DECLINE).then_refused("not-proposed")


# --- starting ---------------------------------------------------------------------------------------------


def test_a_match_starts_with_what_says_that_the_mentor_is_trusted_and_takes_a_place_of_theirs() -> None:
    """S3.12, S3.15."""
    outcome = told(*ACCEPTED).when(START)
    own, place = outcome.decided
    assert isinstance(own.event, events.MatchStarted)
    assert own.event.decision.relied_on == (APPROVED_AS, CHECKED_AS, TRAINED_AS)
    assert (place.event, place.stream, place.case_id) == (taken(THIS), named("mentor", LARCH), None)


def test_a_match_starts_once_and_only_what_both_accepted() -> None:
    told(RANKED, PROPOSED, THEY_ACCEPTED).when(START).then_refused("not-accepted")
    told(RANKED, PROPOSED, MENTOR_ACCEPTED).when(START).then_refused("not-accepted")
    told(*ACCEPTED, DECLINED).when(START).then_refused("not-proposed")
    told(*ACTIVE).when(START).then_nothing_new()
    told(*ACTIVE, PAUSED).when(START).then_nothing_new()
    told(*ACTIVE, CLOSED).when(START).then_refused("not-proposed")


def test_a_match_starts_with_the_mentor_who_was_proposed_and_a_participant_who_is_there() -> None:
    told(*ACCEPTED).when(but(START, mentor=HAZEL)).then_refused("another-mentor")
    told(*ACCEPTED).knowing(DIED).when(START).then_refused("died")


@pytest.mark.parametrize(
    ("history", "rule"),
    [
        ((), "no-mentor"),
        ((*FIT, MentorExited(decision=decision())), "no-mentor"),
        ((*FIT, MentorSuspended(decision=decision())), "mentor-suspended"),
        ((APPLIED, CLEARED, TRAINED), "mentor-not-approved"),
        ((APPLIED, TRAINED, APPROVED), "mentor-not-cleared"),
        ((*FIT, but(CLEARED, event_id=event_id(1), result="not-clear", valid_until=None)),
         "mentor-not-cleared"),
        ((APPLIED, CLEARED, APPROVED), "mentor-not-trained"),
        ((*FIT, MentorExited(decision=decision()), but(APPLIED, event_id=event_id(2))),
         "mentor-not-approved"),
    ],
    ids=["nobody", "exited", "suspended", "not approved", "not checked", "not clear", "not trained", "anew"],
)  # fmt: skip
def test_no_match_starts_or_resumes_with_a_mentor_who_is_not_trusted(
    history: tuple[Event, ...], rule: str
) -> None:
    """S3.12: background checks, training, approval."""
    told(*ACCEPTED, mentor=history).when(START).then_refused(rule)
    told(*ACTIVE, PAUSED, mentor=history).when(RESUME).then_refused(rule)


def test_a_reinstated_mentor_starts_again() -> None:
    back = (*FIT, MentorSuspended(decision=decision()), MentorReinstated(decision=decision()))
    assert told(*ACCEPTED, mentor=back).when(START).events


@pytest.mark.parametrize(
    ("day", "rule"),
    [("2025-12-31", None), ("2026-01-01", "clearance-lapsed"), ("2026-07-01", "clearance-lapsed")],
)
def test_a_lapsed_clearance_is_no_clearance_without_any_command(day: str, rule: str | None) -> None:
    later = but(START, next_review_on=date(2026, 9, 1) if day > "2026-05" else date(2026, 2, 1))
    outcome = told(*ACCEPTED).when(later, on=day)
    if rule is None:
        assert outcome.events
    else:
        outcome.then_refused(rule)


def test_training_lapses_too() -> None:
    for_long = but(CLEARED, valid_until=date(2030, 1, 1))
    known = told(*ACCEPTED, mentor=(APPLIED, for_long, TRAINED, APPROVED))
    assert known.when(but(START, next_review_on=date(2026, 8, 1)), on="2026-06-30").events
    known.when(but(START, next_review_on=date(2026, 8, 1)), on="2026-07-01").then_refused(
        "mentor-not-trained"
    )


@pytest.mark.parametrize(
    ("places", "starts"),
    [
        ((), True),
        ((taken(),), False),
        ((taken(), MentorPlaceFreed(match_id=ANOTHER)), True),
        ((taken(), MentorCapacityChanged(capacity=2)), True),
        ((MentorCapacityChanged(capacity=0),), False),
        ((taken(), MentorCapacityChanged(capacity=2), taken(UUID(int=9))), False),
    ],
    ids=["none taken", "taken", "freed", "more", "none at all", "two of two"],
)
def test_a_mentor_has_no_more_matches_than_places(places: tuple[Event, ...], starts: bool) -> None:  # noqa: FBT001 - a table
    """S3.11, S3.12: adequate staffing."""
    outcome = told(*ACCEPTED, mentor=(*FIT, *places)).when(START)
    if starts:
        assert outcome.events
    else:
        outcome.then_refused("mentor-full")


def test_places_of_other_mentors_are_not_counted() -> None:
    others = of_the_mentor(*FIT, taken(), mentor=HAZEL)
    assert told(*ACCEPTED).knowing(*others).when(START).events


def test_a_match_is_reviewed_within_the_days_of_the_policy() -> None:
    """S3.15: continual monitoring; 92 days after 3 March is 3 June."""
    known = told(*[on("2025-03-01", each) for each in ACCEPTED])
    known.when(but(START, next_review_on=date(2025, 6, 4)), on="2025-03-03").then_refused("review-too-late")
    assert known.when(but(START, next_review_on=date(2025, 6, 3)), on="2025-03-03").events
    known.when(but(START, next_review_on=date(2025, 3, 3)), on="2025-03-03").then_refused(
        "date-out-of-bounds"
    )


# --- a match in being -------------------------------------------------------------------------------------


def test_what_the_two_do_together_is_recorded_with_the_mentor_it_was_with() -> None:
    """S3.7, S3.22."""
    told(*ACTIVE).when(MEET).then(MET)
    assert told(*ACTIVE, PAUSED).when(MEET).events
    seen = match.view(told(*ACTIVE, MET, but(MET, event_id=event_id(3), minutes=20)).state)
    assert (seen.contacts, seen.minutes) == (2, 70)


def test_nothing_is_recorded_before_a_match_starts_or_after_it_was_closed() -> None:
    for command in (MEET, REVIEW, PAUSE, RESUME, CLOSE):
        told(*ACCEPTED).when(command).then_refused("not-started")
    for command in (MEET, REVIEW, PAUSE, RESUME):
        told(*ACTIVE, CLOSED).when(command).then_refused("not-started")
    told(*ACTIVE).knowing(DIED).when(MEET).then_refused("died")


def test_a_contact_found_later_counts_where_the_match_was_in_being_then() -> None:
    known = told(
        *(on("2025-03-01", each) for each in ACCEPTED), on("2025-03-02", STARTED), on("2025-03-20", CLOSED)
    )
    assert known.when(MEET, on="2025-03-10").events
    known.when(MEET, on="2025-03-21").then_refused("not-started")


def test_a_match_that_goes_on_says_when_it_is_reviewed_next_and_one_that_is_to_end_does_not() -> None:
    """S3.15."""
    known = told(*ACTIVE)
    assert known.when(REVIEW, on="2025-03-10").events
    assert known.when(but(REVIEW, outcome="adjust"), on="2025-03-10").events
    known.when(but(REVIEW, next_review_on=None), on="2025-03-10").then_refused("next-review")
    known.when(but(REVIEW, outcome="end"), on="2025-03-10").then_refused("next-review")
    assert known.when(but(REVIEW, outcome="end", next_review_on=None), on="2025-03-10").events
    known.when(but(REVIEW, next_review_on=date(2025, 9, 1)), on="2025-03-10").then_refused("review-too-late")


def test_a_match_is_paused_and_resumed() -> None:
    told(*ACTIVE).when(PAUSE, by=SUPERVISOR).then(PAUSED)
    told(*ACTIVE, PAUSED).when(PAUSE).then_nothing_new()
    [resumed] = told(*ACTIVE, PAUSED).when(RESUME).events
    assert isinstance(resumed, events.MatchResumed)
    assert resumed.decision.relied_on == (APPROVED_AS, CHECKED_AS, TRAINED_AS)
    told(*ACTIVE, PAUSED, RESUMED).when(RESUME).then_nothing_new()
    told(*ACTIVE, PAUSED).when(but(RESUME, mentor=HAZEL)).then_refused("another-mentor")
    told(*ACTIVE, PAUSED).knowing(DIED).when(RESUME).then_refused("died")


def test_a_pause_keeps_the_place_of_a_mentor_who_is_full() -> None:
    assert told(*ACTIVE, PAUSED, mentor=(*FIT, taken(THIS))).when(RESUME).events


# --- the end ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [(), (PAUSED,)], ids=["active", "paused"])
def test_a_match_is_closed_once_and_frees_the_place_of_its_mentor(before: tuple[Event, ...]) -> None:
    own, place = told(*ACTIVE, *before).when(CLOSE, by=SUPERVISOR).decided
    assert own.event == CLOSED
    freed = MentorPlaceFreed(match_id=THIS)
    assert (place.event, place.stream, place.case_id) == (freed, named("mentor", LARCH), None)
    told(*ACTIVE, *before, CLOSED).when(CLOSE).then_nothing_new()


def test_a_match_is_closed_whatever_became_of_the_two() -> None:
    assert told(*ACTIVE, mentor=(*FIT, MentorExited(decision=decision()))).knowing(DIED).when(CLOSE).events
    told(*ACTIVE).when(but(CLOSE, mentor=HAZEL)).then_refused("another-mentor")


def test_a_match_is_completed_once_a_review_said_that_it_is_to_end() -> None:
    done = but(CLOSE, reason="completed")
    told(*ACTIVE).when(done).then_refused("not-reviewed-to-end")
    assert told(*ACTIVE, TO_END).when(done).events
    going_on = events.MatchReviewed.model_validate({**dict(REVIEW), "decision": decision()})
    told(*ACTIVE, TO_END, going_on).when(done).then_refused("not-reviewed-to-end")


def test_what_others_may_read_of_a_match() -> None:
    def seen(*happened: Happened) -> dict[str, Any]:
        return match.view(told(*happened).state).model_dump(mode="json")

    assert seen(RANKED) == {
        "status": "ranked", "candidates": [LARCH, HAZEL], "mentor": None, "accepted_by": [],
        "review_due_on": None, "to_end": False, "contacts": 0, "minutes": 0, "closed_because": None,
    }  # fmt: skip
    assert seen(*ACTIVE) == seen(RANKED) | {
        "status": "active", "mentor": LARCH, "accepted_by": ["mentor", "participant"],
        "review_due_on": "2025-03-01",
    }  # fmt: skip
    assert seen(*ACTIVE, PAUSED)["status"] == "paused"
    assert seen(*ACTIVE, PAUSED, RESUMED)["status"] == "active"
    assert seen(RANKED, PROPOSED, DECLINED)["status"] == "declined"
    reviewed = events.MatchReviewed.model_validate({**dict(REVIEW), "decision": decision()})
    assert seen(*ACTIVE, reviewed)["review_due_on"] == "2025-04-01"
    assert seen(*ACTIVE, TO_END)["to_end"]
    closed = seen(*ACTIVE, CLOSED)
    assert (closed["status"], closed["review_due_on"], closed["closed_because"]) == ("closed", None, "early")


# --- corrections ------------------------------------------------------------------------------------------


def test_a_start_is_not_corrected_to_a_day_on_which_the_mentor_was_not_cleared() -> None:
    known = told(*ACCEPTED, known_as(STARTED_AS, on("2025-03-10", STARTED)))
    when = {"corrects": STARTED_AS, "decision": grounds()}
    before = Correct(**when, instead=START, occurred_at=date(2024, 12, 1))
    known.when(before).then_refused("another-mentor")
    assert known.when(Correct(**when, instead=but(START, next_review_on=date(2025, 4, 1)))).events


def test_a_clearance_that_never_was_contradicts_the_start_that_rested_on_it() -> None:
    known = told(*ACCEPTED, STARTED, mentor=(APPLIED, TRAINED, APPROVED))
    facts = known.facts_of_others()
    [found] = contradictions_of(match, effective(known.facts()), lambda _types, _others: facts, CASE)
    assert (found.fact.event, found.rule) == (STARTED, "mentor-not-cleared")


def test_a_proposal_is_not_corrected_to_somebody_who_was_excluded() -> None:
    proposed = known_as(event_id(1030), PROPOSED)
    wrong = Correct(decision=grounds(), corrects=event_id(1030), instead=but(PROPOSE, mentor=ASPEN))
    told(RANKED, proposed).when(wrong).then_refused("no-candidate")


def test_a_proposal_that_never_was_leaves_nothing_to_start() -> None:
    known = told(RANKED, known_as(event_id(1030), PROPOSED), THEY_ACCEPTED, MENTOR_ACCEPTED)
    known = known.then_so(known.when(Retract(decision=grounds(), corrects=event_id(1030))))
    known.when(START).then_refused("another-mentor")


# --- the laws ---------------------------------------------------------------------------------------------

ASKED = one_of_these(
    *EVERY_COMMAND,
    but(RANK, event_id=event_id(1040), candidates=()),
    but(PROPOSE, mentor=HAZEL, not_the_first_because="Invented words: she has time."),
    but(REVIEW, event_id=event_id(1041), outcome="end", next_review_on=None),
    but(MEET, event_id=event_id(1042), medium="phone"),
    but(CLOSE, reason="completed"),
)
KNOWING = [REGISTERED, *of_the_mentor(*FIT)]


def _anybody(_command: object) -> Actor:
    return SUPERVISOR


TestLaws = machine(match, ASKED, knowing=KNOWING, by=_anybody).TestCase
TestLawsInBeing = machine(match, ASKED, ACTIVE, knowing=KNOWING, by=_anybody).TestCase
