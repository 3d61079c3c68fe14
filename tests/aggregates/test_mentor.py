from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scp_events.aggregates import mentor
from scp_events.aggregates.mentor import events
from scp_events.aggregates.mentor.commands import (
    ApplyAsMentor,
    ApproveMentor,
    BeginMentorScreening,
    ChangeMentorCapacity,
    ChangeMentorOffer,
    ExitMentor,
    MentorCommand,
    RecordBackgroundCheck,
    RecordMentorSupervision,
    RecordMentorTraining,
    ReinstateMentor,
    SuspendMentor,
)
from scp_events.aggregates.mentor.events import CheckResult
from scp_events.aggregates.mentor.rules import Status
from scp_events.scenario import Given, Happened, at, given, on
from scp_events.vocabulary import Calendar, Correct, PersonId, Retract
from tests.aggregates.laws import machine, one_of_these
from tests.words import SUPERVISOR, decision, event_id, grounds, person

pytestmark = pytest.mark.once

APPLIED_AS, CHECKED_AS, TRAINED_AS, APPROVED_AS, SUPERVISED_AS, MOVED_AS = map(event_id, range(901, 907))

OFFER = {
    "name": "Invented Larch",
    "capabilities": ("literacy", "job-seeking"),
    "interests": ("football",),
    "languages": ("en",),
    "communication_style": "calm",
    "age_band": "35-44",
    "gender": "female",
    "cultural_background": "invented-islander",
    "area": "invented-parish",
}
APPLY = ApplyAsMentor.model_validate({**OFFER, "event_id": APPLIED_AS, "capacity": 2})
MOVE = ChangeMentorOffer.model_validate({**OFFER, "event_id": MOVED_AS, "area": "another-parish"})
SCREEN = BeginMentorScreening()
CHECK = RecordBackgroundCheck(
    event_id=CHECKED_AS, decision=grounds(), result=CheckResult.CLEAR, valid_until=date(2026, 3, 31)
)
TRAIN = RecordMentorTraining(event_id=TRAINED_AS, course="mentor-induction")
APPROVE = ApproveMentor(event_id=APPROVED_AS, decision=grounds())
SUPERVISE = RecordMentorSupervision(event_id=SUPERVISED_AS, supervisor=SUPERVISOR.id, minutes=45)
FEWER = ChangeMentorCapacity(capacity=1)
SUSPEND = SuspendMentor(decision=grounds())
REINSTATE = ReinstateMentor(decision=grounds())
EXIT = ExitMentor(decision=grounds())

APPLIED = events.MentorApplied.model_validate({**dict(APPLY), "code": "mentor"})
SCREENING = events.MentorScreeningBegun()
CLEARED = events.BackgroundCheckRecorded.model_validate({**dict(CHECK), "decision": decision()})
TRAINED = events.MentorTrainingCompleted.model_validate(dict(TRAIN))
APPROVED = events.MentorApproved(event_id=APPROVED_AS, decision=decision())
SUSPENDED = events.MentorSuspended(decision=decision())
REINSTATED = events.MentorReinstated(decision=decision())
EXITED = events.MentorExited(decision=decision())
IN_SCREENING = (APPLIED, SCREENING)
READY = (*IN_SCREENING, CLEARED, TRAINED)
ACTIVE = (*READY, APPROVED)

THEMSELVES = person("mentor")


def told(*happened: Happened) -> Given:
    return given(mentor, *happened)


def but(said: Any, **changes: object) -> Any:
    return type(said).model_validate({**dict(said), "event_id": None, **changes})


def status(*happened: Happened) -> Status:
    return mentor.view(told(*happened).state).status


# --- recruitment ------------------------------------------------------------------------------------------


def test_somebody_applies_with_what_they_offer_under_a_name_of_their_own() -> None:
    """S3.12, S3.13, S3.14: capabilities, background, age, interests and how they communicate."""
    told().when(APPLY).then(APPLIED)


def test_somebody_applies_once_unless_they_have_exited() -> None:
    told(APPLIED).when(but(APPLY)).then_refused("already-applied")
    told(*ACTIVE).when(but(APPLY)).then_refused("already-applied")
    told(APPLIED, SUSPENDED).when(but(APPLY)).then_refused("already-applied")
    assert told(*ACTIVE, EXITED).when(but(APPLY, capacity=3)).events


def test_whoever_applies_again_is_screened_and_approved_anew() -> None:
    again = told(*ACTIVE, SUSPENDED, EXITED, but_applied(capacity=5))
    assert mentor.view(again.state).status is Status.APPLIED
    assert mentor.view(again.state).capacity == 5
    again.when(but(APPROVE)).then_refused("not-screened")


def but_applied(**changes: object) -> events.MentorApplied:
    return APPLIED.model_copy(update={"event_id": event_id(950), **changes})


@pytest.mark.parametrize(
    "command",
    [MOVE, SCREEN, CHECK, TRAIN, APPROVE, SUPERVISE, FEWER, SUSPEND, REINSTATE, EXIT],
    ids=lambda c: type(c).__name__,
)
def test_nothing_is_said_of_who_did_not_apply_and_little_of_who_exited(command: MentorCommand) -> None:
    told().when(command).then_refused("no-mentor")
    left = told(*ACTIVE, EXITED).when(but(command) if hasattr(command, "event_id") else command)
    if command is EXIT:
        left.then_nothing_new()
    else:
        left.then_refused("no-mentor")


def test_a_mentor_may_move_and_offer_something_else() -> None:
    told(APPLIED).when(MOVE).then(events.MentorOfferChanged.model_validate(dict(MOVE)))


# --- screening and training -------------------------------------------------------------------------------


def test_whoever_applied_is_screened_once() -> None:
    """S3.11: inadequate screening is what makes matches fail."""
    told(APPLIED).when(SCREEN).then(SCREENING)
    told(*IN_SCREENING).when(SCREEN).then_nothing_new()


def test_a_background_check_is_part_of_the_screening() -> None:
    """S3.12."""
    told(APPLIED).when(CHECK).then_refused("not-screened")
    [checked] = told(*IN_SCREENING).when(CHECK, by=SUPERVISOR).events
    assert checked == CLEARED


def test_a_clear_check_says_until_when_it_is_valid_and_no_other_does() -> None:
    told(*IN_SCREENING).when(but(CHECK, valid_until=None)).then_refused("validity-of-a-clear-check")
    told(*IN_SCREENING).when(but(CHECK, result="not-clear")).then_refused("validity-of-a-clear-check")
    assert told(*IN_SCREENING).when(but(CHECK, result="not-clear", valid_until=None)).events


@pytest.mark.parametrize(
    "dates",
    [
        {"valid_until": date(2025, 3, 9)},
        {"valid_from": date(2025, 3, 9)},
        {"valid_from": date(2025, 4, 1), "valid_until": date(2025, 4, 1)},
    ],
    ids=["over before it was recorded", "from before it was recorded", "over before it begins"],
)
def test_a_check_counts_on_some_day_after_it_was_recorded(dates: dict[str, object]) -> None:
    known = told(on("2025-03-01", APPLIED), on("2025-03-01", SCREENING))
    known.when(but(CHECK, **dates), on="2025-03-10").then_refused("date-out-of-bounds")


def test_whoever_applied_is_trained_as_often_as_need_be() -> None:
    """S3.12: recruited, trained, retained."""
    told(APPLIED).when(TRAIN).then(TRAINED)
    assert told(APPLIED, TRAINED).when(but(TRAIN)).events


# --- approval ---------------------------------------------------------------------------------------------


def test_whoever_is_cleared_and_trained_is_approved_once_and_the_approval_rests_on_both() -> None:
    """S3.12."""
    [approved] = told(*READY).when(APPROVE).events
    assert isinstance(approved, events.MentorApproved)
    assert approved.decision.relied_on == (CHECKED_AS, TRAINED_AS)
    told(*ACTIVE).when(but(APPROVE)).then_nothing_new()


def test_nobody_is_approved_before_their_screening() -> None:
    told(APPLIED, CLEARED, TRAINED).when(APPROVE).then_refused("not-screened")


def test_nobody_approves_or_reinstates_themselves() -> None:
    told(*READY).when(APPROVE, by=THEMSELVES).then_refused("own-approval")
    told(*ACTIVE, SUSPENDED).when(REINSTATE, by=THEMSELVES).then_refused("own-approval")


def test_nobody_is_approved_without_a_check_that_is_clear() -> None:
    told(*IN_SCREENING, TRAINED).when(APPROVE).then_refused("mentor-not-cleared")
    failed = but(CLEARED, event_id=event_id(910), result="not-clear", valid_until=None)
    told(*READY, failed).when(APPROVE).then_refused("mentor-not-cleared")
    assert told(*IN_SCREENING, TRAINED, failed, CLEARED).when(APPROVE).events


@pytest.mark.parametrize(("day", "allowed"), [("2026-03-31", True), ("2026-04-01", False)])
def test_a_clearance_lapses_by_itself_after_its_last_day(day: str, allowed: bool) -> None:  # noqa: FBT001 - a table
    outcome = told(*READY).when(APPROVE, on=day)
    if allowed:
        assert outcome.events
    else:
        outcome.then_refused("clearance-lapsed")


def test_days_of_validity_are_those_of_the_organisation() -> None:
    """The last evening of a clearance in Antigua is the next day in UTC."""
    known = told(*READY).in_days_of(Calendar(ZoneInfo("America/Antigua")))
    assert known.when(APPROVE, at="2026-04-01T02:00").events
    known.when(APPROVE, at="2026-04-01T05:00").then_refused("clearance-lapsed")


def test_a_clearance_dated_ahead_takes_force_by_itself_on_its_day() -> None:
    ahead = but(CLEARED, event_id=event_id(911), valid_from=date(2025, 6, 1), valid_until=date(2026, 6, 1))
    known = told(*IN_SCREENING, TRAINED, ahead)
    known.when(APPROVE, on="2025-05-31").then_refused("mentor-not-cleared")
    assert known.when(APPROVE, on="2025-06-01").events
    before_it = told(*READY, ahead)
    assert before_it.when(APPROVE, on="2025-05-31").events
    assert before_it.when(APPROVE, on="2026-05-31").events


def test_training_counts_in_the_course_that_the_policy_asks_for_until_its_last_day() -> None:
    other = but(TRAINED, event_id=event_id(912), course="first-aid")
    told(*IN_SCREENING, CLEARED, other).when(APPROVE).then_refused("mentor-not-trained")
    assert told(*IN_SCREENING, CLEARED, TRAINED, other).when(APPROVE).events
    until_july = but(TRAINED, event_id=TRAINED_AS, valid_until=date(2025, 7, 1))
    lapsing = told(*IN_SCREENING, CLEARED, until_july)
    assert lapsing.when(APPROVE, on="2025-07-01").events
    lapsing.when(APPROVE, on="2025-07-02").then_refused("mentor-not-trained")


def test_a_late_check_counts_for_what_is_decided_as_of_its_time() -> None:
    late = (at("2025-03-01T09:00", APPLIED), at("2025-03-01T10:00", SCREENING), on("2025-03-20", CLEARED))
    known = told(*late, on("2025-03-02", TRAINED))
    known.when(APPROVE, on="2025-03-10").then_refused("mentor-not-cleared")
    assert known.when(APPROVE, on="2025-03-20").events


# --- being a mentor ---------------------------------------------------------------------------------------


def test_an_approved_mentor_is_supervised_by_somebody_else_also_while_suspended() -> None:
    """S3.12: ongoing supervision."""
    told(*ACTIVE).when(SUPERVISE).then(events.MentorSupervisionHeld.model_validate(dict(SUPERVISE)))
    assert told(*ACTIVE, SUSPENDED).when(SUPERVISE).events
    told(*READY).when(SUPERVISE).then_refused("mentor-not-approved")
    told(*ACTIVE).when(but(SUPERVISE, supervisor=PersonId("mentor"))).then_refused("own-supervision")


def test_a_mentor_says_how_many_are_enough() -> None:
    told(*ACTIVE).when(FEWER).then(events.MentorCapacityChanged(capacity=1))
    told(*ACTIVE, events.MentorCapacityChanged(capacity=1)).when(FEWER).then_nothing_new()


def test_a_mentor_is_suspended_and_reinstated() -> None:
    """S3.15."""
    told(*ACTIVE).when(SUSPEND, by=SUPERVISOR).then(SUSPENDED)
    told(*ACTIVE, SUSPENDED).when(SUSPEND).then_nothing_new()
    told(*ACTIVE, SUSPENDED).when(REINSTATE, by=SUPERVISOR).then(REINSTATED)
    told(*ACTIVE).when(REINSTATE).then_nothing_new()
    told(*ACTIVE).when(REINSTATE, by=THEMSELVES).then_nothing_new()


def test_a_mentor_exits_whatever_they_still_have_to_do() -> None:
    taken = events.MentorPlaceTaken(match_id=event_id(1))
    told(*ACTIVE, taken).when(EXIT, by=SUPERVISOR).then(EXITED)
    assert mentor.view(told(*ACTIVE, taken, EXITED).state).matches == (event_id(1),)


def test_how_far_somebody_has_come_is_said_by_what_happened() -> None:
    steps = [
        ((), Status.NOT_APPLIED),
        ((APPLIED,), Status.APPLIED),
        (IN_SCREENING, Status.SCREENING),
        (READY, Status.SCREENING),
        (ACTIVE, Status.APPROVED),
        ((*ACTIVE, SUSPENDED), Status.SUSPENDED),
        ((*ACTIVE, SUSPENDED, REINSTATED), Status.APPROVED),
        ((*ACTIVE, SUSPENDED, EXITED), Status.EXITED),
    ]
    assert [status(*happened) for happened, _ in steps] == [expected for _, expected in steps]


def test_what_others_may_read_of_a_mentor_is_how_they_stand_and_not_who_they_are() -> None:
    one, other = event_id(1), event_id(2)
    places = [events.MentorPlaceTaken(match_id=one), events.MentorPlaceTaken(match_id=other),
              events.MentorPlaceTaken(match_id=other), events.MentorPlaceFreed(match_id=one)]  # fmt: skip
    assert mentor.view(told(*ACTIVE, *places).state).model_dump(mode="json") == {
        "status": "approved",
        "background_checks": [{"result": "clear", "valid_from": None, "valid_until": "2026-03-31"}],
        "trainings": [{"course": "mentor-induction", "valid_until": None}],
        "capacity": 2,
        "matches": [str(other)],
    }


# --- corrections ------------------------------------------------------------------------------------------


def test_a_check_is_not_corrected_into_one_that_could_not_have_been_recorded() -> None:
    wrong = Correct(decision=grounds(), corrects=CHECKED_AS, instead=but(CHECK, valid_until=None))
    told(*ACTIVE).when(wrong).then_refused("validity-of-a-clear-check")


def test_a_mentor_whose_check_never_was_is_cleared_no_longer() -> None:
    known = told(*READY)
    known = known.then_so(known.when(Retract(decision=grounds(), corrects=CHECKED_AS)))
    known.when(APPROVE).then_refused("mentor-not-cleared")


def test_that_a_place_was_taken_is_corrected_with_the_match_and_not_here() -> None:
    taken = given(mentor, *ACTIVE, events.MentorPlaceTaken(match_id=event_id(1)))
    place = taken.facts()[-1].event_id
    taken.when(Retract(decision=grounds(), corrects=place)).then_refused("not-correctable")


# --- the laws ---------------------------------------------------------------------------------------------

EVERY_COMMAND: tuple[MentorCommand, ...] = (
    APPLY, MOVE, SCREEN, CHECK, TRAIN, APPROVE, SUPERVISE, FEWER, SUSPEND, REINSTATE, EXIT,
)  # fmt: skip
ASKED = one_of_these(
    *EVERY_COMMAND,
    but(APPLY, event_id=event_id(920)),
    but(CHECK, event_id=event_id(921), result="not-clear", valid_until=None),
    but(CHECK, event_id=event_id(922), valid_from=date(2025, 1, 2)),
    but(TRAIN, event_id=event_id(923), course="first-aid"),
    but(APPROVE, event_id=event_id(924)),
    ChangeMentorCapacity(capacity=3),
)
TestLaws = machine(mentor, ASKED).TestCase
