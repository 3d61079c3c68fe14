"""Working with a young person, as several tests tell of it: the commands, and what came of some of them."""

from __future__ import annotations

from scp_events.aggregates import engagement
from scp_events.aggregates.engagement.commands import (
    AgreeBoundaries,
    AssignKeyWorker,
    ConfirmStory,
    DeclineBoundaries,
    EngagementCommand,
    Exit,
    HandOver,
    Pause,
    RecordChoice,
    RecordContact,
    RecordStory,
    ReEngage,
    Resume,
)
from scp_events.aggregates.engagement.events import (
    BoundariesAgreed,
    ContactOutcome,
    ContactRecorded,
    ExitReason,
    Medium,
    ParticipantExited,
    ParticipantReEngaged,
    ParticipationPaused,
    ParticipationResumed,
)
from scp_events.scenario import perform
from scp_events.vocabulary import Actor, Command, DecisionCommand, Event
from tests.examples.participant import REGISTERED
from tests.words import KEY_WORKER, OTHER_KEY_WORKER, SUPERVISOR, decision, event_id, grounds

FIRST, SECOND, MISSED, TOLD, CHOSEN = map(event_id, range(501, 506))

AGREE = AgreeBoundaries(decision=grounds(), boundaries="An invented arrangement: ring ahead.")
DECLINE = DeclineBoundaries(decision=grounds())
MEET = RecordContact(
    event_id=FIRST,
    made_by=KEY_WORKER,
    medium=Medium.IN_PERSON,
    outcome=ContactOutcome.HELD,
    held_minutes=40,
    others_present=("guardian",),
    note="An invented note: at ease.",
)
MEET_AGAIN = MEET.model_copy(update={"event_id": SECOND})
MISS = MEET.model_copy(
    update={"event_id": MISSED, "outcome": ContactOutcome.DID_NOT_ATTEND, "held_minutes": 0}
)
TELL = RecordStory(event_id=TOLD, story="An invented story by an invented sea.")
CONFIRM = ConfirmStory(policy_version="2025.1")
CHOOSE = RecordChoice(event_id=CHOSEN, about="counselling", choice="An invented choice: rather wait.")
ASSIGN = AssignKeyWorker(decision=grounds(), key_worker=KEY_WORKER)
HAND_OVER = HandOver(
    decision=grounds(), to_key_worker=OTHER_KEY_WORKER, handover_note="An invented note: prefers mornings."
)
PAUSE = Pause(decision=grounds())
RESUME = Resume(decision=grounds())
EXIT = Exit(decision=grounds(), reason=ExitReason.COMPLETED, exit_plan="An invented plan: an apprenticeship.")
RE_ENGAGE = ReEngage(decision=grounds())
EVERY_COMMAND: tuple[EngagementCommand, ...] = (
    AGREE, DECLINE, MEET, MEET_AGAIN, MISS, TELL, CONFIRM, CHOOSE, ASSIGN, HAND_OVER, PAUSE, RESUME, EXIT,
    RE_ENGAGE,
)  # fmt: skip

ENGAGING: tuple[EngagementCommand, ...] = (AGREE,)
TRUSTED: tuple[EngagementCommand, ...] = (*ENGAGING, MEET, MEET_AGAIN, TELL)
ACTIVE: tuple[EngagementCommand, ...] = (*TRUSTED, CONFIRM, ASSIGN)

AGREED = BoundariesAgreed(
    decision=decision(by=KEY_WORKER),
    agreed_with=KEY_WORKER,
    boundaries="An invented arrangement: ring ahead.",
)
MET = ContactRecorded(**dict(MEET))
PAUSED = ParticipationPaused(decision=decision())
RESUMED = ParticipationResumed(decision=decision())
LEFT = ParticipantExited(
    decision=decision(), reason=ExitReason.COMPLETED, exit_plan="An invented plan: an apprenticeship."
)
CAME_BACK = ParticipantReEngaged(decision=decision())


def by(command: Command) -> Actor:
    """Return who sends a command: those who lead decide, key workers do the rest."""
    decides = isinstance(command, DecisionCommand) and not isinstance(command, AgreeBoundaries)
    return SUPERVISOR if decides else KEY_WORKER


def history(*commands: EngagementCommand) -> list[Event]:
    """Return what the commands decide of somebody registered, one after the other."""
    return perform(engagement, *commands, knowing=[REGISTERED], by=by)
