"""An enrolment in a programme: the rules.

    offered -> enrolled <-> suspended
            -> completed -> goes on of their own will
            -> ended (at any time before it is completed)

Whether the requirements of completion are met follows from the minutes and the plan. Whichever report makes
it so announces it; nobody can decide otherwise but by an override.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never

from scp_events.aggregates.enrolment.audience import must_be_of_the_audience
from scp_events.aggregates.enrolment.commands import (
    AcceptAbsenceReason,
    AnnounceRequirementsMet,
    ChangeVariant,
    CompleteProgramme,
    ContinueVoluntarily,
    CreditCatchUp,
    EndEnrolment,
    EnrolmentCommand,
    EnrolParticipant,
    EnterPhase,
    InitiateBreach,
    OfferPlace,
    OverrideCompletion,
    RecordAttendance,
    RecordNonCompliance,
    RejectAbsenceReason,
    ResumeEnrolment,
    StopContinuing,
    SuspendEnrolment,
)
from scp_events.aggregates.enrolment.completion import are_met, proof
from scp_events.aggregates.enrolment.events import (
    Absence,
    Attendance,
    Completion,
    CompletionRequirementsMet,
    Ending,
    EnrolmentEvent,
    Turnout,
)
from scp_events.aggregates.enrolment.evidence import Candidacy, Circumstances, HeldSession
from scp_events.aggregates.enrolment.state import State, Status, evolve
from scp_events.aggregates.participant.events import Presence, must_be_present
from scp_events.aggregates.programme.events import OfAge, Template, Variant
from scp_events.vocabulary import (
    Code,
    Context,
    Erased,
    EventId,
    Policy,
    Refused,
    age_on,
)

COMPLETION_RULE = "2025.1"
"""The version of the rule that requirements are met once the variant's minutes are credited and the plan is
agreed to, and by nothing else (S2.11)."""

# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: EnrolmentCommand, context: Context) -> list[EnrolmentEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case OfferPlace():
            return offer_place(state, command, context)
        case EnrolParticipant():
            return enrol_participant(state, command, context)
        case ChangeVariant():
            return change_variant(state, command, context)
        case EnterPhase():
            return enter_phase(state, command, context)
        case RecordAttendance():
            return record_attendance(state, command, context)
        case AcceptAbsenceReason():
            return accept_absence_reason(state, command, context)
        case RejectAbsenceReason():
            return reject_absence_reason(state, command, context)
        case CreditCatchUp():
            return credit_catch_up(state, command, context)
        case AnnounceRequirementsMet():
            return announce_requirements_met(state, command, context)
        case CompleteProgramme():
            return complete_programme(state, command, context)
        case OverrideCompletion():
            return override_completion(state, command, context)
        case SuspendEnrolment():
            return suspend_enrolment(state, command, context)
        case ResumeEnrolment():
            return resume_enrolment(state, command, context)
        case RecordNonCompliance():
            return record_non_compliance(state, command, context)
        case InitiateBreach():
            return initiate_breach(state, command, context)
        case EndEnrolment():
            return end_enrolment(state, command, context)
        case ContinueVoluntarily():
            return continue_voluntarily(state, command, context)
        case StopContinuing():
            return stop_continuing(state, command, context)
    assert_never(command)


# --- the rules: who is admitted ---------------------------------------------------------------------------


def offer_place(state: State, command: OfferPlace, context: Context) -> list[EnrolmentEvent]:
    """A place is offered once, in a programme that admits people, to somebody who is registered."""
    if state.status is not Status.NOT_OFFERED:
        if (state.programme, state.group) == (command.programme, command.group):
            return []
        raise Refused(
            "already-offered",
            f"a place in {state.programme} was offered by {context.when}: begin another enrolment",
        )
    known: Candidacy = context.evidence
    must_be_present(known.presence)
    _admitting(known, command.programme, context)
    return [command.fact(context.by, event_id=context.event_id)]


def enrol_participant(state: State, command: EnrolParticipant, context: Context) -> list[EnrolmentEvent]:
    """Somebody is admitted once, in the variant for their age that day, and keeps the version of that day."""
    if state.status is not Status.OFFERED:
        return _already_enrolled(state, command, context)
    if command.programme != state.programme:
        raise Refused(
            "another-programme",
            f"the place offered is in {state.programme}, not in {command.programme}: correct `programme`, or"
            " offer a place there",
        )
    known: Candidacy = context.evidence
    if known.is_on(command.programme, context.stream):
        raise Refused(
            "already-enrolled",
            f"the participant was on {command.programme} by {context.when} already: go on with that"
            " enrolment, or `end-enrolment` there first",
        )
    must_be_present(known.presence)
    template = _admitting(known, command.programme, context)
    variant = _variant(template.variants, command.variant)
    _must_be_of_age(known, variant, template, context)
    admitted = must_be_of_the_audience(
        known.person,
        template.audience,
        context.when.day,
        programme=command.programme,
        confirmed=command.audience_confirmed,
    )
    pinned = [_asking(context.policy, command.programme, each) for each in template.variants]
    grounds = (*_through(known, command, context), *admitted.known_as)
    event = command.relying_on(grounds).fact(
        context.by,
        confirmed=admitted.confirmed,
        template_version=template.template_version,
        variants=pinned,
        required_minutes=_variant(pinned, command.variant).total_minutes,
    )
    return [event]


def _asking(policy: Policy, programme: Code, variant: Variant) -> Variant:
    """Return a variant with the minutes that the policy asks for, where it says so."""
    minutes = policy.total_minutes(programme, variant.code)
    return variant if minutes is None else variant.model_copy(update={"total_minutes": minutes})


def _already_enrolled(state: State, command: EnrolParticipant, context: Context) -> list[EnrolmentEvent]:
    if state.status is Status.NOT_OFFERED:
        raise Refused(
            "not-offered",
            f"no place was offered by {context.when}: `offer-place` first, or correct `occurred_at`",
        )
    if state.variants and (state.programme, state.variant) == (command.programme, command.variant):
        return []
    raise Refused(
        "enrolment-decided",
        f"the enrolment was {state.status} by {context.when}: `change-variant`, or begin another enrolment",
    )


def _admitting(known: Candidacy, programme: Code, context: Context) -> Template:
    """Return the version of a programme that is in force, unless it admits nobody."""
    template = known.programme.in_force(programme, context.when)
    if known.programme.retired:
        raise Refused(
            "programme-retired",
            f"programme {programme} was retired by {context.when}: name another `programme`",
        )
    return template


def _variant(variants: Sequence[Variant], code: Code) -> Variant:
    for variant in variants:
        if variant.code == code:
            return variant
    raise Refused(
        "no-such-variant",
        f"the programme has no variant {code}: name in `variant` one of"
        f" {', '.join(variant.code for variant in variants)}",
    )


def _must_be_of_age(known: Candidacy, variant: Variant, template: Template, context: Context) -> None:
    """Refuse the variant of another age. What was erased cannot be judged: it was when it could be read."""
    if not isinstance(known.person.born, Erased):
        age = _age(known, context)
        majority = context.policy.age_of_majority
        fitting = {OfAge.ANYBODY, OfAge.ADULTS if age >= majority else OfAge.MINORS}
        if variant.of_age not in fitting:
            others = [each.code for each in template.variants if each.of_age in fitting]
            raise Refused(
                "variant-of-another-age",
                f"variant {variant.code} is for {variant.of_age}, which the participant was not on"
                f" {context.when.day.isoformat()}: name in `variant` {' or '.join(others) or 'another'}",
            )


def _age(known: Candidacy, context: Context) -> int:
    """Return the completed years of somebody who is registered, on the organisation's day."""
    born: Any = known.person.born
    return age_on(context.when.day, born)


def _through(known: Candidacy, command: EnrolParticipant, context: Context) -> tuple[EventId, ...]:
    """Return the acceptance that somebody comes through: if they were referred there, there is one."""
    referred = [each for each, to in known.referrals.items() if to == command.programme]
    if not referred and command.referral_id is None:
        return ()
    if command.referral_id not in referred:
        raise Refused(
            "referral-not-named",
            f"`referral_id` {command.referral_id} is no referral to {command.programme} by {context.when}:"
            " name the one that was accepted, or leave it out where there is none",
        )
    if command.referral_id not in known.accepted:
        raise Refused(
            "referral-not-accepted",
            f"referral {command.referral_id} was not accepted by {context.when}: `accept-referral` first",
        )
    return (known.accepted[command.referral_id],)


# --- the rules: on the way --------------------------------------------------------------------------------


def change_variant(state: State, command: ChangeVariant, context: Context) -> list[EnrolmentEvent]:
    """Somebody who comes of age keeps their variant until it is decided otherwise."""
    _must_be_enrolled(state, context)
    variant = _variant(state.variants, command.variant)
    if variant.code == state.variant:
        return []
    return _announcing(state, command.fact(context.by, required_minutes=variant.total_minutes), context)


def enter_phase(state: State, command: EnterPhase, context: Context) -> list[EnrolmentEvent]:
    """Phases are entered in order, where the variant has any."""
    _must_be_enrolled(state, context)
    if command.phase == state.phase:
        return []
    phases = state.terms.phases if state.terms else ()
    entered = 0 if state.phase not in phases else phases.index(state.phase) + 1
    upcoming = phases[entered : entered + 1]
    if command.phase not in upcoming:
        raise Refused(
            "phase-out-of-order",
            f"after {state.phase or 'no phase'} comes {upcoming[0] if upcoming else 'none'}, not"
            f" {command.phase}: correct `phase`, or record what came before",
        )
    return [command.fact(context.by, event_id=context.event_id)]


def record_attendance(state: State, command: RecordAttendance, context: Context) -> list[EnrolmentEvent]:
    """Of a session that was held, the minutes count for which somebody was there; each session once."""
    _must_be_enrolled(state, context)
    if command.session in state.sessions:
        raise Refused(
            "already-recorded",
            f"attendance at {command.session} was recorded already: `correct` that, if it was otherwise",
        )
    known: Circumstances = context.evidence
    must_be_present(known.presence)
    held = _held(state, known, command, context)
    present = _minutes_present(command, held)
    conforming = state.terms is None or held.minutes >= state.terms.session_minutes
    counts = conforming or state.terms is None or state.terms.short_sessions_count
    event = command.fact(
        context.by,
        event_id=context.event_id,
        status=_turnout(command, held),
        held_minutes=held.minutes,
        conforming=conforming,
        credited_minutes=present if counts else 0,
    )
    return _announcing(state, event, context)


def _held(state: State, known: Circumstances, command: RecordAttendance, context: Context) -> HeldSession:
    """Return the session, if it was held, on that day, and for the programme."""
    if known.held is None:
        raise Refused(
            "session-not-held",
            f"session {command.session} was not held by {context.when}: `record-session-held` first, or"
            " correct `session`",
        )
    if known.programme != state.programme:
        raise Refused(
            "session-of-another-programme",
            f"session {command.session} is of {known.programme}, and the enrolment in {state.programme}:"
            " correct `session`",
        )
    if known.held.day != context.when.day:
        raise Refused(
            "another-day",
            f"session {command.session} was held on {known.held.day.isoformat()}: let `occurred_at` be that"
            " day",
        )
    return known.held


def _minutes_present(command: Attendance, held: HeldSession) -> int:
    """Return for how long somebody was there while the session was held."""
    arrived, left = command.arrived_minutes, command.left_minutes
    if command.absence is not None:
        if arrived is None and left is None:
            return 0
    elif arrived is not None and left is not None and arrived < left <= held.minutes:
        return left - arrived
    raise Refused(
        "presence-unclear",
        f"the session was held for {held.minutes} minutes: say in `arrived_minutes` and `left_minutes` from"
        " when to when within these somebody was there, or in `absence` why not",
    )


def _turnout(command: Attendance, held: HeldSession) -> Turnout:
    if command.absence is not None:
        return Turnout.ABSENT
    late, early = bool(command.arrived_minutes), (command.left_minutes or 0) < held.minutes
    if late and early:
        return Turnout.LATE_AND_LEFT_EARLY
    if late:
        return Turnout.LATE
    return Turnout.LEFT_EARLY if early else Turnout.ATTENDED


def accept_absence_reason(
    state: State, command: AcceptAbsenceReason, context: Context
) -> list[EnrolmentEvent]:
    """Why somebody stayed away is accepted where they did, whatever was thought of it before."""
    return _judged(state, command, Absence.ACCEPTABLE, context)


def reject_absence_reason(
    state: State, command: RejectAbsenceReason, context: Context
) -> list[EnrolmentEvent]:
    """Why somebody stayed away is rejected where they did, whatever was thought of it before."""
    return _judged(state, command, Absence.UNACCEPTABLE, context)


def _judged(
    state: State, command: AcceptAbsenceReason | RejectAbsenceReason, reason: Absence, context: Context
) -> list[EnrolmentEvent]:
    line = state.sessions.get(command.session)
    if line is None or line.absence is None:
        raise Refused(
            "not-absent",
            f"no absence from {command.session} was recorded by {context.when}: correct `session`, or"
            " `record-attendance`",
        )
    return [] if line.absence is reason else [command.fact(context.by)]


def credit_catch_up(state: State, command: CreditCatchUp, context: Context) -> list[EnrolmentEvent]:
    """Of a session nobody makes up for more than they missed of it, or than it fell short (S2.18)."""
    _must_be_enrolled(state, context)
    line = state.sessions.get(command.session)
    if line is None:
        raise Refused(
            "attendance-not-recorded",
            f"attendance at {command.session} was not recorded by {context.when}: `record-attendance` first,"
            " or correct `session`",
        )
    full = max(line.held_minutes, state.terms.session_minutes if state.terms else 0)
    missed = full - state.credited_of(command.session)
    if command.minutes > missed:
        raise Refused(
            "more-than-was-missed",
            f"of {command.session} {missed} minutes are missing, not {command.minutes}: correct `minutes`",
        )
    return _announcing(state, command.fact(context.by, event_id=context.event_id), context)


# --- the rules: completion --------------------------------------------------------------------------------


def _must_be_met(state: State, known: Circumstances, context: Context) -> None:
    if state.missing_minutes > 0:
        raise Refused(
            "minutes-missing",
            f"{state.credited_minutes} of {state.required_minutes} minutes were credited by {context.when}:"
            " record what is missing with `record-attendance` or `credit-catch-up`, or `override-completion`",
        )
    if known.plan_agreed is None:
        raise Refused(
            "no-plan-agreed",
            f"the participant had agreed to no plan by {context.when}: `agree-to-irp`, or"
            " `override-completion`",
        )


def _tally(state: State) -> dict[str, Any]:
    return {
        "credited_minutes": state.credited_minutes,
        "required_minutes": state.required_minutes,
        "rule_version": COMPLETION_RULE,
    }


def _announcing(state: State, event: EnrolmentEvent, context: Context) -> list[EnrolmentEvent]:
    """Return an event, and with it that the requirements of completion are met, where it makes them so."""
    known: Circumstances = context.evidence
    after = evolve(state, event)
    if are_met(state, known.plan_agreed) or not are_met(after, known.plan_agreed):
        return [event]
    return [event, CompletionRequirementsMet(evidence=proof(after, known.plan_agreed), **_tally(after))]


def announce_requirements_met(
    state: State, command: AnnounceRequirementsMet, context: Context
) -> list[EnrolmentEvent]:
    """That the requirements are met is announced once, and only while it is so."""
    _must_be_enrolled(state, context)
    known: Circumstances = context.evidence
    _must_be_met(state, known, context)
    if state.announced:
        return []
    return [command.fact(context.by, evidence=proof(state, known.plan_agreed), **_tally(state))]


def complete_programme(state: State, command: CompleteProgramme, context: Context) -> list[EnrolmentEvent]:
    """What minutes and plan say can be decided; anything else is an override."""
    if state.status is Status.COMPLETED:
        return []
    _must_be_enrolled(state, context)
    if state.override is not None:
        raise Refused(
            "overridden",
            f"completion was overridden to {state.override} by {context.when}: `override-completion` anew",
        )
    known: Circumstances = context.evidence
    _must_be_met(state, known, context)
    return [command.relying_on(proof(state, known.plan_agreed)).fact(context.by, **_tally(state))]


def override_completion(state: State, command: OverrideCompletion, context: Context) -> list[EnrolmentEvent]:
    """An override says otherwise than minutes and plan do, or than the override before it."""
    if state.override is command.outcome:
        return []
    if state.status is not Status.COMPLETED:
        _must_be_enrolled(state, context)
    known: Circumstances = context.evidence
    derived = Completion.COMPLETED if are_met(state, known.plan_agreed) else Completion.NOT_COMPLETED
    if state.override is None and command.outcome is derived:
        raise Refused(
            "nothing-to-override",
            f"minutes and plan say {derived}, too: `complete-programme`, or `retract` what was decided"
            " otherwise",
        )
    return [command.relying_on(proof(state, known.plan_agreed)).fact(context.by)]


# --- the rules: rest, breach and end ----------------------------------------------------------------------


def suspend_enrolment(state: State, command: SuspendEnrolment, context: Context) -> list[EnrolmentEvent]:
    """Who is enrolled can be suspended, once."""
    if state.status is Status.SUSPENDED:
        return []
    _must_be_enrolled(state, context)
    return [command.fact(context.by)]


def resume_enrolment(state: State, command: ResumeEnrolment, context: Context) -> list[EnrolmentEvent]:
    """What rests can go on, once."""
    if state.status is Status.ENROLLED:
        return []
    if state.status is not Status.SUSPENDED:
        raise _not_so(state, context, "suspended")
    return [command.fact(context.by)]


def record_non_compliance(
    state: State, command: RecordNonCompliance, context: Context
) -> list[EnrolmentEvent]:
    """Who is enrolled may fail to comply, also while that rests."""
    _must_be_on_the_books(state, context)
    return [command.fact(context.by, event_id=context.event_id)]


def initiate_breach(state: State, command: InitiateBreach, context: Context) -> list[EnrolmentEvent]:
    """A breach rests on what was recorded, and is initiated once."""
    if state.breach_initiated:
        return []
    _must_be_on_the_books(state, context)
    if not state.non_compliance:
        raise Refused(
            "no-non-compliance",
            f"no non-compliance was recorded by {context.when}: `record-non-compliance` first",
        )
    return [command.relying_on(state.non_compliance).fact(context.by)]


def end_enrolment(state: State, command: EndEnrolment, context: Context) -> list[EnrolmentEvent]:
    """An enrolment ends once, before the programme is completed, for a reason that the record bears out."""
    if state.ending is command.reason:
        return []
    if state.status is not Status.OFFERED:
        _must_be_on_the_books(state, context)
    presence: Presence = context.evidence
    bears_out = {
        Ending.BREACHED: state.breach_initiated,
        Ending.DIED: presence.died_as is not None,
        Ending.NOT_STARTED: not state.credits,
    }
    if not bears_out.get(command.reason, True):
        raise Refused(
            "reason-not-borne-out",
            f"what is recorded by {context.when} does not say {command.reason}: give another `reason`, or"
            " record what is missing first",
        )
    return [command.fact(context.by)]


# --- the rules: voluntary continuation --------------------------------------------------------------------


def continue_voluntarily(
    state: State, command: ContinueVoluntarily, context: Context
) -> list[EnrolmentEvent]:
    """Whoever has completed the programme may go on of their own will, in an episode of its own (S2.12)."""
    if state.status is not Status.COMPLETED:
        raise _not_so(state, context, "completed")
    if state.continuing:
        raise Refused(
            "already-continuing",
            f"the participant went on by {context.when} already: `stop-continuing` first",
        )
    return [command.fact(context.by, event_id=context.event_id)]


def stop_continuing(state: State, command: StopContinuing, context: Context) -> list[EnrolmentEvent]:
    """What was started of one's own will ends whenever one likes."""
    if not state.continuing:
        raise Refused(
            "not-continuing",
            f"no voluntary continuation was under way by {context.when}: `continue-voluntarily`"
            " first, or correct `occurred_at`",
        )
    return [command.fact(context.by, event_id=context.event_id)]


def _must_be_enrolled(state: State, context: Context) -> None:
    if state.status is not Status.ENROLLED:
        raise _not_so(state, context, "enrolled")


def _must_be_on_the_books(state: State, context: Context) -> None:
    if state.status not in {Status.ENROLLED, Status.SUSPENDED}:
        raise _not_so(state, context, "enrolled")


def _not_so(state: State, context: Context, wanted: str) -> Refused:
    return Refused(
        f"not-{wanted}",
        f"the enrolment was {state.status} by {context.when}, not {wanted}: correct `occurred_at`, or record"
        " what came before",
    )
