from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from scp_events import casework
from scp_events.aggregates import irp, participant, referral
from scp_events.event_log import (
    CommandIdReusedError,
    EventLog,
    EventLogAsync,
    Outcome,
    StaleVersionError,
)
from scp_events.vocabulary import (
    Actor,
    CommandId,
    EventId,
    IrpId,
    ParticipantId,
    Provenance,
    ReferralId,
    Refused,
)
from tests.aggregates import test_irp, test_participant
from tests.aggregates.test_referral import ACCEPT, DRAFT, ELIGIBLE, SUBMIT, SUITABLE
from tests.anew import anew
from tests.check_log import check_log
from tests.opened import listening, opened_log
from tests.words import NOON, OTHER_KEY_WORKER, SUPERVISOR, decision


@pytest.fixture
def log(log_database: str) -> Iterator[EventLog]:
    with opened_log(log_database) as log:
        yield log
    check_log(log_database)


def sent(by: Actor = SUPERVISOR) -> Provenance:
    return Provenance(by=by, command_id=CommandId(uuid4()), occurred_at=NOON, purpose="case-management")


def test_words_about_somebody_whose_data_was_erased_are_refused_and_not_silently_lost(log: EventLog) -> None:
    case = Case(log)
    drafted = case.drafted()
    answered = sent()
    casework.handle(log, referral, drafted, SUBMIT, answered)
    log.keyring.fence(case.id)
    log.keyring.destroy(case.id)
    with pytest.raises(Refused) as refused:
        case.refer(drafted, ACCEPT)
    assert refused.value.rule == "nothing-is-written-after-erasure"
    assert case.refer(drafted, referral.AcknowledgeReferral()).events == 1, "no words, no harm"
    assert casework.handle(log, referral, drafted, SUBMIT, answered).repeated


Door = Callable[..., Outcome]
"""`casework.handle` without the log."""


def by_thread(log: EventLog) -> Door:
    return partial(casework.handle, log)


def by_task(log: EventLog) -> Door:
    async def send(*asked: Any, **said: Any) -> Outcome:
        async with EventLogAsync(log) as tasks:
            return await casework.handle_async(tasks, *asked, **said)

    return lambda *asked, **said: asyncio.run(send(*asked, **said))


@pytest.mark.parametrize("door", [by_thread, by_task])
def test_from_an_event_loop_it_is_as_from_a_thread(log: EventLog, door: Callable[[EventLog], Door]) -> None:
    """What stands alone, what asks other streams, repetition, a reused id, a stale version, and erasure."""
    case, send = Case(log), door(log)
    drafted, twin = case.drafted(), case.drafted()
    case.engage(test_participant.REGISTER, test_participant.AGREE)
    contact, met = anew(test_participant.MEET, case.id), sent()
    once = send(participant, case.id, contact, met, expected_version=2, fingerprint=b"a")
    again = send(participant, case.id, contact, met, expected_version=2, fingerprint=b"a")
    assert (once.version, once.events, again.repeated, again.version) == (3, 1, True, 3)
    with pytest.raises(CommandIdReusedError):
        send(participant, case.id, contact, met, fingerprint=b"b")
    with pytest.raises(StaleVersionError):
        send(participant, case.id, anew(test_participant.MEET, case.id), sent(), expected_version=2)
    assert send(referral, drafted, SUBMIT, sent(), fingerprint=b"c").events == 1
    with pytest.raises(Refused) as open_elsewhere:
        send(referral, twin, SUBMIT, sent())
    assert open_elsewhere.value.rule == "one-open-referral"
    log.keyring.fence(case.id)
    log.keyring.destroy(case.id)
    with pytest.raises(Refused) as erased:
        send(referral, drafted, ELIGIBLE, sent())
    assert erased.value.rule == "nothing-is-written-after-erasure"
    assert send(referral, drafted, referral.AcknowledgeReferral(), sent()).events == 1, "no words, no harm"


def test_another_things_id_is_no_id_of_this_kind(log: EventLog) -> None:
    case = Case(log)
    drafted = case.drafted()
    assert log.case_of_stream(participant.stream(ParticipantId(drafted))) is None
    assert log.standing(participant, participant.stream(ParticipantId(drafted))).version == 0


def test_a_task_needs_no_thread_for_what_asks_nothing_of_other_streams(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case(log)
    listening(log.keyring)
    case.engage(test_participant.REGISTER, test_participant.AGREE)
    contact = anew(test_participant.MEET, case.id)

    async def scene() -> Outcome:
        async with EventLogAsync(log) as tasks:
            monkeypatch.setattr(tasks, "aside", None)
            return await casework.handle_async(tasks, participant, case.id, contact, sent())

    assert asyncio.run(scene()).version == 3


class Case:
    """One young person's case in the log, and its commands in short."""

    def __init__(self, log: EventLog) -> None:
        self.log = log
        self.reference = f"SC-{uuid4().hex[:8].upper()}"
        self.id = log.open_case(self.reference)

    def drafted(self) -> ReferralId:
        """Draft a referral."""
        referral_id = ReferralId(uuid4())
        self.refer(
            referral_id,
            DRAFT.model_copy(
                update={
                    "event_id": EventId(uuid4()),
                    "case_reference": self.reference,
                    "participant_id": self.id,
                }
            ),
        )
        return referral_id

    def refer(self, referral_id: ReferralId, *commands: referral.ReferralCommand) -> Outcome:
        """Ask a referral."""
        for command in commands:
            outcome = casework.handle(self.log, referral, referral_id, command, sent(), case_id=self.id)
        return outcome

    def engage(self, *commands: participant.ParticipantCommand) -> Outcome:
        """Ask the participant, with event ids of this case's own."""
        for command in commands:
            mine = anew(command, self.id)
            outcome = casework.handle(self.log, participant, self.id, mine, sent(), case_id=self.id)
        return outcome

    def plan(self, irp_id: IrpId, *commands: irp.IrpCommand) -> Outcome:
        """Ask a plan."""
        for command in commands:
            outcome = casework.handle(self.log, irp, irp_id, command, sent(), case_id=self.id)
        return outcome

    def trusted(self) -> None:
        """Register the participant, agree boundaries, hear and confirm the story, and assess."""
        self.engage(*test_participant.TRUSTED, test_participant.CONFIRM, test_participant.ASSESS)

    def ids(self, kind: type) -> tuple[EventId, ...]:
        """Return the ids of the case's events of one kind."""
        history = self.log.case_history(self.id, self.log.head())
        return tuple(r.envelope.event_id for r in history if isinstance(r.event, kind))


def refused_by(rule: str) -> pytest.RaisesExc[Refused]:
    return pytest.RaisesExc(Refused, check=lambda refusal: refusal.rule == rule)


@pytest.fixture
def case(log: EventLog) -> Case:
    return Case(log)


def test_a_second_referral_to_the_same_programme_waits_for_the_first(case: Case) -> None:
    first, second = case.drafted(), case.drafted()
    case.refer(first, SUBMIT)
    with refused_by("one-open-referral"):
        case.refer(second, SUBMIT)
    case.refer(first, referral.WithdrawReferral(decision=decision(), withdrawn_by="referrer"))
    assert case.refer(second, SUBMIT).events == 1


def test_of_two_referrals_submitted_at_once_one_is_refused(case: Case) -> None:
    drafts = [case.drafted() for _ in range(8)]

    def submit(referral_id: ReferralId) -> bool:
        try:
            return case.refer(referral_id, SUBMIT).events == 1
        except Refused as refusal:
            assert refusal.rule == "one-open-referral"
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(submit, drafts)) == 1


def test_registration_through_a_referral_needs_its_acceptance(case: Case) -> None:
    referral_id = case.drafted()
    case.refer(referral_id, SUBMIT, referral.AcknowledgeReferral(), ELIGIBLE, SUITABLE)
    register = test_participant.REGISTER.model_copy(update={"referral_id": referral_id})
    with refused_by("a-referral-is-accepted-before-registration"):
        case.engage(register)
    case.refer(referral_id, ACCEPT)
    case.engage(register)
    registered = case.log.load(participant, case.id).history[0].event
    assert isinstance(registered, participant.ParticipantRegistered)
    assert (registered.accepted_as,) == case.ids(referral.ReferralAccepted)


def test_an_acceptance_given_by_the_caller_counts_for_nothing(case: Case) -> None:
    made_up = test_participant.REGISTER.model_copy(
        update={"referral_id": case.drafted(), "accepted_as": EventId(uuid4())}
    )
    with refused_by("a-referral-is-accepted-before-registration"):
        case.engage(made_up)


def a_plan(case: Case) -> tuple[IrpId, irp.IrpCommand, irp.IrpCommand]:
    """Return a new plan's id and the commands that give it a need and a goal."""
    need = test_irp.need().model_copy(
        update={"event_id": EventId(uuid4()), "evidence": case.ids(participant.AssessmentCompleted)}
    )
    return IrpId(uuid4()), need, test_irp.goal()


def test_a_plan_is_founded_on_what_the_participants_history_holds(case: Case) -> None:
    case.trusted()
    plan, need, goal = a_plan(case)
    case.plan(plan, test_irp.DRAFT, need, goal)
    case.plan(plan, irp.ProposeIrp(evidence=irp.Evidence(), contributors=test_irp.CONTRIBUTORS))
    proposed = case.log.load(irp, plan).history[-1].event
    assert isinstance(proposed, irp.IrpProposed)
    assert (proposed.boundaries_agreed,) == case.ids(participant.BoundariesAgreed)
    assert (proposed.story_confirmed,) == case.ids(participant.StoryConfirmed)
    assert proposed.assessments == case.ids(participant.AssessmentCompleted)


def test_a_story_corrected_since_has_to_be_confirmed_again_before_a_plan(case: Case) -> None:
    case.trusted()
    plan, need, goal = a_plan(case)
    case.plan(plan, test_irp.DRAFT, need, goal)
    case.engage(test_participant.CORRECT_STORY)
    with refused_by("story-before-plan"):
        case.plan(plan, test_irp.PROPOSE)


def test_boundaries_of_an_engagement_that_ended_found_no_new_plan(case: Case) -> None:
    case.trusted()
    plan, need, goal = a_plan(case)
    case.plan(plan, test_irp.DRAFT, need, goal)
    case.engage(test_participant.EXIT, test_participant.RE_ENGAGE)
    with refused_by("boundaries-first"):
        case.plan(plan, test_irp.PROPOSE)


def test_foundations_given_by_the_caller_count_for_nothing(case: Case) -> None:
    case.engage(test_participant.REGISTER, test_participant.AGREE)
    plan = IrpId(uuid4())
    case.plan(plan, test_irp.DRAFT)
    with refused_by("story-before-plan"):
        case.plan(plan, test_irp.PROPOSE)


def test_a_need_is_seen_in_events_of_the_same_case(case: Case, log: EventLog) -> None:
    case.trusted()
    other = Case(log)
    other.trusted()
    plan = IrpId(uuid4())
    case.plan(plan, test_irp.DRAFT)
    elsewhere = test_irp.need().model_copy(update={"evidence": other.ids(participant.AssessmentCompleted)})
    with refused_by("evidence-is-in-the-case"):
        case.plan(plan, elsewhere)


def test_a_decision_relies_on_events_of_the_same_case(case: Case) -> None:
    made_up = SUBMIT.model_copy(update={"decision": decision(relied_on=(EventId(uuid4()),))})
    with refused_by("evidence-is-in-the-case"):
        case.refer(case.drafted(), made_up)


def test_an_approval_names_the_agreement_it_rests_on(case: Case) -> None:
    case.trusted()
    plan, need, goal = a_plan(case)
    case.plan(plan, test_irp.DRAFT, need, goal, test_irp.PROPOSE, test_irp.AGREE, test_irp.APPROVE)
    approved = case.log.load(irp, plan).history[-1]
    assert approved.decision is not None
    assert set(approved.decision.relied_on) == {
        *case.ids(irp.IrpProposed),
        *case.ids(irp.IrpAgreedByParticipant),
    }


def test_agreement_to_the_next_version_supersedes_the_one_before(case: Case) -> None:
    case.trusted()
    first, need, goal = a_plan(case)
    case.plan(first, test_irp.DRAFT, need, goal, test_irp.PROPOSE, test_irp.AGREE)
    second, need, goal = a_plan(case)
    case.plan(second, test_irp.DRAFT, need, goal, test_irp.PROPOSE)
    assert case.log.load(irp, first).state.status is irp.Status.AGREED
    agree = sent()
    casework.handle(case.log, irp, second, test_irp.AGREE, agree)
    casework.handle(case.log, irp, second, test_irp.AGREE, agree)
    started = case.log.load(irp, second).history[0].event
    assert isinstance(started, irp.IrpDraftStarted)
    assert (started.plan_version, started.supersedes) == (2, first)
    history = case.log.load(irp, first).history
    assert history[-1].event == irp.IrpSuperseded(by=second)
    assert history[-1].envelope.causation_id == agree.command_id


def test_an_assignment_says_when_it_is_over_capacity(log: EventLog) -> None:
    assign = test_participant.ASSIGN.model_copy(update={"key_worker": OTHER_KEY_WORKER})
    for _ in range(13):
        case = Case(log)
        case.engage(*test_participant.ENGAGING, assign)
    warnings = [r.event.over_capacity for r in log.latest_of_each_stream(participant.KeyWorkerAssigned)]
    assert warnings == [False] * 12 + [True]
