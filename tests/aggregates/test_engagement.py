from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from scp_events.aggregates import engagement
from scp_events.aggregates.engagement.commands import EngagementCommand, RecordContact
from scp_events.aggregates.engagement.events import (
    BoundariesAgreed,
    BoundariesDeclined,
    ChoiceRecorded,
    ContactOutcome,
    ContactRecorded,
    ExitReason,
    KeyWorkerAssigned,
    KeyWorkerChanged,
    Medium,
    ParticipantExited,
    ParticipantReEngaged,
    ParticipationPaused,
    ParticipationResumed,
    StoryConfirmed,
    StoryRecorded,
)
from scp_events.aggregates.engagement.rules import Status
from scp_events.history import contradictions_of
from scp_events.policy import CURRENT, POLICIES, Policy
from scp_events.scenario import CASE, Given, Happened, Outcome, at, given, known_as, on
from scp_events.scenario import by as told_by
from scp_events.vocabulary import Actor, Command, Correct, EventId, Retract, Role
from tests.aggregates.laws import machine, one_of_these
from tests.examples.engagement import (
    ACTIVE,
    AGREE,
    AGREED,
    ASSIGN,
    CAME_BACK,
    CHOOSE,
    CHOSEN,
    CONFIRM,
    DECLINE,
    ENGAGING,
    EVERY_COMMAND,
    EXIT,
    FIRST,
    HAND_OVER,
    LEFT,
    MEET,
    MEET_AGAIN,
    MET,
    MISS,
    MISSED,
    PAUSE,
    PAUSED,
    RE_ENGAGE,
    RESUME,
    RESUMED,
    SECOND,
    TELL,
    TOLD,
    TRUSTED,
    by,
    history,
)
from tests.examples.participant import DIED, DIED_AS, REGISTERED, REGISTERED_AS
from tests.words import (
    KEY_WORKER,
    OTHER_KEY_WORKER,
    ROBOT,
    SUPERVISOR,
    decision,
    event_id,
    grounds,
    person,
)

pytestmark = pytest.mark.once

ENGAGEMENT = (MEET, TELL, CONFIRM, CHOOSE)
TAKING_PART = (AGREE, DECLINE, *ENGAGEMENT)
each_way_of_taking_part = pytest.mark.parametrize("command", TAKING_PART, ids=lambda c: type(c).__name__)


def after(*commands: EngagementCommand) -> Given:
    """Somebody registered, with whom all this was done."""
    return given(engagement, *(told_by(KEY_WORKER, e) for e in history(*commands))).knowing(REGISTERED)


def asked(before: tuple[EngagementCommand, ...], command: Command) -> Outcome:
    """Return what came of a command after others, sent by whoever sends such."""
    return after(*before).when(command, by=by(command))


def told(*happened: Happened) -> Given:
    """Somebody registered in March, with whom all this happened, recorded in this order."""
    return given(engagement, *happened).knowing(on("2025-03-01", REGISTERED))


def status(*commands: EngagementCommand) -> Status:
    return Status(after(*commands).state.status)


def but(said: Any, **changes: object) -> Any:
    """Return what is said, otherwise; a contact, story or choice as one of its own."""
    return type(said).model_validate({**dict(said), **changes})


def afresh(command: Any) -> Any:
    """Return the command for an event that nobody has reported."""
    return but(command, event_id=event_id(599)) if "event_id" in type(command).model_fields else command


def correct(wrong: EventId, instead: Command, occurred_at: object = None) -> Correct:
    return Correct.model_validate(
        {"decision": grounds(), "corrects": wrong, "instead": instead, "occurred_at": occurred_at}
    )


# --- the way through the programme ------------------------------------------------------------------------


def test_a_participant_goes_from_registration_to_exit_and_comes_back() -> None:
    assert status() == "registered"
    assert status(*ENGAGING) == "engaging"
    assert status(*ACTIVE) == "active"
    assert status(*ACTIVE, PAUSE) == "paused"
    assert status(*ACTIVE, PAUSE, RESUME) == "active"
    assert status(*ACTIVE, EXIT) == "exited"
    assert status(*ACTIVE, EXIT, RE_ENGAGE) == "re-engaged"
    assert status(*ACTIVE, EXIT, RE_ENGAGE, AGREE) == "engaging"
    assert status(*ACTIVE, EXIT, RE_ENGAGE, AGREE, ASSIGN) == "active"


def test_nobody_is_active_without_a_key_worker() -> None:
    assert status(*TRUSTED, CONFIRM) == "engaging"


def test_nobody_is_active_before_their_story_is_confirmed() -> None:
    assert status(*TRUSTED, ASSIGN) == "engaging"


def test_others_read_where_somebody_stands() -> None:
    seen = engagement.view(after(*ACTIVE).state)
    assert seen.model_dump(mode="json") == {
        "status": "active",
        "boundaries": "agreed",
        "key_worker": "kw-juniper",
        "story_confirmed": True,
        "contacts": {str(FIRST): "held", str(SECOND): "held"},
    }


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=lambda c: type(c).__name__)
def test_nothing_is_done_with_somebody_who_is_not_registered(command: EngagementCommand) -> None:
    given(engagement).when(command, by=by(command)).then_refused("not-registered")


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=lambda c: type(c).__name__)
def test_a_death_ends_participation(command: EngagementCommand) -> None:
    dead = given(engagement, *history(*TRUSTED)).knowing(REGISTERED, known_as(DIED_AS, DIED))
    dead.when(afresh(command), by=by(command)).then_refused("died")


# --- boundaries -------------------------------------------------------------------------------------------


def test_boundaries_are_agreed_between_two_people() -> None:
    asked((), AGREE).then(
        BoundariesAgreed(
            decision=decision(by=KEY_WORKER),
            agreed_with=KEY_WORKER,
            boundaries="An invented arrangement: ring ahead.",
        )
    )


def test_no_system_agrees_boundaries() -> None:
    after().when(AGREE, by=ROBOT).then_refused("a-person-decides")


@pytest.mark.parametrize("command", ENGAGEMENT, ids=lambda c: type(c).__name__)
def test_boundaries_come_first(command: EngagementCommand) -> None:
    asked((), command).then_refused("boundaries-not-agreed")
    asked((DECLINE,), command).then_refused("boundaries-not-agreed")


@pytest.mark.parametrize("command", [*ENGAGEMENT, PAUSE], ids=lambda c: type(c).__name__)
def test_boundaries_come_first_whenever_engagement_begins_again(command: EngagementCommand) -> None:
    asked((*TRUSTED, EXIT, RE_ENGAGE), afresh(command)).then_refused("boundaries-not-agreed")


def test_declined_boundaries_leave_the_participant_registered() -> None:
    asked((), DECLINE).then(BoundariesDeclined(decision=decision()))
    asked((DECLINE,), DECLINE).then_nothing_new()
    assert status(DECLINE) == "registered"


def test_declined_boundaries_may_be_agreed_later() -> None:
    assert status(DECLINE, AGREE) == "engaging"


@pytest.mark.parametrize("command", [AGREE, DECLINE], ids=["agree", "decline"])
def test_agreed_boundaries_stand(command: EngagementCommand) -> None:
    asked(ENGAGING, command).then_refused("boundaries-already-agreed")


# --- contacts ---------------------------------------------------------------------------------------------


def test_a_contact_says_who_made_it_and_what_became_of_it() -> None:
    asked(ENGAGING, MEET).then(
        ContactRecorded(
            event_id=FIRST,
            made_by=KEY_WORKER,
            medium=Medium.IN_PERSON,
            outcome=ContactOutcome.HELD,
            held_minutes=40,
            others_present=("guardian",),
            note="An invented note: at ease.",
        )
    )


def test_a_contact_gets_an_id_where_it_comes_without_one() -> None:
    (contact,) = asked(ENGAGING, but(MEET, event_id=None)).events
    assert isinstance(contact, ContactRecorded)
    assert isinstance(contact.event_id, type(FIRST))


def test_a_contact_is_recorded_once() -> None:
    asked((*ENGAGING, MEET), MEET).then_nothing_new()
    asked((*ENGAGING, MEET, EXIT), MEET).then_nothing_new()
    asked((*ENGAGING, MEET), but(MEET, held_minutes=75)).then_refused("event-id-taken")


@pytest.mark.parametrize("contact", [but(MISS, held_minutes=5), but(MEET, held_minutes=0)])
def test_a_contact_has_minutes_if_it_was_held_and_only_then(contact: RecordContact) -> None:
    asked(ENGAGING, contact).then_refused("minutes-of-a-held-contact")


def test_minutes_are_whole_numbers_of_one_day() -> None:
    for minutes in (39.5, -1, 1441):
        with pytest.raises(ValueError, match="held_minutes"):
            but(MEET, held_minutes=minutes)


def test_people_make_contacts() -> None:
    asked(ENGAGING, but(MEET, made_by=ROBOT)).then_refused("not-a-person")


def test_a_clerk_or_a_feed_enters_a_contact_that_somebody_made() -> None:
    (contact,) = after(*ENGAGING).when(MEET, by=ROBOT).events
    assert isinstance(contact, ContactRecorded)
    assert contact.made_by == KEY_WORKER


# --- the story --------------------------------------------------------------------------------------------


def test_a_story_is_told_to_whoever_writes_it_down() -> None:
    asked(ENGAGING, TELL).then(
        StoryRecorded(event_id=TOLD, told_to=KEY_WORKER, story="An invented story by an invented sea.")
    )


def test_a_story_is_told_and_confirmed_to_a_person() -> None:
    after(*ENGAGING).when(TELL, by=ROBOT).then_refused("not-a-person")
    after(*TRUSTED).when(CONFIRM, by=ROBOT).then_refused("not-a-person")


def test_a_story_is_confirmed_after_enough_contacts() -> None:
    asked(TRUSTED, CONFIRM).then(
        StoryConfirmed(
            confirmed_to=KEY_WORKER, stories=(TOLD,), contacts=(FIRST, SECOND), policy_version="2025.1"
        )
    )
    asked((*TRUSTED, CONFIRM), CONFIRM).then_nothing_new()


@pytest.mark.parametrize("met", [(), (MEET,), (MEET, MISS)], ids=["never", "once", "once, and missed once"])
def test_trust_takes_contacts_that_were_held(met: tuple[EngagementCommand, ...]) -> None:
    asked((*ENGAGING, *met, TELL), CONFIRM).then_refused("not-enough-contacts")


def test_a_story_is_told_before_it_is_confirmed() -> None:
    asked((*ENGAGING, MEET, MEET_AGAIN), CONFIRM).then_refused("no-story")


def test_a_story_is_confirmed_under_a_known_policy() -> None:
    asked(TRUSTED, but(CONFIRM, policy_version="1999.1")).then_refused("unknown-policy-version")


def test_a_story_told_further_is_confirmed_again() -> None:
    more = but(TELL, event_id=event_id(598))
    assert status(*ACTIVE, more) == "engaging"
    asked((*ACTIVE, more), CONFIRM).then(
        StoryConfirmed(
            confirmed_to=KEY_WORKER,
            stories=(TOLD, event_id(598)),
            contacts=(FIRST, SECOND),
            policy_version="2025.1",
        )
    )


def test_a_choice_is_recorded_in_the_participants_words() -> None:
    asked(ENGAGING, CHOOSE).then(
        ChoiceRecorded(event_id=CHOSEN, about="counselling", choice="An invented choice: rather wait.")
    )
    asked((*ENGAGING, CHOOSE), CHOOSE).then_nothing_new()


# --- key workers ------------------------------------------------------------------------------------------


def test_a_key_worker_is_assigned_also_before_boundaries() -> None:
    asked((), ASSIGN).then(KeyWorkerAssigned(decision=decision(), key_worker=KEY_WORKER))


def test_the_same_key_worker_assigned_again_is_already_so() -> None:
    asked((ASSIGN,), ASSIGN).then_nothing_new()


def test_there_is_one_key_worker_at_a_time() -> None:
    asked((ASSIGN,), but(ASSIGN, key_worker=OTHER_KEY_WORKER)).then_refused("key-worker-already-assigned")


def test_a_key_worker_hands_over() -> None:
    asked((ASSIGN,), HAND_OVER).then(
        KeyWorkerChanged(
            decision=decision(),
            from_key_worker=KEY_WORKER.id,
            to_key_worker=OTHER_KEY_WORKER,
            handover_note="An invented note: prefers mornings.",
        )
    )
    asked((ASSIGN, HAND_OVER), HAND_OVER).then_nothing_new()


def test_a_hand_over_needs_somebody_to_hand_over() -> None:
    asked((), HAND_OVER).then_refused("no-key-worker")


def test_a_key_worker_may_change_during_a_break() -> None:
    assert asked((*ACTIVE, PAUSE), HAND_OVER).refusal is None


def test_with_the_exit_the_key_workers_assignment_ends() -> None:
    assert after(*ACTIVE).state.key_worker == KEY_WORKER.id
    assert after(*ACTIVE, EXIT).state.key_worker is None


@pytest.mark.parametrize(
    "nobody", [SUPERVISOR, ROBOT.model_copy(update={"role": Role.KEY_WORKER})], ids=["supervisor", "system"]
)
def test_a_key_worker_has_the_role(nobody: Actor) -> None:
    asked((), but(ASSIGN, key_worker=nobody)).then_refused("not-a-key-worker")
    asked((ASSIGN,), but(HAND_OVER, to_key_worker=nobody)).then_refused("not-a-key-worker")


def test_a_key_worker_holds_the_credential_where_one_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    strict = Policy(**(vars(CURRENT) | {"version": "2099.1", "credential_of_key_worker": "cpscp"}))
    monkeypatch.setitem(POLICIES, "2099.1", strict)
    unqualified = but(ASSIGN, decision=grounds(policy_version="2099.1"))
    qualified = but(unqualified, key_worker=person("kw-aspen", Role.KEY_WORKER, "cpscp"))
    asked((), unqualified).then_refused("credential-missing")
    assert asked((), qualified).refusal is None
    asked((ASSIGN,), but(HAND_OVER, decision=unqualified.decision)).then_refused("credential-missing")


# --- taking part ------------------------------------------------------------------------------------------


@each_way_of_taking_part
def test_a_paused_participant_resumes_first(command: EngagementCommand) -> None:
    asked((*ACTIVE, PAUSE), afresh(command)).then_refused("paused")


@each_way_of_taking_part
def test_an_exited_participant_is_re_engaged_first(command: EngagementCommand) -> None:
    asked((*ACTIVE, EXIT), afresh(command)).then_refused("exited")


@pytest.mark.parametrize("command", [ASSIGN, HAND_OVER, PAUSE, RESUME], ids=lambda c: type(c).__name__)
def test_an_exited_participant_has_no_key_worker_and_no_break(command: EngagementCommand) -> None:
    asked((*ACTIVE, EXIT), command).then_refused("exited")


def test_a_break_begins_once_and_ends_once() -> None:
    asked(ENGAGING, PAUSE).then(ParticipationPaused(decision=decision()))
    asked((*ENGAGING, PAUSE), PAUSE).then_nothing_new()
    asked((*ENGAGING, PAUSE), RESUME).then(ParticipationResumed(decision=decision()))
    asked((*ENGAGING, PAUSE, RESUME), RESUME).then_refused("not-paused")


def test_nobody_pauses_before_boundaries() -> None:
    asked((), PAUSE).then_refused("boundaries-not-agreed")


@pytest.mark.parametrize(
    "changes",
    [{"exit_plan": None}, {"exit_plan_waived_because": "They moved away."}],
    ids=["neither", "both"],
)
def test_an_exit_needs_a_plan_or_a_waiver(changes: dict[str, object]) -> None:
    asked(ACTIVE, but(EXIT, **changes)).then_refused("exit-plan-missing")


def test_an_exit_plan_can_be_waived_with_a_reason() -> None:
    waived = but(EXIT, exit_plan=None, exit_plan_waived_because="An invented move.")
    asked(ACTIVE, waived).then(
        ParticipantExited(
            decision=decision(),
            reason=ExitReason.COMPLETED,
            exit_plan_waived_because="An invented move.",
        )
    )


@pytest.mark.parametrize(
    "before", [(), ENGAGING, ACTIVE, (*ACTIVE, PAUSE)], ids=["registered", "engaging", "active", "paused"]
)
def test_everybody_may_leave_once(before: tuple[EngagementCommand, ...]) -> None:
    asked(before, EXIT).then(
        ParticipantExited(
            decision=decision(),
            reason=ExitReason.COMPLETED,
            exit_plan="An invented plan: an apprenticeship.",
        )
    )
    asked((*before, EXIT), EXIT).then_nothing_new()


def test_only_an_exited_participant_comes_back() -> None:
    asked(ACTIVE, RE_ENGAGE).then_refused("not-exited")
    asked((*ACTIVE, EXIT), RE_ENGAGE).then(ParticipantReEngaged(decision=decision()))
    asked((*ACTIVE, EXIT, RE_ENGAGE), RE_ENGAGE).then_refused("not-exited")


def test_whoever_left_during_a_break_comes_back_without_it() -> None:
    assert status(*ACTIVE, PAUSE, EXIT, RE_ENGAGE) == "re-engaged"


# --- as of its own time -----------------------------------------------------------------------------------

MET_IN_JUNE = but(MEET, event_id=event_id(597))
AGREED_IN_MARCH = on("2025-03-02", AGREED)
ASSIGNED = KeyWorkerAssigned(decision=decision(), key_worker=KEY_WORKER)


def test_a_contact_before_the_exit_is_recorded_after_it() -> None:
    left = told(AGREED_IN_MARCH, on("2025-06-30", LEFT))
    assert left.when(MET_IN_JUNE, on="2025-06-20").events
    left.when(MET_IN_JUNE, on="2025-07-02").then_refused("exited")


def test_a_contact_before_the_death_is_recorded_after_it() -> None:
    dead = told(AGREED_IN_MARCH).knowing(on("2025-06-30", DIED))
    assert dead.when(MET_IN_JUNE, on="2025-06-20").events
    dead.when(MET_IN_JUNE, on="2025-07-02").then_refused("died")


def test_a_contact_in_a_break_is_refused_also_once_the_break_is_over() -> None:
    back = told(AGREED_IN_MARCH, on("2025-06-10", PAUSED), on("2025-06-25", RESUMED))
    back.when(MET_IN_JUNE, on="2025-06-20").then_refused("paused")
    assert back.when(MET_IN_JUNE, on="2025-06-09").events
    assert back.when(MET_IN_JUNE, on="2025-06-26").events


def test_a_contact_before_the_boundaries_is_refused_also_once_they_are_agreed() -> None:
    agreed = told(at("2025-03-02T10:00", AGREED))
    agreed.when(MEET, at="2025-03-02T09:59").then_refused("boundaries-not-agreed")
    assert agreed.when(MEET, at="2025-03-02T10:01").events


def test_nothing_is_done_with_somebody_before_they_were_registered() -> None:
    told().when(AGREE, on="2025-02-28", by=KEY_WORKER).then_refused("not-registered")
    told().when(EXIT, on="2025-02-28").then_refused("not-registered")


def test_nothing_has_happened_yet_tomorrow() -> None:
    today = datetime(2025, 6, 20, 12, tzinfo=UTC)
    told().when(EXIT, on="2025-06-21", now=today).then_refused("not-happened-yet")
    assert told().when(EXIT, on="2025-06-20", now=today).events


def test_a_break_before_another_does_not_end_it() -> None:
    paused = told(AGREED_IN_MARCH, on("2025-06-10", PAUSED))
    (earlier,) = paused.when(PAUSE, on="2025-04-01", by=SUPERVISOR).events
    known = told(AGREED_IN_MARCH, on("2025-06-10", PAUSED), on("2025-04-01", earlier))
    assert known.state.status == "paused"
    known.when(RESUME, on="2025-04-20", by=SUPERVISOR).then(ParticipationResumed(decision=decision()))


def test_two_key_workers_never_answer_for_one_day() -> None:
    another = but(ASSIGN, key_worker=OTHER_KEY_WORKER)
    back = told(
        AGREED_IN_MARCH, on("2025-03-03", ASSIGNED), on("2025-06-30", LEFT), on("2025-08-01", CAME_BACK)
    )
    back.when(another, on="2025-04-15").then_refused("key-worker-already-assigned")
    back.when(another, on="2025-07-15").then_refused("exited")
    assert back.when(another, on="2025-08-02").events


def test_a_hand_over_names_the_key_worker_of_that_day() -> None:
    aspen = person("kw-aspen")
    handed = KeyWorkerChanged(
        decision=decision(),
        from_key_worker=KEY_WORKER.id,
        to_key_worker=aspen,
        handover_note="An invented note.",
    )
    known = told(on("2025-03-03", ASSIGNED), on("2025-05-01", handed))
    (earlier,) = known.when(HAND_OVER, on="2025-04-01").events
    (later,) = known.when(HAND_OVER, on="2025-06-01").events
    assert isinstance(earlier, KeyWorkerChanged)
    assert isinstance(later, KeyWorkerChanged)
    assert (earlier.from_key_worker, later.from_key_worker) == ("kw-juniper", "kw-aspen")
    known.when(HAND_OVER, on="2025-03-02").then_refused("no-key-worker")


def test_contacts_count_towards_a_confirmation_only_from_their_day_on() -> None:
    story = StoryRecorded(event_id=TOLD, told_to=KEY_WORKER, story="An invented story.")
    second = ContactRecorded(**dict(MEET_AGAIN))
    known = told(AGREED_IN_MARCH, on("2025-03-04", story), on("2025-03-05", MET), on("2025-05-01", second))
    known.when(CONFIRM, on="2025-04-30", by=KEY_WORKER).then_refused("not-enough-contacts")
    assert known.when(CONFIRM, on="2025-05-02", by=KEY_WORKER).events


def test_a_contact_after_a_death_entered_later_contradicts_it() -> None:
    known: list[Happened] = [
        REGISTERED,
        on("2025-03-02", AGREED),
        on("2025-06-25", MET),
        on("2025-06-20", DIED),
    ]
    facts = given(engagement, *known).facts()
    own = [fact for fact in facts if fact.event in (AGREED, MET)]
    [found] = contradictions_of(
        engagement, own, lambda types, _others: [f for f in facts if type(f.event) in types], CASE
    )
    assert (found.fact.event_id, found.rule) == (FIRST, "died")


# --- corrections ------------------------------------------------------------------------------------------

RECORDED = (*TRUSTED, CHOOSE)


def standing(before: tuple[EngagementCommand, ...], correction: Correct | Retract) -> Any:
    """Return the state after a correction."""
    known = after(*before)
    return known.then_so(known.when(correction)).state


@pytest.mark.parametrize(
    ("wrong", "instead"),
    [
        (FIRST, but(MEET, medium=Medium.PHONE)),
        (TOLD, but(TELL, story="An invented story by an invented lake.")),
        (CHOSEN, but(CHOOSE, choice="An invented choice: rather now.")),
    ],
    ids=["contact", "story", "choice"],
)
def test_what_was_written_down_wrongly_is_corrected_also_after_the_exit(wrong: EventId, instead: Any) -> None:
    left = after(*RECORDED, EXIT)
    (correction,) = left.when(correct(wrong, instead), by=SUPERVISOR).events
    said = dict(correction)
    assert (said["corrects"], said["decision"]) == (wrong, decision())
    assert dict(instead).items() <= dict(said["fact"]).items()
    as_recorded = next(command for command in RECORDED if getattr(command, "event_id", None) == wrong)
    left.when(correct(wrong, as_recorded)).then_nothing_new()


def test_a_corrected_contact_is_judged_as_one_that_was_recorded_so() -> None:
    asked(TRUSTED, correct(FIRST, but(MEET, held_minutes=0))).then_refused("minutes-of-a-held-contact")
    asked(TRUSTED, correct(FIRST, but(MEET, made_by=ROBOT))).then_refused("not-a-person")


def test_a_contact_counts_as_corrected() -> None:
    missed = but(MISS, event_id=SECOND)
    assert len(standing(TRUSTED, correct(SECOND, missed)).held_contacts) == 1
    held = but(MEET, event_id=MISSED)
    assert len(standing((*ENGAGING, MEET, MISS), correct(MISSED, held)).held_contacts) == 2


def test_a_retracted_contact_does_not_count() -> None:
    retract = Retract(decision=grounds(), corrects=SECOND)
    assert standing(TRUSTED, retract).held_contacts == (FIRST,)


def test_a_retracted_boundary_takes_the_engagement_with_it() -> None:
    known = given(engagement, known_as(event_id(596), AGREED)).knowing(REGISTERED)
    (retraction,) = known.when(Retract(decision=grounds(), corrects=event_id(596))).events
    gone = given(engagement, known_as(event_id(596), AGREED), retraction).knowing(REGISTERED)
    gone.when(MEET).then_refused("boundaries-not-agreed")


def test_a_contact_is_not_moved_into_a_break() -> None:
    back = told(AGREED_IN_MARCH, on("2025-05-01", MET), on("2025-06-10", PAUSED), on("2025-06-25", RESUMED))
    back.when(correct(FIRST, MEET, "2025-06-20")).then_refused("paused")
    assert back.when(correct(FIRST, MEET, "2025-06-09")).events


def test_who_was_met_is_corrected_by_the_contact_and_nothing_else() -> None:
    asked(TRUSTED, correct(FIRST, TELL)).then_refused("another-fact")
    asked(TRUSTED, correct(REGISTERED_AS, MEET)).then_refused("unknown-fact")


# --- the laws ---------------------------------------------------------------------------------------------

SAID_OTHERWISE = (
    but(MEET, event_id=event_id(551), made_by=OTHER_KEY_WORKER),
    but(TELL, event_id=event_id(552)),
    but(CHOOSE, event_id=event_id(553)),
    but(ASSIGN, key_worker=OTHER_KEY_WORKER),
    but(HAND_OVER, to_key_worker=KEY_WORKER),
    but(EXIT, reason="transferred", exit_plan=None, exit_plan_waived_because="An invented move."),
    correct(FIRST, but(MEET, medium="phone")),
    correct(MISSED, but(MEET, event_id=MISSED)),
    Retract(decision=grounds(), corrects=SECOND),
    Retract(decision=grounds(), corrects=TOLD),
)
ASKED = one_of_these(*EVERY_COMMAND, *SAID_OTHERWISE)
TestLaws = machine(engagement, ASKED, knowing=[REGISTERED], by=by).TestCase
TestLawsOfTheActive = machine(engagement, ASKED, history(*ACTIVE), knowing=[REGISTERED], by=by).TestCase
