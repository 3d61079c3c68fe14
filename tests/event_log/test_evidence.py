"""Rules that need another stream: what the log reads for them, and that nothing comes in between."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, TypeVar
from uuid import uuid4

import pytest

from scp_events.aggregates import assessment
from scp_events.aggregates.assessment.events import AssessmentCompleted
from scp_events.aggregates.engagement.events import BoundariesAgreed, StoryConfirmed
from scp_events.aggregates.irp.events import (
    IrpAgreedByParticipant,
    IrpApproved,
    IrpDraftStarted,
    IrpProposed,
    IrpSuperseded,
)
from scp_events.aggregates.participant.events import ParticipantRegistered
from scp_events.aggregates.referral.events import ReferralAccepted
from scp_events.event_log import BlockingCommandHandler, LogReader, Recorded
from scp_events.vocabulary import Event, ReferralId, Refused, Retract, Stream
from tests.asking import Case
from tests.check_log import check_log
from tests.examples.assessment import ASSESS
from tests.examples.engagement import EXIT, RE_ENGAGE, TELL
from tests.examples.irp import AGREE, APPROVE, DRAFT, PROPOSE, goal, need
from tests.examples.participant import REGISTER
from tests.examples.referral import ACCEPT, ADMITTED, SUBMIT, WITHDRAW, by
from tests.examples.referral import DRAFT as REFERRAL
from tests.opened import opened_handler, opened_reader
from tests.words import NOON, SUPERVISOR, event_id, grounds

E = TypeVar("E", bound=Event)


@pytest.fixture
def log(log_database: str) -> Iterator[LogReader]:
    with opened_reader(log_database) as log:
        yield log
    check_log(log_database)


@pytest.fixture
def handler(log_database: str) -> Iterator[BlockingCommandHandler]:
    with opened_handler(log_database) as handler:
        yield handler


@pytest.fixture
def case(handler: BlockingCommandHandler) -> Case:
    return Case(handler, now=NOON)


def refused_by(rule: str) -> pytest.RaisesExc[Refused]:
    return pytest.RaisesExc(Refused, check=lambda refusal: refusal.rule == rule)


def those(log: LogReader, case: Case, kind: type[E]) -> list[Recorded[Any]]:
    return [recorded for recorded in log.case_history(case.id) if isinstance(recorded.event, kind)]


# --- referrals --------------------------------------------------------------------------------------------


def drafted(case: Case) -> Stream:
    """Return a new referral."""
    stream = Stream("referral", uuid4())
    case.ask(REFERRAL.model_copy(update={"event_id": None}), stream=stream)
    return stream


def test_a_second_referral_to_the_same_programme_waits_for_the_first(case: Case) -> None:
    first, second = drafted(case), drafted(case)
    case.ask(SUBMIT, stream=first)
    with refused_by("one-open-referral"):
        case.ask(SUBMIT, stream=second)
    case.ask(WITHDRAW, stream=first)
    assert case.ask(SUBMIT, stream=second).events == 1


def test_of_referrals_submitted_at_once_by_several_processes_one_is_recorded(
    log_database: str, log: LogReader, case: Case
) -> None:
    drafts = [drafted(case) for _ in range(4)]
    with ExitStack() as stack:
        elsewhere = [
            Case(stack.enter_context(opened_handler(log_database)), case.reference, now=NOON) for _ in drafts
        ]

        def submit(asked: tuple[Case, Stream]) -> bool:
            mine, draft = asked
            try:
                return mine.ask(SUBMIT, stream=draft).events == 1
            except Refused as refusal:
                assert refusal.rule == "one-open-referral"
                return False

        with ThreadPoolExecutor(len(drafts)) as pool:
            assert sum(pool.map(submit, zip(elsewhere, drafts, strict=True))) == 1


def test_registration_through_a_referral_needs_its_acceptance(log: LogReader, case: Case) -> None:
    for command in ADMITTED:
        case.ask(command, by=by(command))
    register = REGISTER.model_copy(update={"referral_id": ReferralId(case.streams["referral"].id)})
    with refused_by("referral-not-accepted"):
        case.ask(register)
    case.ask(ACCEPT, by=SUPERVISOR)
    case.ask(register)
    [registered], [accepted] = (
        those(log, case, ParticipantRegistered),
        those(log, case, ReferralAccepted),
    )
    assert registered.event.accepted_as == accepted.event_id


# --- plans ------------------------------------------------------------------------------------------------


def drafted_plan(log: LogReader, case: Case) -> Stream:
    """Return a new plan with a need and a goal."""
    plan = Stream("irp", uuid4())
    seen_in = tuple(each.event_id for each in those(log, case, AssessmentCompleted))
    real = need().model_copy(update={"evidence": seen_in, "event_id": None})
    case.ask_all((DRAFT, real, goal()), stream=plan)
    return plan


@pytest.fixture
def known(case: Case) -> Case:
    """A case with everything that a plan is founded on."""
    case.engage().ask(ASSESS)
    return case


def test_a_plan_is_founded_on_what_the_case_holds(log: LogReader, known: Case) -> None:
    known.ask(PROPOSE, stream=drafted_plan(log, known))
    [proposed] = those(log, known, IrpProposed)
    [agreed], [confirmed], [assessed] = (
        those(log, known, kind) for kind in (BoundariesAgreed, StoryConfirmed, AssessmentCompleted)
    )
    assert proposed.event.boundaries_agreed == agreed.event_id
    assert proposed.event.story_confirmed == confirmed.event_id
    assert proposed.event.assessments == (assessed.event_id,)


def test_a_story_told_further_has_to_be_confirmed_again_before_a_plan(log: LogReader, known: Case) -> None:
    plan = drafted_plan(log, known)
    known.ask(TELL.model_copy(update={"event_id": None}))
    with refused_by("story-not-confirmed"):
        known.ask(PROPOSE, stream=plan)


def test_boundaries_of_an_engagement_that_ended_found_no_new_plan(log: LogReader, known: Case) -> None:
    plan = drafted_plan(log, known)
    known.ask_all((EXIT, RE_ENGAGE))
    with refused_by("boundaries-not-agreed"):
        known.ask(PROPOSE, stream=plan)


def test_what_was_retracted_founds_nothing(log: LogReader, known: Case) -> None:
    plan = drafted_plan(log, known)
    [assessed] = those(log, known, AssessmentCompleted)
    known.ask(Retract(decision=grounds(), corrects=assessed.event_id), stream=known.stream(assessment))
    with refused_by("not-assessed"):
        known.ask(PROPOSE, stream=plan)


def test_an_approval_names_the_proposal_and_the_agreement_it_rests_on(log: LogReader, known: Case) -> None:
    known.ask_all((PROPOSE, AGREE, APPROVE), stream=drafted_plan(log, known))
    [approved], [proposed], [agreed] = (
        those(log, known, kind) for kind in (IrpApproved, IrpProposed, IrpAgreedByParticipant)
    )
    assert set(approved.event.decision.relied_on) == {proposed.event_id, agreed.event_id}


def test_agreement_to_the_next_version_supersedes_the_one_before_in_the_same_append(
    log: LogReader, known: Case
) -> None:
    first = drafted_plan(log, known)
    known.ask_all((PROPOSE, AGREE), stream=first)
    second = drafted_plan(log, known)
    known.ask(PROPOSE, stream=second)
    outcome = known.ask(AGREE, stream=second)
    agreed, superseded = (log.event(event_id) for event_id in outcome.event_ids)
    assert agreed is not None
    assert superseded is not None
    assert (agreed.stream, superseded.stream) == (second, first)
    assert superseded.event == IrpSuperseded(by=second.id)
    assert superseded.position == agreed.position + 1
    *_, started = those(log, known, IrpDraftStarted)
    assert (started.event.plan_version, started.event.supersedes) == (2, first.id)


# --- whose events may be named ----------------------------------------------------------------------------


def test_a_need_is_seen_in_events_of_the_same_case(
    log: LogReader, known: Case, handler: BlockingCommandHandler
) -> None:
    other = Case(handler, now=NOON).engage()
    other.ask(ASSESS)
    [elsewhere] = those(log, other, AssessmentCompleted)
    plan = Stream("irp", uuid4())
    known.ask(DRAFT, stream=plan)
    with refused_by("unknown-evidence"):
        known.ask(need().model_copy(update={"evidence": (elsewhere.event_id,)}), stream=plan)


def test_a_decision_relies_on_events_that_there_are(case: Case) -> None:
    made_up = SUBMIT.model_copy(update={"decision": grounds(relied_on=(event_id(1),))})
    with refused_by("unknown-evidence"):
        case.ask(made_up, stream=drafted(case))
