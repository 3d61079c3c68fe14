from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import pytest
from pydantic import ValidationError

from scp_events.aggregates import participant
from scp_events.aggregates.participant import (
    AccessOverrideGranted,
    AgreeBoundaries,
    ApproveErasure,
    AssessmentCompleted,
    AssessmentCorrected,
    AssignKeyWorker,
    AttributedInput,
    BoundariesAgreed,
    BoundariesDeclined,
    BreakGlass,
    CloseConcern,
    ConcernClosed,
    ConcernCorrected,
    ConcernEscalated,
    ConfirmStoryUnderstood,
    ConsentGiven,
    ConsentParty,
    ConsentWithdrawn,
    ContactCorrected,
    ContactOutcome,
    ContactRecorded,
    ContactRetracted,
    CorrectAssessment,
    CorrectChoice,
    CorrectConcern,
    CorrectContact,
    CorrectDetails,
    CorrectStory,
    DeathRetracted,
    DeclineBoundaries,
    DomainScore,
    ErasePersonalData,
    ErasureApproved,
    ErasureOrigin,
    ErasureRefused,
    ErasureRequested,
    EscalateConcern,
    Exit,
    ExitReason,
    GiveConsent,
    HandOver,
    IdentityLinked,
    IdentityUnlinked,
    KeyWorkerAssigned,
    KeyWorkerChanged,
    LegalHoldPlaced,
    LegalHoldReleased,
    LinkIdentity,
    Medium,
    OverrideRiskLevel,
    ParticipantChoiceCorrected,
    ParticipantChoiceRecorded,
    ParticipantCommand,
    ParticipantDetailsCorrected,
    ParticipantDied,
    ParticipantEvent,
    ParticipantExited,
    ParticipantReEngaged,
    ParticipantRegistered,
    ParticipationPaused,
    ParticipationResumed,
    Pause,
    PersonalDataErased,
    PlaceLegalHold,
    RaiseConcern,
    RecordAssessment,
    RecordChoice,
    RecordContact,
    RecordDeath,
    RecordSealed,
    RecordStory,
    ReEngage,
    RefuseErasure,
    Register,
    ReleaseLegalHold,
    RequestErasure,
    Resume,
    RetractContact,
    RetractDeath,
    RiskLevel,
    RiskLevelOverridden,
    SafeguardingConcernRaised,
    SealRecord,
    Status,
    StoryConfirmed,
    StoryCorrected,
    StoryRecorded,
    UnlinkIdentity,
    WithdrawConsent,
    decide,
)
from scp_events.policy import CURRENT, POLICIES, Policy
from scp_events.scenario import Given, given, perform
from scp_events.vocabulary import (
    Actor,
    CorrectableEvent,
    CorrectionEvent,
    DecisionEvent,
    DestroyedKey,
    Erased,
    OrganisationId,
    ParticipantId,
    Refused,
    Role,
    Views,
    fold,
    stored_type,
)
from tests.aggregates.laws import machine, one_of_these
from tests.words import (
    FRIDAY,
    KEY_WORKER,
    MONDAY,
    NOON,
    OTHER_KEY_WORKER,
    PARTICIPANT,
    REFERRAL,
    ROBOT,
    SUPERVISOR,
    decision,
    event_id,
    person,
)

pytestmark = pytest.mark.once  # pure rules

UNTOLD = "Quillfeather"
"""Stands in every personal field, so that it can be looked for where it must not be."""
POLICY = CURRENT.version
OTHER_RECORD = ParticipantId(UUID("55555555-5555-4555-8555-555555555555"))
CHILD_PROTECTION = OrganisationId("child-protection")
SECOND_SUPERVISOR = person("sv-alder", Role.SUPERVISOR)
GROUNDS = decision(reason_text=f"{UNTOLD} asked for this.", views=Views(expressed=f"{UNTOLD} agrees."))
BY_ASSESSOR = decision(by=KEY_WORKER)

REGISTERED, FIRST, SECOND, MISSED, TOLD, CHOSEN, FEARED, ASSESSED, DIED = map(event_id, range(1, 10))

REGISTER = Register(
    event_id=REGISTERED,
    case_reference="SC-2025-001",
    name=UNTOLD,
    date_of_birth=date(2009, 5, 5),
    preferred_language="en",
)
AGREE = AgreeBoundaries(decision=GROUNDS, agreed_with=KEY_WORKER, boundaries=f"{UNTOLD} rings ahead.")
DECLINE = DeclineBoundaries(decision=GROUNDS)
MEET = RecordContact(
    event_id=FIRST,
    made_by=KEY_WORKER,
    medium=Medium.IN_PERSON,
    outcome=ContactOutcome.HELD,
    held_minutes=40,
    others_present=("guardian",),
    note=f"{UNTOLD} was at ease.",
)
MEET_AGAIN = MEET.model_copy(update={"event_id": SECOND})
MISS = MEET.model_copy(
    update={"event_id": MISSED, "outcome": ContactOutcome.DID_NOT_ATTEND, "held_minutes": 0}
)
CORRECT_CONTACT = CorrectContact(
    decision=GROUNDS,
    corrects=SECOND,
    happened_at=NOON,
    made_by=OTHER_KEY_WORKER,
    medium=Medium.PHONE,
    outcome=ContactOutcome.CANCELLED,
    held_minutes=0,
)
RETRACT_CONTACT = RetractContact(decision=GROUNDS, corrects=SECOND)
TELL = RecordStory(event_id=TOLD, told_to=KEY_WORKER, story=f"{UNTOLD} grew up by the sea.")
CORRECT_STORY = CorrectStory(decision=GROUNDS, corrects=TOLD, story=f"{UNTOLD} grew up by a lake.")
CONFIRM = ConfirmStoryUnderstood(confirmed_to=KEY_WORKER, policy_version=POLICY)
CHOOSE = RecordChoice(event_id=CHOSEN, about="counselling", choice=f"{UNTOLD} would rather wait.")
CORRECT_CHOICE = CorrectChoice(
    decision=GROUNDS, corrects=CHOSEN, about="counselling", choice=f"{UNTOLD} would like to."
)
ASSIGN = AssignKeyWorker(
    decision=GROUNDS, key_worker=KEY_WORKER, assigned_on=MONDAY, caseload_of_new_worker=3
)
HAND_OVER = HandOver(
    decision=GROUNDS,
    to_key_worker=OTHER_KEY_WORKER,
    changed_on=FRIDAY,
    handover_note=f"{UNTOLD} prefers mornings.",
    caseload_of_new_worker=4,
)
CONSENT = GiveConsent(
    scope="share-plan",
    recipient=CHILD_PROTECTION,
    given_by=ConsentParty.PARTICIPANT,
    capacity_noted=True,
    given_on=MONDAY,
    valid_until=FRIDAY,
)
WITHDRAW = WithdrawConsent(
    scope="share-plan", recipient=CHILD_PROTECTION, withdrawn_by=ConsentParty.PARTICIPANT
)
RAISE = RaiseConcern(event_id=FEARED, raised_by=KEY_WORKER, concern=f"{UNTOLD} came with a bruise.")
CORRECT_CONCERN = CorrectConcern(decision=GROUNDS, corrects=FEARED, concern=f"{UNTOLD} fell.")
ESCALATE = EscalateConcern(decision=GROUNDS, concern_id=FEARED, escalated_to=CHILD_PROTECTION)
CLOSE = CloseConcern(decision=GROUNDS, concern_id=FEARED, outcome=f"{UNTOLD} is safe.")
ASSESS = RecordAssessment(
    event_id=ASSESSED,
    instrument="example-instrument",
    instrument_version="2.0",
    domain_scores=(
        DomainScore(domain="housing", score=Decimal("1.5")),
        DomainScore(domain="work", score=Decimal(3)),
    ),
    needs_identified=("work",),
    risk_level=RiskLevel.MEDIUM,
    assessed_by=KEY_WORKER,
    assessed_on=FRIDAY,
    inputs=(AttributedInput(source="risk-model", version="7", algorithmic=True, finding=f"{UNTOLD}: 4"),),
    policy_version=POLICY,
)
CORRECT_ASSESSMENT = CorrectAssessment(
    decision=BY_ASSESSOR,
    corrects=ASSESSED,
    domain_scores=(DomainScore(domain="work", score=Decimal(1)),),
    needs_identified=(),
    risk_level=RiskLevel.LOW,
)
OVERRIDE = OverrideRiskLevel(decision=BY_ASSESSOR, assessment_id=ASSESSED, risk_level=RiskLevel.HIGH)
PAUSE = Pause(decision=GROUNDS)
RESUME = Resume(decision=GROUNDS)
EXIT = Exit(
    decision=GROUNDS, reason=ExitReason.COMPLETED, exited_on=FRIDAY, exit_plan=f"{UNTOLD} starts work."
)
RE_ENGAGE = ReEngage(decision=GROUNDS)
DIE = RecordDeath(event_id=DIED, died_on=FRIDAY)
RETRACT_DEATH = RetractDeath(decision=GROUNDS, corrects=DIED)
LINK = LinkIdentity(
    decision=GROUNDS, participant_id=PARTICIPANT, other=OTHER_RECORD, approved_by=SECOND_SUPERVISOR
)
UNLINK = UnlinkIdentity(decision=GROUNDS, other=OTHER_RECORD, approved_by=SECOND_SUPERVISOR)
SEAL = SealRecord(decision=GROUNDS)
HOLD = PlaceLegalHold(decision=GROUNDS, reference="Order 12/2025", placed_on=MONDAY, expires_on=FRIDAY)
RELEASE = ReleaseLegalHold(decision=GROUNDS, reference="Order 12/2025")
ASK_ERASURE = RequestErasure(origin=ErasureOrigin.PARTICIPANT, requested_by=KEY_WORKER)
REFUSE_ERASURE = RefuseErasure(decision=GROUNDS)
APPROVE_ERASURE = ApproveErasure(decision=GROUNDS, approved_on=FRIDAY)
APPROVED = event_id(49)
DESTROYED = tuple(
    DestroyedKey(key_id=event_id(number), subject=PARTICIPANT, group=group, at=NOON)
    for number, group in ((47, "core"), (48, "narrative"))
)
ERASE = ErasePersonalData(approved_as=APPROVED, destroyed=DESTROYED, stores=("keyring", "caseload"))
BREAK_GLASS = BreakGlass(
    decision=GROUNDS, granted_to=KEY_WORKER, granted_at=NOON, expires_at=NOON + timedelta(minutes=60)
)
CORRECT_DETAILS = CorrectDetails(
    decision=GROUNDS,
    corrects=REGISTERED,
    name=UNTOLD,
    date_of_birth=date(2009, 6, 5),
    preferred_language="fr",
    guardian=f"{UNTOLD} senior",
)

ENGAGING = (REGISTER, AGREE)
TRUSTED = (*ENGAGING, MEET, MEET_AGAIN, TELL)
ACTIVE = (*TRUSTED, CONFIRM, ASSIGN)
ENGAGEMENT = (MEET, TELL, CONFIRM, CHOOSE, ASSESS)
EVERY_COMMAND: tuple[ParticipantCommand, ...] = (
    REGISTER, CORRECT_DETAILS, AGREE, DECLINE, MEET, CORRECT_CONTACT, RETRACT_CONTACT, TELL, CORRECT_STORY,
    CONFIRM, CHOOSE, CORRECT_CHOICE, ASSIGN, HAND_OVER, CONSENT, WITHDRAW, RAISE, CORRECT_CONCERN, ESCALATE,
    CLOSE, ASSESS, CORRECT_ASSESSMENT, OVERRIDE, PAUSE, RESUME, EXIT, RE_ENGAGE, DIE, RETRACT_DEATH, LINK,
    UNLINK, SEAL, HOLD, RELEASE, ASK_ERASURE, REFUSE_ERASURE, APPROVE_ERASURE, ERASE, BREAK_GLASS,
)  # fmt: skip


def history(*commands: ParticipantCommand) -> list[ParticipantEvent]:
    return perform(participant, *commands)


def after(*commands: ParticipantCommand) -> Given[participant.State, ParticipantCommand, ParticipantEvent]:
    return given(participant, *history(*commands))


def status(*commands: ParticipantCommand) -> Status:
    return fold(participant, history(*commands)).status


def but(command: ParticipantCommand, **changes: object) -> Any:
    """Return `command`, said otherwise."""
    return type(command).model_validate(command.model_dump() | changes)


# --- the way through the programme ------------------------------------------------------------------------


def test_a_participant_goes_from_registration_to_exit_and_comes_back() -> None:
    assert status() == "unregistered"
    assert status(REGISTER) == "registered"
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


# --- registration -----------------------------------------------------------------------------------------


def test_a_participant_may_come_by_themselves() -> None:
    after().when(REGISTER).then(
        ParticipantRegistered(
            event_id=REGISTERED,
            case_reference="SC-2025-001",
            name=UNTOLD,
            date_of_birth=date(2009, 5, 5),
            preferred_language="en",
        )
    )


def test_a_participant_may_come_through_an_accepted_referral() -> None:
    referred = but(REGISTER, referral_id=REFERRAL, accepted_as=event_id(99))
    (registered,) = history(referred)
    assert isinstance(registered, ParticipantRegistered)
    assert (registered.referral_id, registered.accepted_as) == (REFERRAL, event_id(99))


def test_a_referral_is_accepted_before_registration() -> None:
    after().when(but(REGISTER, referral_id=REFERRAL)).then_refused(
        "a-referral-is-accepted-before-registration"
    )


def test_an_acceptance_belongs_to_a_referral() -> None:
    after().when(but(REGISTER, accepted_as=event_id(99))).then_refused(
        "a-referral-is-accepted-before-registration"
    )


def test_a_participant_is_registered_once() -> None:
    after(REGISTER).when(but(REGISTER, event_id=event_id(99))).then_refused("registered-once")


def test_a_registration_sent_again_is_already_so() -> None:
    after(REGISTER).when(REGISTER).then_nothing_new()


NEEDS_NO_REGISTRATION = {"Register", *(kind.__name__ for kind in participant.ASKED_WITHOUT_REGISTRATION)}
"""Somebody who was referred and never registered has the right to be forgotten, too."""


@pytest.mark.parametrize(
    "command",
    [command for command in EVERY_COMMAND if type(command).__name__ not in NEEDS_NO_REGISTRATION],
    ids=lambda c: type(c).__name__,
)
def test_nothing_else_is_asked_of_somebody_unregistered(command: ParticipantCommand) -> None:
    after().when(command).then_refused("registered-first")


def test_somebody_who_was_never_registered_can_be_forgotten() -> None:
    after().when(ASK_ERASURE).then(
        participant.ErasureRequested(origin=ASK_ERASURE.origin, requested_by=ASK_ERASURE.requested_by)
    )


# --- corrections ------------------------------------------------------------------------------------------

EVERY_FACT = (*TRUSTED, CHOOSE, RAISE, ASSESS, DIE)
CORRECTIONS = {
    CORRECT_DETAILS: ParticipantDetailsCorrected,
    CORRECT_CONTACT: ContactCorrected,
    RETRACT_CONTACT: ContactRetracted,
    CORRECT_STORY: StoryCorrected,
    CORRECT_CHOICE: ParticipantChoiceCorrected,
    CORRECT_CONCERN: ConcernCorrected,
    CORRECT_ASSESSMENT: AssessmentCorrected,
    RETRACT_DEATH: DeathRetracted,
}
each_correction = pytest.mark.parametrize("correct", CORRECTIONS, ids=lambda c: type(c).__name__)


@each_correction
def test_a_correction_carries_all_that_it_was_asked_to(correct: Any) -> None:
    moved = but(correct, happened_at=NOON)
    after(*EVERY_FACT).when(moved).then(cast("Any", CORRECTIONS[correct]).model_validate(moved.model_dump()))


@each_correction
def test_a_correction_names_what_it_corrects(correct: Any) -> None:
    unknown = but(correct, corrects=event_id(99))
    after(*EVERY_FACT).when(unknown).then_refused("a-correction-names-what-it-corrects")


@each_correction
def test_a_correction_names_something_of_its_own_kind(correct: Any) -> None:
    other_kind = but(correct, corrects=TOLD if correct is CORRECT_CONTACT else FIRST)
    if correct is not RETRACT_CONTACT:
        after(*EVERY_FACT).when(other_kind).then_refused("a-correction-names-what-it-corrects")


@each_correction
def test_a_correction_said_twice_says_nothing_new(correct: Any) -> None:
    after(*EVERY_FACT, correct).when(correct).then_nothing_new()


@each_correction
def test_a_record_is_corrected_also_after_exit(correct: Any) -> None:
    left = (*TRUSTED, CHOOSE, RAISE, ASSESS, EXIT, DIE)
    assert after(*left).when(correct).refusal is None


def test_a_correction_may_itself_be_corrected() -> None:
    again = but(CORRECT_CHOICE, choice="Neither, in fact.")
    assert len(history(*ENGAGING, CHOOSE, CORRECT_CHOICE, again, CORRECT_CHOICE)) == 6


def test_every_correctable_fact_has_its_correction() -> None:
    facts = [e for e in participant.EVENTS if issubclass(e, CorrectableEvent)]
    assert len(facts) == len(CORRECTIONS) - 1, "a contact has two: corrected and retracted"
    assert set(CORRECTIONS.values()) == {e for e in participant.EVENTS if issubclass(e, CorrectionEvent)}


# --- boundaries -------------------------------------------------------------------------------------------


def test_both_parties_agree_boundaries() -> None:
    after(REGISTER).when(AGREE).then(
        BoundariesAgreed(decision=GROUNDS, agreed_with=KEY_WORKER, boundaries=AGREE.boundaries)
    )


@pytest.mark.parametrize("command", ENGAGEMENT, ids=lambda c: type(c).__name__)
def test_boundaries_come_first(command: ParticipantCommand) -> None:
    after(REGISTER).when(command).then_refused("boundaries-come-first")
    after(REGISTER, DECLINE).when(command).then_refused("boundaries-come-first")


def test_declined_boundaries_leave_the_participant_registered() -> None:
    after(REGISTER).when(DECLINE).then(BoundariesDeclined(decision=GROUNDS))
    assert status(REGISTER, DECLINE) == "registered"


def test_declining_twice_says_nothing_new() -> None:
    after(REGISTER, DECLINE).when(DECLINE).then_nothing_new()


def test_declined_boundaries_may_be_agreed_later() -> None:
    assert status(REGISTER, DECLINE, AGREE) == "engaging"


@pytest.mark.parametrize("command", [AGREE, DECLINE], ids=["agree", "decline"])
def test_agreed_boundaries_stand(command: ParticipantCommand) -> None:
    after(*ENGAGING).when(command).then_refused("agreed-boundaries-stand")


def test_boundaries_are_agreed_with_a_person() -> None:
    after(REGISTER).when(but(AGREE, agreed_with=ROBOT)).then_refused("people-work-with-people")


@pytest.mark.parametrize("command", ENGAGEMENT, ids=lambda c: type(c).__name__)
def test_boundaries_come_first_whenever_engagement_begins_again(command: Any) -> None:
    fresh = but(command, event_id=event_id(99)) if "event_id" in type(command).model_fields else command
    after(*TRUSTED, EXIT, RE_ENGAGE).when(fresh).then_refused("boundaries-come-first")


# --- contacts ---------------------------------------------------------------------------------------------


def test_a_contact_says_who_made_it_and_what_became_of_it() -> None:
    after(*ENGAGING).when(MEET).then(ContactRecorded.model_validate(MEET.model_dump()))


def test_a_contact_is_recorded_once() -> None:
    after(*ENGAGING, MEET).when(MEET).then_nothing_new()


def test_a_contact_that_was_not_held_has_no_minutes() -> None:
    after(*ENGAGING).when(but(MISS, held_minutes=5)).then_refused("only-a-held-contact-has-minutes")


def test_a_held_contact_has_minutes() -> None:
    after(*ENGAGING).when(but(MEET, held_minutes=0)).then_refused("only-a-held-contact-has-minutes")


def test_a_corrected_contact_has_minutes_only_if_it_was_held() -> None:
    wrong = but(CORRECT_CONTACT, held_minutes=5)
    after(*TRUSTED).when(wrong).then_refused("only-a-held-contact-has-minutes")


def test_minutes_are_whole_numbers() -> None:
    with pytest.raises(ValueError, match="held_minutes"):
        but(MEET, held_minutes=39.5)


def test_people_make_contacts() -> None:
    after(*ENGAGING).when(but(MEET, made_by=ROBOT)).then_refused("people-work-with-people")


def test_a_retracted_contact_is_not_recorded_again() -> None:
    after(*TRUSTED, RETRACT_CONTACT).when(MEET_AGAIN).then_nothing_new()


def test_a_retracted_contact_is_not_corrected() -> None:
    after(*TRUSTED, RETRACT_CONTACT).when(CORRECT_CONTACT).then_refused("a-correction-names-what-it-corrects")


def test_a_retracted_contact_is_not_retracted_again() -> None:
    anew = but(RETRACT_CONTACT, decision=decision())
    after(*TRUSTED, RETRACT_CONTACT).when(anew).then_nothing_new()


# --- the story --------------------------------------------------------------------------------------------


def test_a_story_is_told() -> None:
    after(*ENGAGING).when(TELL).then(StoryRecorded(event_id=TOLD, told_to=KEY_WORKER, story=TELL.story))


def test_a_story_is_told_to_a_person() -> None:
    after(*ENGAGING).when(but(TELL, told_to=ROBOT)).then_refused("people-work-with-people")


def test_a_story_is_recorded_once() -> None:
    after(*TRUSTED).when(TELL).then_nothing_new()


def test_a_story_is_confirmed_after_enough_contacts() -> None:
    after(*TRUSTED).when(CONFIRM).then(
        StoryConfirmed(
            confirmed_to=KEY_WORKER, stories=(TOLD,), contacts=(FIRST, SECOND), policy_version=POLICY
        )
    )


def test_trust_takes_contacts() -> None:
    after(*ENGAGING, MEET, TELL).when(CONFIRM).then_refused("trust-takes-contacts")


def test_a_missed_contact_does_not_count() -> None:
    after(*ENGAGING, MEET, MISS, TELL).when(CONFIRM).then_refused("trust-takes-contacts")


def test_a_retracted_contact_does_not_count() -> None:
    after(*TRUSTED, RETRACT_CONTACT).when(CONFIRM).then_refused("trust-takes-contacts")


def test_a_contact_counts_as_corrected() -> None:
    after(*TRUSTED, CORRECT_CONTACT).when(CONFIRM).then_refused("trust-takes-contacts")
    held = but(CORRECT_CONTACT, outcome="held", held_minutes=30, corrects=MISSED)
    assert after(*ENGAGING, MEET, MISS, TELL, held).when(CONFIRM).refusal is None


def test_a_story_is_told_before_it_is_confirmed() -> None:
    after(*ENGAGING, MEET, MEET_AGAIN).when(CONFIRM).then_refused("a-story-is-told-before-it-is-confirmed")


def test_a_story_is_confirmed_to_a_person() -> None:
    after(*TRUSTED).when(but(CONFIRM, confirmed_to=ROBOT)).then_refused("people-work-with-people")


def test_a_story_is_confirmed_once() -> None:
    after(*TRUSTED, CONFIRM).when(CONFIRM).then_nothing_new()


def test_a_story_is_confirmed_under_a_known_policy() -> None:
    after(*TRUSTED).when(but(CONFIRM, policy_version="1999.1")).then_refused("known-policy-version")


def test_a_corrected_story_is_confirmed_again() -> None:
    assert status(*ACTIVE, CORRECT_STORY) == "engaging"
    assert status(*ACTIVE, CORRECT_STORY, CONFIRM) == "active"


def test_a_story_told_further_is_confirmed_again() -> None:
    more = but(TELL, event_id=event_id(99))
    assert status(*ACTIVE, more) == "engaging"
    confirmed = history(*ACTIVE, more, CONFIRM)[-1]
    assert isinstance(confirmed, StoryConfirmed)
    assert confirmed.stories == (TOLD, event_id(99))


def test_a_choice_is_recorded_once() -> None:
    after(*ENGAGING).when(CHOOSE).then(
        ParticipantChoiceRecorded(event_id=CHOSEN, about="counselling", choice=CHOOSE.choice)
    )
    after(*ENGAGING, CHOOSE).when(CHOOSE).then_nothing_new()


# --- key workers ------------------------------------------------------------------------------------------


def test_a_key_worker_is_assigned_also_before_boundaries() -> None:
    after(REGISTER).when(ASSIGN).then(
        KeyWorkerAssigned(
            decision=GROUNDS, key_worker=KEY_WORKER, assigned_on=MONDAY, caseload=3, over_capacity=False
        )
    )


@pytest.mark.parametrize(("caseload", "warned"), [(11, False), (12, True), (40, True)])
def test_a_full_caseload_is_a_warning_not_a_refusal(caseload: int, *, warned: bool) -> None:
    assigned = history(REGISTER, but(ASSIGN, caseload_of_new_worker=caseload))[-1]
    changed = history(REGISTER, ASSIGN, but(HAND_OVER, caseload_of_new_worker=caseload))[-1]
    assert isinstance(assigned, KeyWorkerAssigned)
    assert isinstance(changed, KeyWorkerChanged)
    assert (assigned.over_capacity, changed.over_capacity) == (warned, warned)


def test_the_same_key_worker_assigned_again_is_already_so() -> None:
    after(REGISTER, ASSIGN).when(ASSIGN).then_nothing_new()


def test_there_is_one_key_worker_at_a_time() -> None:
    other = but(ASSIGN, key_worker=OTHER_KEY_WORKER)
    after(REGISTER, ASSIGN).when(other).then_refused("one-key-worker-at-a-time")


def test_a_key_worker_hands_over() -> None:
    after(REGISTER, ASSIGN).when(HAND_OVER).then(
        KeyWorkerChanged(
            decision=GROUNDS,
            from_key_worker=KEY_WORKER.id,
            to_key_worker=OTHER_KEY_WORKER,
            changed_on=FRIDAY,
            handover_note=HAND_OVER.handover_note,
            caseload=4,
            over_capacity=False,
        )
    )


def test_a_hand_over_said_twice_says_nothing_new() -> None:
    after(REGISTER, ASSIGN, HAND_OVER).when(HAND_OVER).then_nothing_new()


def test_a_hand_over_needs_somebody_to_hand_over() -> None:
    after(REGISTER).when(HAND_OVER).then_refused("a-key-worker-hands-over")


def test_an_assignment_ends_after_it_begins() -> None:
    early = MONDAY - timedelta(days=1)
    begun = (REGISTER, ASSIGN)
    after(*begun).when(but(HAND_OVER, changed_on=early)).then_refused("an-assignment-ends-after-it-begins")
    after(*begun).when(but(EXIT, exited_on=early)).then_refused("an-assignment-ends-after-it-begins")


def test_every_assignment_is_remembered_with_its_days() -> None:
    state = fold(participant, history(REGISTER, ASSIGN, HAND_OVER, EXIT))
    assert [(a.key_worker, a.since, a.until) for a in state.assignments] == [
        (KEY_WORKER.id, MONDAY, FRIDAY),
        (OTHER_KEY_WORKER.id, FRIDAY, FRIDAY),
    ]
    assert state.key_worker is None


@pytest.mark.parametrize(
    "nobody", [SUPERVISOR, but(cast("Any", ROBOT), role="key-worker")], ids=["supervisor", "system"]
)
def test_a_key_worker_has_the_role(nobody: Actor) -> None:
    after(REGISTER).when(but(ASSIGN, key_worker=nobody)).then_refused("a-key-worker-has-the-role")
    after(REGISTER, ASSIGN).when(but(HAND_OVER, to_key_worker=nobody)).then_refused(
        "a-key-worker-has-the-role"
    )


def test_a_key_worker_holds_the_credential_where_one_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    strict = Policy(**(vars(CURRENT) | {"version": "2099.1", "credential_of_key_worker": "cpscp"}))
    monkeypatch.setitem(POLICIES, "2099.1", strict)
    grounds = decision(policy_version="2099.1")
    unqualified = but(ASSIGN, decision=grounds)
    qualified = but(unqualified, key_worker=person("kw-aspen", Role.KEY_WORKER, "cpscp"))
    after(REGISTER).when(unqualified).then_refused("key-workers-hold-the-credential")
    after(REGISTER, qualified).when(but(HAND_OVER, decision=grounds)).then_refused(
        "key-workers-hold-the-credential"
    )


# --- consent ----------------------------------------------------------------------------------------------


def test_a_participant_consents_with_capacity() -> None:
    after(REGISTER).when(CONSENT).then(ConsentGiven.model_validate(CONSENT.model_dump()))


def test_consent_needs_capacity_or_a_guardian() -> None:
    without = but(CONSENT, capacity_noted=False)
    after(REGISTER).when(without).then_refused("consent-needs-capacity-or-a-guardian")
    assert after(REGISTER).when(but(without, given_by="guardian")).refusal is None


def test_consent_given_twice_is_already_so() -> None:
    after(REGISTER, CONSENT).when(CONSENT).then_nothing_new()


def test_consent_may_be_given_for_longer() -> None:
    longer = but(CONSENT, valid_until=FRIDAY + timedelta(days=30))
    after(REGISTER, CONSENT).when(longer).then(ConsentGiven.model_validate(longer.model_dump()))


def test_consent_is_valid_when_given() -> None:
    past = but(CONSENT, valid_until=MONDAY - timedelta(days=1))
    after(REGISTER).when(past).then_refused("consent-is-valid-when-given")
    assert after(REGISTER).when(but(CONSENT, valid_until=MONDAY)).refusal is None
    assert after(REGISTER).when(but(CONSENT, valid_until=None)).refusal is None


def test_consent_is_given_before_it_is_withdrawn() -> None:
    after(REGISTER).when(WITHDRAW).then_refused("consent-is-given-before-it-is-withdrawn")
    after(REGISTER, CONSENT).when(but(WITHDRAW, scope="publish-testimony")).then_refused(
        "consent-is-given-before-it-is-withdrawn"
    )


def test_consent_is_withdrawn_and_given_again() -> None:
    withdrawn = ConsentWithdrawn.model_validate(WITHDRAW.model_dump())
    after(REGISTER, CONSENT).when(WITHDRAW).then(withdrawn)
    after(REGISTER, CONSENT, WITHDRAW).when(WITHDRAW).then_nothing_new()
    after(REGISTER, CONSENT, WITHDRAW).when(CONSENT).then(ConsentGiven.model_validate(CONSENT.model_dump()))


@pytest.mark.parametrize(
    "then",
    [(EXIT,), (PAUSE,), (SEAL,), (DIE,), (ASK_ERASURE, APPROVE_ERASURE, ERASE)],
    ids=lambda c: type(c[-1]).__name__,
)
def test_consent_can_always_be_withdrawn(then: tuple[ParticipantCommand, ...]) -> None:
    assert after(*ENGAGING, CONSENT, *then).when(WITHDRAW).refusal is None


# --- safeguarding -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "then",
    [(), (DECLINE,), (AGREE, PAUSE), (EXIT,), (SEAL,)],
    ids=["before", "declined", "paused", "exited", "sealed"],
)
def test_a_concern_never_waits(then: tuple[ParticipantCommand, ...]) -> None:
    after(REGISTER, *then).when(RAISE).then(SafeguardingConcernRaised.model_validate(RAISE.model_dump()))


def test_a_concern_is_raised_once() -> None:
    after(REGISTER, RAISE).when(RAISE).then_nothing_new()


def test_a_concern_is_escalated_once_to_each_agency() -> None:
    after(REGISTER, RAISE).when(ESCALATE).then(ConcernEscalated.model_validate(ESCALATE.model_dump()))
    after(REGISTER, RAISE, ESCALATE).when(ESCALATE).then_nothing_new()
    assert len(history(REGISTER, RAISE, ESCALATE, but(ESCALATE, escalated_to="police"), ESCALATE)) == 4


def test_nobody_closes_their_own_concern() -> None:
    own = but(CLOSE, decision=decision(by=KEY_WORKER))
    after(REGISTER, RAISE).when(own).then_refused("nobody-closes-their-own-concern")


def test_somebody_else_closes_a_concern_once() -> None:
    after(REGISTER, RAISE, ESCALATE).when(CLOSE).then(ConcernClosed.model_validate(CLOSE.model_dump()))
    after(REGISTER, RAISE, CLOSE).when(CLOSE).then_nothing_new()


def test_an_open_concern_is_escalated() -> None:
    after(REGISTER, RAISE, CLOSE).when(ESCALATE).then_refused("an-open-concern-is-escalated")


@pytest.mark.parametrize("command", [ESCALATE, CLOSE], ids=["escalate", "close"])
def test_a_concern_is_raised_first(command: ParticipantCommand) -> None:
    after(REGISTER).when(command).then_refused("a-concern-is-raised-first")


def test_concerns_are_restricted_and_nothing_else_is() -> None:
    restricted = {e for e in participant.EVENTS if e.confidentiality == "restricted"}
    assert restricted == {SafeguardingConcernRaised, ConcernCorrected, ConcernEscalated, ConcernClosed}


# --- assessment -------------------------------------------------------------------------------------------


def test_a_competent_person_assesses() -> None:
    after(*ENGAGING).when(ASSESS).then(AssessmentCompleted.model_validate(ASSESS.model_dump()))


def test_an_assessment_is_recorded_once() -> None:
    after(*ENGAGING, ASSESS).when(ASSESS).then_nothing_new()


def test_an_assessment_is_a_human_judgement() -> None:
    computed = but(ASSESS, assessed_by=but(cast("Any", ROBOT), credentials=("needs-assessment",)))
    after(*ENGAGING).when(computed).then_refused("an-assessment-is-a-human-judgement")


@pytest.mark.parametrize(
    "command",
    [
        but(ASSESS, assessed_by=OTHER_KEY_WORKER, event_id=event_id(99)),
        but(CORRECT_ASSESSMENT, decision=decision(by=OTHER_KEY_WORKER)),
        but(OVERRIDE, decision=decision(by=OTHER_KEY_WORKER)),
    ],
    ids=["assess", "correct", "override"],
)
def test_assessors_hold_the_credential(command: ParticipantCommand) -> None:
    after(*ENGAGING, ASSESS).when(command).then_refused("assessors-hold-the-credential")


def test_each_domain_is_scored_once() -> None:
    twice = (*ASSESS.domain_scores, DomainScore(domain="work", score=Decimal(1)))
    after(*ENGAGING).when(but(ASSESS, domain_scores=twice)).then_refused("each-domain-is-scored-once")
    after(*ENGAGING, ASSESS).when(but(CORRECT_ASSESSMENT, domain_scores=twice)).then_refused(
        "each-domain-is-scored-once"
    )


def test_a_risk_level_is_overridden_once() -> None:
    after(*ENGAGING, ASSESS).when(OVERRIDE).then(RiskLevelOverridden.model_validate(OVERRIDE.model_dump()))
    after(*ENGAGING, ASSESS, OVERRIDE).when(OVERRIDE).then_nothing_new()


def test_an_override_says_something_else_than_the_assessment() -> None:
    after(*ENGAGING, ASSESS).when(but(OVERRIDE, risk_level="medium")).then_nothing_new()


def test_a_corrected_level_is_the_one_that_stands() -> None:
    corrected = (*ENGAGING, ASSESS, CORRECT_ASSESSMENT)
    after(*corrected).when(but(OVERRIDE, risk_level="low")).then_nothing_new()


def test_an_override_names_an_assessment() -> None:
    after(*ENGAGING).when(OVERRIDE).then_refused("an-override-names-an-assessment")


# --- taking part ------------------------------------------------------------------------------------------

TAKING_PART = (
    AGREE,
    DECLINE,
    *(but(c, event_id=event_id(99)) for c in (MEET, TELL, CHOOSE, ASSESS)),
    CONFIRM,
)
each_way_of_taking_part = pytest.mark.parametrize("command", TAKING_PART, ids=lambda c: type(c).__name__)


@each_way_of_taking_part
def test_a_paused_participant_resumes_first(command: ParticipantCommand) -> None:
    after(*ACTIVE, PAUSE).when(command).then_refused("a-paused-participant-resumes-first")


@each_way_of_taking_part
def test_an_exited_participant_is_re_engaged_first(command: ParticipantCommand) -> None:
    after(*ACTIVE, EXIT).when(command).then_refused("an-exited-participant-is-re-engaged-first")


@pytest.mark.parametrize("command", [ASSIGN, HAND_OVER, PAUSE, RESUME], ids=lambda c: type(c).__name__)
def test_an_exited_participant_has_no_key_worker_and_no_break(command: ParticipantCommand) -> None:
    after(*ACTIVE, EXIT).when(command).then_refused("an-exited-participant-is-re-engaged-first")


@pytest.mark.parametrize(
    "command",
    [*TAKING_PART, ASSIGN, HAND_OVER, CONSENT, PAUSE, RESUME, EXIT, RE_ENGAGE],
    ids=lambda c: type(c).__name__,
)
def test_a_death_ends_participation(command: ParticipantCommand) -> None:
    after(*TRUSTED, DIE).when(command).then_refused("a-death-ends-participation")


@pytest.mark.parametrize(
    "command",
    [*TAKING_PART, ASSIGN, HAND_OVER, CONSENT, PAUSE, RESUME, RE_ENGAGE],
    ids=lambda c: type(c).__name__,
)
def test_a_sealed_record_is_not_added_to(command: ParticipantCommand) -> None:
    after(*TRUSTED, SEAL).when(command).then_refused("a-sealed-record-is-not-added-to")


def test_a_break_begins_once_and_ends_once() -> None:
    after(*ENGAGING).when(PAUSE).then(ParticipationPaused(decision=GROUNDS))
    after(*ENGAGING, PAUSE).when(PAUSE).then_nothing_new()
    after(*ENGAGING, PAUSE).when(RESUME).then(ParticipationResumed(decision=GROUNDS))
    after(*ENGAGING, PAUSE, RESUME).when(RESUME).then_refused("paused-before-resumed")


def test_nobody_pauses_before_boundaries() -> None:
    after(REGISTER).when(PAUSE).then_refused("boundaries-come-first")


def test_a_key_worker_may_change_during_a_break() -> None:
    assert after(*ACTIVE, PAUSE).when(HAND_OVER).refusal is None


@pytest.mark.parametrize(
    "changes",
    [{"exit_plan": None}, {"exit_plan_waived_because": "They moved away."}],
    ids=["neither", "both"],
)
def test_an_exit_needs_a_plan_or_a_waiver(changes: dict[str, object]) -> None:
    after(*ACTIVE).when(but(EXIT, **changes)).then_refused("an-exit-needs-a-plan-or-a-waiver")


def test_an_exit_plan_can_be_waived_with_a_reason() -> None:
    waived = but(EXIT, exit_plan=None, exit_plan_waived_because="They moved away.")
    after(*ACTIVE).when(waived).then(ParticipantExited.model_validate(waived.model_dump()))


@pytest.mark.parametrize(
    "before",
    [(REGISTER,), ENGAGING, ACTIVE, (*ACTIVE, PAUSE)],
    ids=["registered", "engaging", "active", "paused"],
)
def test_everybody_may_leave_once(before: tuple[ParticipantCommand, ...]) -> None:
    after(*before).when(EXIT).then(ParticipantExited.model_validate(EXIT.model_dump()))
    after(*before, EXIT).when(EXIT).then_nothing_new()


def test_only_an_exited_participant_comes_back() -> None:
    after(*ACTIVE).when(RE_ENGAGE).then_refused("exited-before-re-engaged")
    after(*ACTIVE, EXIT).when(RE_ENGAGE).then(ParticipantReEngaged(decision=GROUNDS))
    after(*ACTIVE, EXIT, RE_ENGAGE).when(RE_ENGAGE).then_refused("exited-before-re-engaged")


def test_whoever_left_during_a_break_comes_back_without_it() -> None:
    assert status(*ACTIVE, PAUSE, EXIT, RE_ENGAGE) == "re-engaged"


def test_a_death_is_recorded_once() -> None:
    after(REGISTER).when(DIE).then(ParticipantDied(event_id=DIED, died_on=FRIDAY))
    after(REGISTER, DIE).when(but(DIE, event_id=event_id(99))).then_nothing_new()


def test_a_death_recorded_in_error_is_retracted() -> None:
    assert after(*TRUSTED, DIE, RETRACT_DEATH).when(CONFIRM).refusal is None
    after(*TRUSTED, DIE, RETRACT_DEATH).when(DIE).then_nothing_new()


# --- one person, two records ------------------------------------------------------------------------------


def test_records_are_linked_and_unlinked_without_rewriting_either() -> None:
    linked = IdentityLinked(decision=GROUNDS, other=OTHER_RECORD, approved_by=SECOND_SUPERVISOR)
    unlinked = IdentityUnlinked(decision=GROUNDS, other=OTHER_RECORD, approved_by=SECOND_SUPERVISOR)
    after(REGISTER).when(LINK).then(linked)
    after(REGISTER, LINK).when(LINK).then_nothing_new()
    after(REGISTER, LINK).when(UNLINK).then(unlinked)
    after(REGISTER, LINK, UNLINK).when(UNLINK).then_nothing_new()
    after(REGISTER, LINK, UNLINK).when(LINK).then(linked)


def test_a_record_is_not_linked_to_itself() -> None:
    after(REGISTER).when(but(LINK, other=PARTICIPANT)).then_refused("a-record-is-not-linked-to-itself")


def test_records_are_linked_before_they_are_unlinked() -> None:
    after(REGISTER).when(UNLINK).then_refused("linked-before-unlinked")


@pytest.mark.parametrize("approver", [SUPERVISOR, ROBOT], ids=["the decider", "a system"])
def test_two_people_decide_identity(approver: Actor) -> None:
    after(REGISTER).when(but(LINK, approved_by=approver)).then_refused("two-people-decide-identity")
    after(REGISTER, LINK).when(but(UNLINK, approved_by=approver)).then_refused("two-people-decide-identity")


def test_a_level_of_risk_that_was_erased_is_not_overridden() -> None:
    erased = Erased(key_id=APPROVED, at=NOON)
    forgotten = [
        event.model_copy(update={"risk_level": erased}) if hasattr(event, "risk_level") else event
        for event in history(*ENGAGING, ASSESS)
    ]
    given(participant, *forgotten).when(OVERRIDE).then_refused("nothing-is-decided-on-what-was-erased")


# --- closing, keeping and erasing the record --------------------------------------------------------------


def test_a_record_is_sealed_once() -> None:
    after(*ACTIVE).when(SEAL).then(RecordSealed(decision=GROUNDS))
    after(*ACTIVE, SEAL).when(SEAL).then_nothing_new()


def test_a_hold_is_placed_and_released_once() -> None:
    placed = LegalHoldPlaced(decision=GROUNDS, reference="Order 12/2025", expires_on=FRIDAY)
    after(REGISTER).when(HOLD).then(placed)
    after(REGISTER, HOLD).when(HOLD).then_nothing_new()
    after(REGISTER, HOLD).when(RELEASE).then(LegalHoldReleased(decision=GROUNDS, reference="Order 12/2025"))
    after(REGISTER, HOLD, RELEASE).when(RELEASE).then_nothing_new()
    after(REGISTER, HOLD, RELEASE).when(HOLD).then(placed)


def test_a_hold_lasts() -> None:
    after(REGISTER).when(but(HOLD, expires_on=MONDAY)).then_refused("a-hold-lasts")


def test_a_hold_is_placed_before_it_is_released() -> None:
    after(REGISTER).when(RELEASE).then_refused("a-hold-is-placed-before-it-is-released")


def test_one_erasure_request_is_open_at_a_time() -> None:
    requested = ErasureRequested(origin=ErasureOrigin.PARTICIPANT, requested_by=KEY_WORKER)
    after(REGISTER).when(ASK_ERASURE).then(requested)
    after(REGISTER, ASK_ERASURE).when(but(ASK_ERASURE, origin="guardian")).then_nothing_new()
    after(REGISTER, ASK_ERASURE, REFUSE_ERASURE).when(ASK_ERASURE).then(requested)


def test_an_erasure_is_refused_once() -> None:
    after(REGISTER, ASK_ERASURE).when(REFUSE_ERASURE).then(ErasureRefused(decision=GROUNDS))
    after(REGISTER, ASK_ERASURE, REFUSE_ERASURE).when(REFUSE_ERASURE).then_nothing_new()


@pytest.mark.parametrize(
    ("before", "command"),
    [((), APPROVE_ERASURE), ((), REFUSE_ERASURE), ((ASK_ERASURE, REFUSE_ERASURE), APPROVE_ERASURE)],
    ids=["approve", "refuse", "approve what was refused"],
)
def test_an_erasure_is_requested_first(
    before: tuple[ParticipantCommand, ...], command: ParticipantCommand
) -> None:
    after(REGISTER, *before).when(command).then_refused("an-erasure-is-requested-first")


def test_two_people_erase() -> None:
    alone = but(APPROVE_ERASURE, decision=decision(by=KEY_WORKER))
    after(REGISTER, ASK_ERASURE).when(alone).then_refused("two-people-erase")


@pytest.mark.parametrize("before", [(), (ASK_ERASURE,), (ASK_ERASURE, REFUSE_ERASURE)], ids=len)
def test_an_erasure_is_approved_first(before: tuple[ParticipantCommand, ...]) -> None:
    after(REGISTER, *before).when(ERASE).then_refused("an-erasure-is-approved-first")


def test_personal_data_is_erased_once_on_the_grounds_it_was_approved_on() -> None:
    approved = (REGISTER, ASK_ERASURE, APPROVE_ERASURE)
    after(*approved[:2]).when(APPROVE_ERASURE).then(ErasureApproved(decision=GROUNDS))
    after(*approved).when(APPROVE_ERASURE).then_nothing_new()
    erased = PersonalDataErased(
        decision=GROUNDS, approved_as=APPROVED, destroyed=DESTROYED, stores=("keyring", "caseload")
    )
    after(*approved).when(ERASE).then(erased)
    for again in (ERASE, APPROVE_ERASURE, ASK_ERASURE):
        after(*approved, ERASE).when(again).then_nothing_new()


def test_an_erasure_is_not_said_to_be_done_without_the_keys() -> None:
    with pytest.raises(ValidationError, match="destroyed"):
        but(ERASE, destroyed=())


def test_a_legal_hold_wins_over_erasure() -> None:
    held = (REGISTER, HOLD, ASK_ERASURE)
    after(*held).when(APPROVE_ERASURE).then_refused("a-legal-hold-wins-over-erasure")
    expired = but(APPROVE_ERASURE, approved_on=FRIDAY + timedelta(days=1))
    assert after(*held).when(expired).refusal is None
    assert after(*held, RELEASE).when(APPROVE_ERASURE).refusal is None


def test_a_legal_hold_comes_too_late_once_the_erasure_is_approved() -> None:
    """The log decides which of the two was first; the keys may be gone a moment later."""
    after(REGISTER, ASK_ERASURE, APPROVE_ERASURE).when(HOLD).then_refused("nothing-is-written-after-erasure")
    after(REGISTER, ASK_ERASURE, APPROVE_ERASURE).when(REFUSE_ERASURE).then_refused(
        "nothing-is-written-after-erasure"
    )


def test_an_erasure_under_several_holds_is_told_of_the_longest() -> None:
    longer = but(HOLD, reference="Order 13/2025", expires_on=FRIDAY + timedelta(days=9))
    refusal = after(REGISTER, longer, HOLD, ASK_ERASURE).when(APPROVE_ERASURE).refusal
    assert refusal is not None
    assert "Order 13/2025 lasts until 2025-03-16" in refusal.remedy


@pytest.mark.parametrize(
    "command",
    [c for c in EVERY_COMMAND if not isinstance(c, participant.ASKED_AFTER_ERASURE)],
    ids=lambda c: type(c).__name__,
)
def test_nothing_is_written_after_erasure(command: ParticipantCommand) -> None:
    approved = after(*ACTIVE, ASK_ERASURE, APPROVE_ERASURE)
    approved.when(command).then_refused("nothing-is-written-after-erasure")
    erased = after(*ACTIVE, ASK_ERASURE, APPROVE_ERASURE, ERASE)
    erased.when(command).then_refused("nothing-is-written-after-erasure")


# --- breaking the glass -----------------------------------------------------------------------------------


def test_the_glass_is_broken_for_a_short_time() -> None:
    granted = AccessOverrideGranted(
        decision=GROUNDS, granted_to=KEY_WORKER, expires_at=NOON + timedelta(hours=1)
    )
    after(REGISTER).when(BREAK_GLASS).then(granted)


@pytest.mark.parametrize("minutes", [-1, 0, 61])
def test_an_access_override_is_short(minutes: int) -> None:
    wrong = but(BREAK_GLASS, expires_at=NOON + timedelta(minutes=minutes))
    after(REGISTER).when(wrong).then_refused("an-access-override-is-short")


def test_an_access_override_granted_already_is_already_so() -> None:
    shorter = but(BREAK_GLASS, expires_at=NOON + timedelta(minutes=30))
    after(REGISTER, BREAK_GLASS).when(BREAK_GLASS).then_nothing_new()
    after(REGISTER, BREAK_GLASS).when(shorter).then_nothing_new()
    later = but(BREAK_GLASS, granted_at=NOON + timedelta(hours=2), expires_at=NOON + timedelta(hours=3))
    assert len(history(REGISTER, BREAK_GLASS, later)) == 3
    assert len(history(REGISTER, BREAK_GLASS, but(BREAK_GLASS, granted_to=SUPERVISOR))) == 3


def test_breaking_the_glass_needs_a_reason() -> None:
    for_reason = [but(BREAK_GLASS, decision=decision(reason_text="x" * n)) for n in (19, 20)]
    after(REGISTER).when(for_reason[0]).then_refused("breaking-the-glass-needs-a-reason")
    assert after(REGISTER).when(for_reason[1]).refusal is None


def test_the_glass_is_broken_for_a_person() -> None:
    after(REGISTER).when(but(BREAK_GLASS, granted_to=ROBOT)).then_refused("people-work-with-people")


# --- whatever the rules -----------------------------------------------------------------------------------

STATES = [
    fold(participant, history(*commands))
    for commands in (
        (),
        (REGISTER,),
        ENGAGING,
        EVERY_FACT,
        (*ACTIVE, PAUSE),
        (*ACTIVE, EXIT),
        (*ACTIVE, SEAL),
    )
]


def _misused(command: ParticipantCommand) -> Any:
    """Return `command`, naming an event nobody knows where it names one."""
    unknown = {"corrects", "concern_id", "assessment_id", "referral_id"} & set(type(command).model_fields)
    return but(command, **dict.fromkeys(unknown, event_id(99)))


def test_no_refusal_tells_a_personal_detail() -> None:
    refusals = []
    for state in STATES:
        for command in (*EVERY_COMMAND, *map(_misused, EVERY_COMMAND)):
            try:
                decide(state, command)
            except Refused as refusal:
                refusals.append(str(refusal))
    assert len(refusals) > 200
    assert not [refusal for refusal in refusals if UNTOLD in refusal or "2009" in refusal]


def test_no_stored_type_discloses_what_happened() -> None:
    telling = ("safeguard", "story-of", "risk-level-high", "drug", "offence")
    assert not [e for e in participant.EVENTS if any(word in stored_type(e) for word in telling)]


def test_a_death_retracted_leaves_a_correction_of_something_unknown_alone() -> None:
    after(REGISTER, DIE, RETRACT_DEATH).when(but(RETRACT_DEATH, decision=decision())).then_refused(
        "a-correction-names-what-it-corrects"
    )


def test_decisions_are_marked_as_the_domain_marks_them() -> None:
    plain = {e for e in participant.EVENTS if not issubclass(e, DecisionEvent)}
    assert plain == {
        ParticipantRegistered, ContactRecorded, StoryRecorded, StoryConfirmed, ParticipantChoiceRecorded,
        ConsentGiven, ConsentWithdrawn, SafeguardingConcernRaised, AssessmentCompleted, ParticipantDied,
        ErasureRequested,
    }  # fmt: skip


# --- the laws ---------------------------------------------------------------------------------------------

SAID_OTHERWISE: tuple[ParticipantCommand, ...] = (
    MISS,
    but(MEET, event_id=event_id(51), made_by=OTHER_KEY_WORKER),
    but(CORRECT_CONTACT, corrects=FIRST),
    but(CORRECT_CONTACT, corrects=MISSED, outcome="held", held_minutes=20),
    but(RETRACT_CONTACT, corrects=FIRST),
    but(TELL, event_id=event_id(52)),
    but(CORRECT_STORY, story="Neither sea nor lake."),
    but(CHOOSE, event_id=event_id(53)),
    but(CORRECT_CHOICE, choice="Neither, in fact."),
    but(RAISE, event_id=event_id(54), raised_by=SUPERVISOR),
    but(ESCALATE, escalated_to="police"),
    but(CLOSE, concern_id=event_id(54), decision=BY_ASSESSOR),
    but(ASSESS, event_id=event_id(55), risk_level="low"),
    but(CORRECT_ASSESSMENT, corrects=event_id(55), risk_level="high"),
    but(OVERRIDE, risk_level="very-high"),
    but(ASSIGN, key_worker=OTHER_KEY_WORKER),
    but(HAND_OVER, to_key_worker=KEY_WORKER),
    but(CONSENT, given_by="guardian", capacity_noted=False, valid_until=None),
    but(WITHDRAW, withdrawn_by="guardian"),
    but(EXIT, reason="transferred", exit_plan=None, exit_plan_waived_because="They moved away."),
    but(LINK, other=UUID(int=8 << 60)),
    but(UNLINK, other=UUID(int=8 << 60)),
    but(HOLD, expires_on=FRIDAY + timedelta(days=1)),
    but(HOLD, reference="Order 13/2025"),
    but(RELEASE, reference="Order 13/2025"),
    but(ASK_ERASURE, requested_by=SUPERVISOR),
    but(APPROVE_ERASURE, decision=BY_ASSESSOR, approved_on=FRIDAY + timedelta(days=9)),
    but(ERASE, stores=("keyring",)),
    but(BREAK_GLASS, granted_at=NOON + timedelta(hours=2), expires_at=NOON + timedelta(hours=3)),
    but(DIE, event_id=event_id(56)),
    but(RETRACT_DEATH, corrects=event_id(56)),
)
ENDINGS = (RecordDeath, SealRecord, ApproveErasure)
LIVING = [c for c in (*EVERY_COMMAND, *SAID_OTHERWISE) if not isinstance(c, ENDINGS)]
TestLaws = machine(participant, one_of_these(*EVERY_COMMAND, *SAID_OTHERWISE)).TestCase
TestLawsOfTheLiving = machine(participant, one_of_these(*LIVING), history(*ACTIVE)).TestCase
TestLawsOfTheEnd = machine(
    participant, one_of_these(*EVERY_COMMAND, *SAID_OTHERWISE), history(*ACTIVE, ASSESS, RAISE)
).TestCase
