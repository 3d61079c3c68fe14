"""A practitioner: the rules, for each credential by itself.

    registered -> modules completed, practice logged and verified, exam sat -> passed | failed (sat again)
    -> awarded -> (lapsed, by `valid_until`) -> renewed
    awarded <-> suspended
    awarded, suspended -> revoked: the exam is passed anew before another award

Nobody decides over themselves, and nobody verifies what they did or logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, assert_never

from scp_events.aggregates.practitioner.commands import (
    AwardCredential,
    CompleteModule,
    FailExam,
    LogPractice,
    PassExam,
    PractitionerCommand,
    RegisterCandidate,
    ReinstateCredential,
    RenewCredential,
    RevokeCredential,
    SitExam,
    SuspendCredential,
    VerifyPractice,
)
from scp_events.aggregates.practitioner.events import (
    Areas,
    CandidateRegistered,
    CredentialAwarded,
    CredentialReinstated,
    CredentialRenewed,
    CredentialRevoked,
    CredentialSuspended,
    ExamFailed,
    ExamPassed,
    ExamSat,
    ModuleCompleted,
    OfCredential,
    Period,
    PracticeLogged,
    PracticeVerified,
    PractitionerEvent,
    Requirements,
    Skill,
    Standing,
    Work,
    stands_after,
)
from scp_events.vocabulary import (
    Code,
    Command,
    Context,
    EventId,
    Evidence,
    OrganisationId,
    PersonId,
    Refused,
    Word,
    replace,
)

EVIDENCE: Mapping[type[Command], Evidence[Any]] = {}

# --- state ------------------------------------------------------------------------------------------------


class Logged(NamedTuple):
    """Practice, and who logged it."""

    minutes: int
    by: PersonId


@dataclass(frozen=True)
class Certification:
    """How far somebody has come with one credential."""

    provider: OrganisationId | None = None
    requires: Requirements | None = None
    modules: Mapping[Code, EventId] = field(default_factory=dict)
    practice: Mapping[EventId, Logged] = field(default_factory=dict)
    verified: Mapping[EventId, EventId] = field(default_factory=dict)
    """By which event each practice was verified."""
    exams: Mapping[EventId, Areas] = field(default_factory=dict)
    judged: Mapping[EventId, bool] = field(default_factory=dict)
    """Which exams were passed, and which failed."""
    passed_as: EventId | None = None
    """Since the credential was last revoked."""
    standing: Standing = field(default_factory=Standing)

    @property
    def verified_minutes(self) -> int:
        """How much practice counts."""
        return sum(logged.minutes for event, logged in self.practice.items() if event in self.verified)

    @property
    def last(self) -> Period | None:
        """The days for which it was given last."""
        return self.standing.periods[-1] if self.standing.periods else None


@dataclass(frozen=True)
class State:
    """What we remember: whose record it is, and each credential."""

    person: PersonId | None = None
    certifications: Mapping[Code, Certification] = field(default_factory=dict)

    def of(self, credential: Code) -> Certification:
        """Return how far somebody has come with a credential."""
        return self.certifications.get(credential, Certification())


initial = State()


class PeriodView(Word):
    """Days on which a credential is valid."""

    valid_from: date
    valid_until: date | None


class CertificationView(Word):
    """What others may read of one credential. Whether it lapsed follows from the days."""

    credential: Code
    provider: OrganisationId | None
    modules_missing: tuple[Code, ...]
    verified_minutes: int
    exam_passed: bool
    valid: tuple[PeriodView, ...]
    skills: tuple[Skill, ...]
    works_in: tuple[Work, ...]
    """For which work those skills are needed."""
    suspended: bool
    revoked: bool


class View(Word):
    """What others may read of a practitioner."""

    person: PersonId | None
    credentials: tuple[CertificationView, ...]


def view(state: State) -> View:
    """Return what others may read."""
    return View(
        person=state.person,
        credentials=tuple(_seen(credential, known) for credential, known in state.certifications.items()),
    )


def _seen(credential: Code, known: Certification) -> CertificationView:
    skills = known.standing.skills
    return CertificationView(
        credential=credential,
        provider=known.provider,
        modules_missing=tuple(_missing(known)),
        verified_minutes=known.verified_minutes,
        exam_passed=known.passed_as is not None,
        valid=tuple(
            PeriodView(valid_from=period.first, valid_until=period.last) for period in known.standing.periods
        ),
        skills=tuple(sorted(skills)),
        works_in=tuple(sorted({skill.work for skill in skills})),
        suspended=known.standing.suspended,
        revoked=known.standing.revoked,
    )


def evolve(state: State, event: PractitionerEvent) -> State:
    """Return what we remember once `event` has happened."""
    known = _evolved(state.of(event.credential), event)
    person = event.code if isinstance(event, CandidateRegistered) else state.person
    return replace(state, person=person, certifications={**state.certifications, event.credential: known})


def _evolved(known: Certification, event: PractitionerEvent) -> Certification:
    match event:
        case CandidateRegistered():
            return replace(known, provider=event.provider, requires=event.requires)
        case ModuleCompleted():
            return replace(known, modules={**known.modules, event.module: event.event_id})
        case PracticeLogged():
            logged = Logged(event.minutes, event.logged_by.id)
            return replace(known, practice={**known.practice, event.event_id: logged})
        case PracticeVerified():
            return replace(known, verified={**known.verified, event.practice: event.event_id})
        case ExamSat():
            return replace(known, exams={**known.exams, event.event_id: event.areas})
        case ExamPassed():
            judged = {**known.judged, event.exam: True}
            return replace(known, judged=judged, passed_as=event.event_id)
        case ExamFailed():
            return replace(known, judged={**known.judged, event.exam: False})
        case CredentialRevoked():
            return replace(known, passed_as=None, standing=stands_after(known.standing, event))
        case CredentialAwarded() | CredentialRenewed() | CredentialSuspended() | CredentialReinstated():
            return replace(known, standing=stands_after(known.standing, event))
    assert_never(event)


# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: PractitionerCommand, context: Context) -> list[PractitionerEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case RegisterCandidate():
            return register_candidate(state, command, context)
        case CompleteModule():
            return complete_module(state, command, context)
        case LogPractice():
            return log_practice(state, command, context)
        case VerifyPractice():
            return verify_practice(state, command, context)
        case SitExam():
            return sit_exam(state, command, context)
        case PassExam() | FailExam():
            return judge_exam(state, command, context)
        case AwardCredential():
            return award_credential(state, command, context)
        case RenewCredential():
            return renew_credential(state, command, context)
        case SuspendCredential():
            return suspend_credential(state, command, context)
        case ReinstateCredential():
            return reinstate_credential(state, command, context)
        case RevokeCredential():
            return revoke_credential(state, command, context)
    assert_never(command)


# --- the rules: studying ----------------------------------------------------------------------------------


def register_candidate(state: State, command: RegisterCandidate, context: Context) -> list[PractitionerEvent]:
    """Somebody is registered once for each credential, with what the provider asks for."""
    known = state.of(command.credential)
    if known.requires is not None:
        if (known.provider, known.requires) == (command.provider, command.requires):
            return []
        raise Refused(
            "already-registered",
            f"{context.name} was registered for {command.credential} by {context.when}: `correct` that where"
            " it is wrong",
        )
    _must_be_somebody_else(PersonId(str(context.name)), context)
    return [command.fact(context.by, event_id=context.event_id, code=context.name)]


def complete_module(state: State, command: CompleteModule, context: Context) -> list[PractitionerEvent]:
    """A module that the provider asks for is completed once."""
    known = _registered(state, command, context)
    if command.module not in _required(known).modules:
        raise Refused(
            "no-such-module",
            f"{command.credential} asks for no module {command.module}: name one of its `modules`, or"
            " `correct` the registration",
        )
    return [] if command.module in known.modules else [_said(command, context)]


def log_practice(state: State, command: LogPractice, context: Context) -> list[PractitionerEvent]:
    """Practice is logged by whoever is registered; it counts once it is verified."""
    _registered(state, command, context)
    return [_said(command, context, logged_by=context.by)]


def verify_practice(state: State, command: VerifyPractice, context: Context) -> list[PractitionerEvent]:
    """Practice is verified once, by somebody who neither did nor logged it."""
    known = _registered(state, command, context)
    logged = known.practice.get(command.practice)
    if logged is None:
        raise Refused(
            "no-such-practice",
            f"event {command.practice} logged no practice for {command.credential} by {context.when}: name in"
            " `practice` one that did",
        )
    _must_be_somebody_else(state.person, context)
    if logged.by == context.by.id:
        raise Refused("own-entry", f"{context.by.id} logged this practice: let somebody else verify it")
    return [] if command.practice in known.verified else [_said(command, context)]


def sit_exam(state: State, command: SitExam, context: Context) -> list[PractitionerEvent]:
    """S1.6: whoever is registered may sit the exam, and again; somebody else says how it came out."""
    _registered(state, command, context)
    _must_be_somebody_else(state.person, context)
    return [_said(command, context)]


def judge_exam(state: State, command: PassExam | FailExam, context: Context) -> list[PractitionerEvent]:
    """An exam is passed in all three areas, or failed in one; it is judged once."""
    known = _registered(state, command, context)
    _must_be_somebody_else(state.person, context)
    areas = known.exams.get(command.exam)
    if areas is None:
        raise Refused(
            "no-such-exam",
            f"event {command.exam} says of no exam for {command.credential} by {context.when}: name in `exam`"
            " one that was sat",
        )
    passes = isinstance(command, PassExam)
    if areas.all_passed is not passes:
        raise Refused(
            "areas-say-otherwise",
            f"the areas of exam {command.exam} were{'' if areas.all_passed else ' not'} all passed: decide"
            f" with `{'pass' if areas.all_passed else 'fail'}-exam`, or `correct` how it came out",
        )
    if command.exam in known.judged:
        return []
    return [_said(command.relying_on((command.exam,)), context)]


# --- the rules: certified ---------------------------------------------------------------------------------


def award_credential(state: State, command: AwardCredential, context: Context) -> list[PractitionerEvent]:
    """A credential is awarded once modules, verified practice and the exam are complete."""
    known = _registered(state, command, context)
    _must_be_somebody_else(state.person, context)
    if known.last is not None:
        if known.last[1:] == (command.valid_from, command.valid_until):
            return []
        raise Refused(
            "already-awarded",
            f"{command.credential} was awarded by {context.when}: `renew-credential`, or `correct` the award",
        )
    grounds = _complete(known, command.credential)
    return [_said(command.relying_on(grounds), context, skills=_required(known).skills)]


def renew_credential(state: State, command: RenewCredential, context: Context) -> list[PractitionerEvent]:
    """A credential that was awarded, and may have lapsed, is renewed for longer than it is valid already."""
    last = _awarded(state, command, context)
    _must_be_somebody_else(state.person, context)
    if last[1:] == (command.valid_from, command.valid_until):
        return []
    if last.last is None or (command.valid_until is not None and command.valid_until <= last.last):
        until = last.last.isoformat() if last.last else "further notice"
        raise Refused(
            "not-longer", f"{command.credential} is valid until {until} already: give a later `valid_until`"
        )
    return [_said(command, context)]


def suspend_credential(state: State, command: SuspendCredential, context: Context) -> list[PractitionerEvent]:
    """A credential that was awarded is suspended once."""
    _awarded(state, command, context)
    _must_be_somebody_else(state.person, context)
    return [] if state.of(command.credential).standing.suspended else [_said(command, context)]


def reinstate_credential(
    state: State, command: ReinstateCredential, context: Context
) -> list[PractitionerEvent]:
    """What is suspended can be reinstated; what lapsed meanwhile stays lapsed."""
    _awarded(state, command, context)
    _must_be_somebody_else(state.person, context)
    if not state.of(command.credential).standing.suspended:
        raise Refused(
            "not-suspended",
            f"{command.credential} was not suspended by {context.when}: there is nothing to reinstate",
        )
    return [_said(command, context)]


def revoke_credential(state: State, command: RevokeCredential, context: Context) -> list[PractitionerEvent]:
    """A credential that was awarded is revoked once, suspended or not."""
    if state.of(command.credential).standing.revoked:
        return []
    _awarded(state, command, context)
    _must_be_somebody_else(state.person, context)
    return [_said(command, context)]


# --- what several rules ask -------------------------------------------------------------------------------


def _said(command: PractitionerCommand, context: Context, **more: object) -> PractitionerEvent:
    event: PractitionerEvent = command.fact(context.by, event_id=context.event_id, **more)
    return event


def _registered(state: State, command: OfCredential, context: Context) -> Certification:
    known = state.of(command.credential)
    if known.requires is None:
        raise Refused(
            "not-registered",
            f"nobody was registered for {command.credential} here by {context.when}: `register-candidate`"
            " first",
        )
    return known


def _required(known: Certification) -> Requirements:
    return known.requires or Requirements(modules=(), practice_minutes=0)


def _awarded(state: State, command: OfCredential, context: Context) -> Period:
    last = state.of(command.credential).last
    if last is None:
        raise Refused(
            "not-awarded",
            f"{command.credential} was not awarded by {context.when}, or was revoked: `award-credential`"
            " first",
        )
    return last


def _must_be_somebody_else(person: PersonId | None, context: Context) -> None:
    if context.by.id == person:
        raise Refused(
            "own-credential",
            f"{person} is the practitioner: nobody decides over themselves"
            " or says what they are worth, so let somebody else do it",
        )


def _missing(known: Certification) -> list[Code]:
    return [module for module in _required(known).modules if module not in known.modules]


def _complete(known: Certification, credential: Code) -> tuple[EventId, ...]:
    """Return what proves that everything asked for is there; refuse where something is missing."""
    required = _required(known)
    if missing := _missing(known):
        raise Refused("module-missing", f"{credential} asks for module {missing[0]}: `complete-module` first")
    if known.verified_minutes < required.practice_minutes:
        raise Refused(
            "practice-missing",
            f"{known.verified_minutes} minutes of practice are verified, and {credential} asks for"
            f" {required.practice_minutes}: `log-practice`, and let somebody else `verify-practice`",
        )
    if known.passed_as is None:
        raise Refused(
            "exam-missing", f"no exam for {credential} is passed: `sit-exam`, and `pass-exam` first"
        )
    modules = (known.modules[module] for module in required.modules)
    return (*modules, *known.verified.values(), known.passed_as)
