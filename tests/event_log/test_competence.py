"""Through the log: who assesses or approves is judged by the credential held at the time of the act."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from scp_events.aggregates import practitioner
from scp_events.aggregates.assessment.commands import CompleteAssessment
from scp_events.aggregates.assessment.events import AssessmentCompleted
from scp_events.aggregates.irp.events import IrpApproved
from scp_events.aggregates.practitioner.commands import AwardCredential, PractitionerCommand
from scp_events.aggregates.practitioner.events import Competence, stream_of
from scp_events.event_log import BlockingCommandHandler, CommandRequest, LogReader, Outcome
from scp_events.history import effective
from scp_events.vocabulary import (
    Actor,
    CommandId,
    Correct,
    EventId,
    PersonId,
    Provenance,
    Refused,
    Role,
    Stream,
    Strictness,
)
from tests.asking import Case
from tests.check_log import check_log
from tests.examples.assessment import ASSESS, OVERRIDE
from tests.examples.irp import AGREE, APPROVE, DRAFT, PROPOSE, goal, need
from tests.examples.practitioner import AWARD, RENEW, REVOKE, STUDYING, SUSPEND
from tests.opened import opened_handler, opened_reader
from tests.words import SUPERVISOR, grounds, person

WARNED, REQUIRED = "2025.2", "2025.3"
APPROVER = person("sv-alder", Role.SUPERVISOR)


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
    return Case(handler).engage(at=date(2025, 1, 10))


@pytest.fixture
def assessor(handler: BlockingCommandHandler) -> Practitioner:
    """Somebody who has done all that is asked for in January, and was awarded nothing yet."""
    somebody = Practitioner(handler, person(f"kw-{uuid4().hex[:8]}"))
    somebody.ask_all(STUDYING, on=date(2025, 1, 10))
    return somebody


class Practitioner:
    """A member of staff, and the record of their credentials."""

    def __init__(self, handler: BlockingCommandHandler, who: Actor) -> None:
        self.handler, self.who = handler, who
        self.stream = stream_of(who.id)
        self._ids: dict[EventId, EventId] = {}

    def ask(self, command: PractitionerCommand, on: date) -> Outcome:
        """Record what became of a credential, as told by a supervisor."""
        return self.handler.handle(
            CommandRequest(
                aggregate=practitioner,
                stream=self.stream,
                case_id=None,
                name=self.who.id,
                command=self._own(command),
                provenance=provenance(person("sv-yew", Role.SUPERVISOR), on)
                if type(command).__name__ == "VerifyPractice"
                else provenance(SUPERVISOR, on),
            )
        )

    def ask_all(self, commands: tuple[PractitionerCommand, ...], on: date) -> None:
        for command in commands:
            self.ask(command, on)

    def _own(self, command: PractitionerCommand) -> PractitionerCommand:
        """Return a command with event ids of this practitioner's own."""
        changes = {
            name: self._ids.setdefault(getattr(command, name), EventId(uuid4()))
            for name in ("event_id", "practice", "exam")
            if getattr(command, name, None) is not None
        }
        return command.model_copy(update=changes)

    def named(self, event_id: EventId | None) -> EventId:
        """Return this practitioner's own id of an example's event."""
        assert event_id is not None
        return self._ids[event_id]


def provenance(by: Actor, on: date) -> Provenance:
    return Provenance(by=by, command_id=CommandId(uuid4()), occurred_at=on, purpose="casework")


def refused_by(rule: str) -> pytest.RaisesExc[Refused]:
    return pytest.RaisesExc(Refused, check=lambda refusal: refusal.rule == rule)


def assess(case: Case, by: Practitioner, on: date, policy: str = REQUIRED) -> Stream:
    """Assess somebody; return the assessment."""
    stream = Stream("assessment", uuid4())
    case.ask(assessing(policy), by=by.who, at=on, stream=stream)
    return stream


def assessing(policy: str = REQUIRED, **changes: object) -> CompleteAssessment:
    return ASSESS.model_copy(update={"event_id": None, "policy_version": policy, **changes})


def competence(log: LogReader, stream: Stream) -> Competence | None:
    """Return what the assessment that stands says of whoever made it."""
    (fact, *_) = effective(recorded.fact for recorded in log.stream_history(stream))
    assert isinstance(fact.event, AssessmentCompleted)
    return fact.event.competence


# --- as of the time of the act ----------------------------------------------------------------------------


def test_an_assessor_is_judged_by_their_own_record_and_not_by_their_token(
    log: LogReader, case: Case, assessor: Practitioner
) -> None:
    """S1.12: and the event says which award it was."""
    assessor.ask(AWARD, on=date(2025, 2, 1))
    stream = assess(case, assessor, date(2025, 3, 3))
    assert competence(log, stream) == Competence(
        credential="needs-assessment",
        strictness=Strictness.REQUIRE,
        held_as=assessor.named(AWARD.event_id),
    )
    by_token = Practitioner(case.handler, person("kw-token", Role.KEY_WORKER, "needs-assessment"))  # type: ignore[arg-type]  # it is one
    with refused_by("credential-missing"):
        assess(case, by_token, date(2025, 3, 3))


def test_an_award_that_is_recorded_late_counts_from_its_own_day(case: Case, assessor: Practitioner) -> None:
    with refused_by("credential-missing"):
        assess(case, assessor, date(2025, 3, 3))
    assessor.ask(AWARD, on=date(2025, 2, 1))
    assert assess(case, assessor, date(2025, 3, 3))


def test_an_award_of_later_makes_no_earlier_act_right_whatever_day_it_is_valid_from(
    case: Case, assessor: Practitioner
) -> None:
    """Nobody could have relied on it then. From the award on, it counts."""
    assert AWARD.valid_from < date(2025, 3, 3)
    assessor.ask(AWARD, on=date(2025, 4, 1))
    with refused_by("credential-missing"):
        assess(case, assessor, date(2025, 3, 3))
    assert assess(case, assessor, date(2025, 4, 2))


def test_a_credential_awarded_ahead_counts_from_its_first_day_by_itself(
    case: Case, assessor: Practitioner
) -> None:
    ahead: AwardCredential = AWARD.model_copy(update={"valid_from": date(2025, 3, 4)})
    assessor.ask(ahead, on=date(2025, 2, 1))
    with refused_by("credential-missing"):
        assess(case, assessor, date(2025, 3, 3))
    assert assess(case, assessor, date(2025, 3, 4))


def test_a_credential_that_expired_yesterday_is_not_held_today(case: Case, assessor: Practitioner) -> None:
    today = datetime.now(UTC).date()
    yesterday = today - timedelta(days=1)
    assessor.ask(AWARD.model_copy(update={"valid_until": yesterday}), on=date(2025, 2, 1))
    assert assess(case, assessor, yesterday)
    with refused_by("credential-missing"):
        assess(case, assessor, today)
    assessor.ask(RENEW.model_copy(update={"valid_from": today, "valid_until": None}), on=today)
    assert assess(case, assessor, today)


def test_what_was_revoked_between_an_act_and_its_late_entry_leaves_the_act_right(
    case: Case, assessor: Practitioner
) -> None:
    assessor.ask(AWARD, on=date(2025, 2, 1))
    assessor.ask(REVOKE, on=date(2025, 3, 10))
    assert assess(case, assessor, date(2025, 3, 9))
    with refused_by("credential-missing"):
        assess(case, assessor, date(2025, 3, 11))


def test_a_suspension_and_an_assessment_of_one_moment_do_not_both_pass(
    log: LogReader, handler: BlockingCommandHandler, case: Case, log_database: str
) -> None:
    """Whoever comes second has read the other: two processes, several times."""
    with opened_handler(log_database) as other, ThreadPoolExecutor(2) as both:
        theirs = Case(other, reference=case.reference)
        for n in range(5):
            somebody = Practitioner(handler, person(f"kw-at-once-{n}-{uuid4().hex[:8]}"))
            somebody.ask_all((*STUDYING, AWARD), on=date(2025, 2, 1))
            suspending = both.submit(somebody.ask, SUSPEND, date(2025, 5, 1))
            assessed = both.submit(assess, theirs, somebody, date(2025, 5, 1))
            suspending.result()
            assert assessed.exception() is None or isinstance(assessed.exception(), Refused)
            suspended = log.stream_history(somebody.stream)[-1]
            done = [r for r in log.case_history(case.id) if r.envelope.actor == somebody.who]
            assert all(each.position < suspended.position for each in done)


# --- how strictly -----------------------------------------------------------------------------------------


def test_a_policy_that_warns_records_that_the_credential_was_missing(
    log: LogReader, case: Case, assessor: Practitioner
) -> None:
    stream = assess(case, assessor, date(2025, 3, 3), WARNED)
    missing = Competence(credential="needs-assessment", strictness=Strictness.WARN, held_as=None)
    assert competence(log, stream) == missing
    case.ask(
        OVERRIDE.model_copy(update={"decision": grounds(policy_version=WARNED)}),
        by=assessor.who,
        at=date(2025, 3, 4),
        stream=stream,
    )
    assert log.stream_history(stream)[-1].event.competence == missing


def test_the_first_policy_goes_by_what_the_token_says(
    log: LogReader, case: Case, assessor: Practitioner
) -> None:
    assessor.ask(AWARD, on=date(2025, 2, 1))
    with refused_by("credential-missing"):
        assess(case, assessor, date(2025, 3, 3), "2025.1")
    assessor.who = assessor.who.model_copy(update={"credentials": ("needs-assessment",)})
    assert competence(log, assess(case, assessor, date(2025, 3, 3), "2025.1")) is None


def test_whoever_approves_a_plan_is_judged_as_of_the_approval(
    log: LogReader, case: Case, handler: BlockingCommandHandler
) -> None:
    assessed = case.ask(ASSESS, at=date(2025, 3, 3)).event_ids
    seen = need().model_copy(update={"evidence": assessed})
    case.ask_all((DRAFT, seen, goal(), PROPOSE, AGREE), at=date(2025, 3, 4))
    strict = APPROVE.model_copy(update={"decision": grounds(policy_version=REQUIRED)})
    approver = Practitioner(handler, APPROVER.model_copy(update={"id": PersonId(f"sv-{uuid4().hex[:8]}")}))
    with refused_by("credential-missing"):
        case.ask(strict, by=approver.who, at=date(2025, 3, 5))
    for command in (*STUDYING, AWARD):
        approver.ask(command.model_copy(update={"credential": "case-management"}), on=date(2025, 2, 1))
    case.ask(strict, by=approver.who, at=date(2025, 3, 5))
    approved = next(r.event for r in log.case_history(case.id) if isinstance(r.event, IrpApproved))
    assert approved.competence is not None
    assert approved.competence.held_as == approver.named(AWARD.event_id)


# --- corrections ------------------------------------------------------------------------------------------


def correcting(log: LogReader, stream: Stream, **changes: Any) -> Correct:
    original = log.stream_history(stream)[0].event
    instead = assessing(REQUIRED, instrument="another-instrument")
    return Correct(decision=grounds(), corrects=original.event_id, instead=instead, **changes)


def test_a_correction_by_somebody_else_is_judged_by_the_credential_of_who_assessed(
    log: LogReader, case: Case, assessor: Practitioner
) -> None:
    assessor.ask(AWARD, on=date(2025, 2, 1))
    stream = assess(case, assessor, date(2025, 3, 3))
    case.ask(correcting(log, stream), by=SUPERVISOR, stream=stream)
    (stands,) = effective(recorded.fact for recorded in log.stream_history(stream))
    assert (stands.event.instrument, stands.event.assessed_by) == ("another-instrument", assessor.who)
    assert competence(log, stream) == stands.event.competence
    assert stands.event.competence.held_as == assessor.named(AWARD.event_id)


def test_a_correction_does_not_move_an_act_to_a_day_on_which_nobody_was_competent(
    log: LogReader, handler: BlockingCommandHandler, case: Case, assessor: Practitioner
) -> None:
    """Nor does it help that whoever corrects is competent themselves."""
    assessor.ask(AWARD, on=date(2025, 2, 1))
    stream = assess(case, assessor, date(2025, 3, 3))
    supervisor = Practitioner(handler, person(f"sv-{uuid4().hex[:8]}", Role.SUPERVISOR))
    supervisor.ask_all((*STUDYING, AWARD), on=date(2025, 1, 10))
    with refused_by("credential-missing"):
        case.ask(correcting(log, stream, occurred_at=date(2025, 1, 31)), by=supervisor.who, stream=stream)


def test_a_correction_does_not_make_an_act_right_that_a_warning_let_pass(
    log: LogReader, handler: BlockingCommandHandler, case: Case, assessor: Practitioner
) -> None:
    stream = assess(case, assessor, date(2025, 3, 3), WARNED)
    supervisor = Practitioner(handler, person(f"sv-{uuid4().hex[:8]}", Role.SUPERVISOR))
    supervisor.ask_all((*STUDYING, AWARD), on=date(2025, 1, 10))
    with refused_by("credential-missing"):
        case.ask(correcting(log, stream), by=supervisor.who, stream=stream)
