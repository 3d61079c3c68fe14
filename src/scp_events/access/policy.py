"""Who may do and see what, by role: a table of rules with ids, and one pure function that reads it.

This is the first, coarse layer. It knows in which capacity somebody acts, what they want to do, with what
kind of thing and for which purpose. It does not know *whose* thing it is: need to know (own caseload, own
referral, a listed hearing) comes on top of it and can only narrow what is allowed here.

What no rule allows is denied.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

from scp_events.aggregates import irp, participant, referral
from scp_events.vocabulary import Actor, Command, DecisionCommand, Role, members


class Purpose(StrEnum):
    """What somebody needs it for. Said with every request, recorded with every command."""

    CASEWORK = "casework"
    REFERRAL = "referral"
    SUPERVISION = "supervision"
    SAFEGUARDING = "safeguarding"
    COURT_HEARING = "court-hearing"
    SUBJECT_ACCESS = "subject-access"
    AUDIT = "audit"
    REPORTING = "reporting"
    ADULT_PROCEEDINGS = "adult-proceedings"


class Resource(StrEnum):
    """What is done or looked at, by kind."""

    REFERRAL = "referral"
    PARTICIPANT = "participant"
    IRP = "irp"
    CASES = "cases"
    HISTORY = "history"
    CASELOAD = "caseload"
    DECISIONS = "decisions"
    OUTCOMES = "outcomes"


READ: Literal["read"] = "read"
Action: TypeAlias = type[Command] | Literal["read"]


@dataclass(frozen=True)
class Allow:
    """Yes, by this rule."""

    rule: str


@dataclass(frozen=True)
class Deny:
    """No, by this rule, and what would have to be different."""

    rule: str
    reason: str


@dataclass(frozen=True)
class Rule:
    """Whoever acts in one of these roles may do these things, with such a resource, for such a purpose."""

    id: str
    version: int
    roles: frozenset[Role]
    actions: frozenset[Action]
    resources: frozenset[Resource]
    purposes: frozenset[Purpose] = frozenset(Purpose)

    def allows(self, principal: Actor, action: Action, resource: Resource, purpose: Purpose) -> bool:
        """Whether all four fit."""
        belongs = action == READ or action in commands_of(resource)
        return (
            belongs
            and principal.role in self.roles
            and action in self.actions
            and resource in self.resources
            and purpose in self.purposes
        )


def decide(principal: Actor, action: Action, resource: Resource, purpose: Purpose) -> Allow | Deny:
    """Say whether somebody may do something, and by which rule."""
    if purpose is Purpose.ADULT_PROCEEDINGS:
        return Deny(
            "adult-proceedings-need-a-court-order",
            "a young person's record is not opened for adult proceedings without a court's order",
        )
    if principal.kind != "human" and action != READ and issubclass(action, DecisionCommand):
        return Deny("a-person-decides", "a system does not decide about a young person: let a person do it")
    for rule in RULES:
        if rule.allows(principal, action, resource, purpose):
            return Allow(rule.id)
    return Deny(
        "nothing-allows-it",
        f"as {principal.role} and for {purpose} this is not allowed: ask somebody whose task it is,"
        " or say the purpose it is for",
    )


def commands_of(resource: Resource) -> frozenset[type[Command]]:
    """Return every command of one kind of thing."""
    return _COMMANDS.get(resource, frozenset())


_COMMANDS: dict[Resource, frozenset[type[Command]]] = {
    Resource.REFERRAL: frozenset(members(referral.ReferralCommand)),
    Resource.PARTICIPANT: frozenset(members(participant.ParticipantCommand)),
    Resource.IRP: frozenset(members(irp.IrpCommand)),
}

# --- the table --------------------------------------------------------------------------------------------

STAFF = frozenset({Role.KEY_WORKER, Role.CASE_MANAGER, Role.SUPERVISOR})
LEADING = frozenset({Role.CASE_MANAGER, Role.SUPERVISOR})
REFERRING = frozenset({Role.REFERRER, Role.POLICE_OFFICER, Role.COURT_OFFICER, Role.MINISTRY_OFFICER})
WORK = frozenset(
    {
        Purpose.CASEWORK,
        Purpose.REFERRAL,
        Purpose.SUPERVISION,
        Purpose.SAFEGUARDING,
        Purpose.COURT_HEARING,
        Purpose.SUBJECT_ACCESS,
    }
)

MAKING_A_REFERRAL: frozenset[type[Command]] = frozenset(
    {
        referral.DraftReferral,
        referral.SubmitReferral,
        referral.ProvideInformation,
        referral.WithdrawReferral,
        referral.CorrectReferral,
    }
)
ENTERING: frozenset[type[Command]] = frozenset(
    {
        referral.DraftReferral,
        referral.ProvideInformation,
        participant.RecordContact,
        participant.GiveConsent,
        participant.WithdrawConsent,
    }
)
KEEPING_THE_RECORD: frozenset[type[Command]] = frozenset(
    {participant.SealRecord, participant.PlaceLegalHold, participant.ReleaseLegalHold}
)
ANSWERED_FOR_BY_LEADERS: frozenset[type[Command]] = KEEPING_THE_RECORD | {
    participant.AssignKeyWorker,
    participant.HandOver,
    participant.RecordDeath,
    participant.RetractDeath,
    participant.LinkIdentity,
    participant.UnlinkIdentity,
    participant.RefuseErasure,
    participant.ApproveErasure,
    participant.BreakGlass,
    irp.ApproveIrp,
}
NOT_FOR_PEOPLE: frozenset[type[Command]] = frozenset({participant.ErasePersonalData, irp.SupersedeIrp})
"""Said by the program itself, once it has done what they say: no door takes them from anybody."""


def _rule(  # noqa: PLR0913, PLR0917 - the columns of a table
    id: str,  # noqa: A002 - the column's name
    version: int,
    roles: Iterable[Role],
    actions: Iterable[Action],
    resources: Iterable[Resource],
    purposes: Iterable[Purpose] = WORK,
) -> Rule:
    return Rule(id, version, frozenset(roles), frozenset(actions), frozenset(resources), frozenset(purposes))


_REFERRAL, _PARTICIPANT, _IRP = (
    _COMMANDS[kind] for kind in (Resource.REFERRAL, Resource.PARTICIPANT, Resource.IRP)
)
_EVERYDAY = _PARTICIPANT - ANSWERED_FOR_BY_LEADERS - NOT_FOR_PEOPLE
_PLANNING = _IRP - ANSWERED_FOR_BY_LEADERS - NOT_FOR_PEOPLE
_OF_A_CASE = (
    Resource.REFERRAL,
    Resource.PARTICIPANT,
    Resource.IRP,
    Resource.CASES,
    Resource.HISTORY,
    Resource.CASELOAD,
)

RULES: tuple[Rule, ...] = (
    _rule("agencies-refer", 1, REFERRING | LEADING, MAKING_A_REFERRAL, [Resource.REFERRAL]),
    _rule("leaders-answer-referrals", 1, LEADING, _REFERRAL - MAKING_A_REFERRAL, [Resource.REFERRAL]),
    _rule("staff-work-with-participants", 1, STAFF, _EVERYDAY, [Resource.PARTICIPANT]),
    _rule(
        "leaders-answer-for-some", 1, LEADING, ANSWERED_FOR_BY_LEADERS, [Resource.PARTICIPANT, Resource.IRP]
    ),
    _rule("staff-plan", 1, STAFF, _PLANNING, [Resource.IRP]),
    _rule("courts-keep-records", 1, [Role.COURT_OFFICER], KEEPING_THE_RECORD, [Resource.PARTICIPANT]),
    _rule(
        "clerks-and-feeds-enter-facts",
        1,
        [Role.DATA_CLERK, Role.INTEGRATOR],
        ENTERING,
        [Resource.REFERRAL, Resource.PARTICIPANT],
    ),
    _rule(
        "services-link-enrolments",
        1,
        [Role.INTEGRATOR, Role.SERVICE],
        [referral.LinkToEnrolment],
        [Resource.REFERRAL],
    ),
    _rule("staff-read-cases", 1, STAFF, [READ], _OF_A_CASE),
    _rule("agencies-read-referrals", 1, REFERRING, [READ], [Resource.REFERRAL]),
    _rule(
        "leaders-read-decisions-and-outcomes",
        1,
        LEADING,
        [READ],
        [Resource.DECISIONS, Resource.OUTCOMES],
        [Purpose.SUPERVISION, Purpose.REPORTING],
    ),
    _rule("auditors-read-for-audit", 1, [Role.AUDITOR], [READ], Resource, [Purpose.AUDIT]),
    _rule(
        "reporting-reads-outcomes-only",
        1,
        [Role.REPORTING, Role.MINISTRY_OFFICER],
        [READ],
        [Resource.OUTCOMES],
        [Purpose.REPORTING],
    ),
)
