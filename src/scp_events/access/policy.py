"""Who may do and see what, by role: one pure function, and the rules it reads.

Who may send a command, each aggregate says itself (`MAY`). Who may read what, and for which purpose, is the
table below. This is the first, coarse layer: it does not know *whose* thing it is. Need to know (own caseload,
own referral, a listed hearing) comes on top of it and can only narrow what is allowed here.

What no rule allows is denied.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from scp_events.vocabulary import Act, Actor, AnyAggregate, Command, Correct, Retract, Role, command_name


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
    """What is looked at, by kind: each aggregate by its category, and what is asked across them."""

    REFERRAL = "referral"
    PARTICIPANT = "participant"
    ENGAGEMENT = "engagement"
    CONSENT = "consent"
    CONCERN = "concern"
    ASSESSMENT = "assessment"
    IRP = "irp"
    RECORD = "record"
    CASES = "cases"
    HISTORY = "history"
    CASELOAD = "caseload"
    DECISIONS = "decisions"
    OUTCOMES = "outcomes"


@dataclass(frozen=True, slots=True)
class Send:
    """To send a command to an aggregate."""

    aggregate: AnyAggregate
    command: type[Command]
    instead: type[Command] | None = None
    """Of a correction, what should have been sent; None where nobody has looked into it yet."""


@dataclass(frozen=True, slots=True)
class Read:
    """To look at something."""

    resource: Resource


Action: TypeAlias = Send | Read


@dataclass(frozen=True, slots=True)
class Allow:
    """Yes, by this rule."""

    rule: str


@dataclass(frozen=True, slots=True)
class Deny:
    """No, by this rule, and what would have to be different."""

    rule: str
    reason: str


def decide(principal: Actor, action: Action, purpose: Purpose) -> Allow | Deny:
    """Say whether somebody may do something, and by which rule."""
    if purpose is Purpose.ADULT_PROCEEDINGS:
        return Deny(
            "adult-proceedings-need-a-court-order",
            "a young person's record is not opened for adult proceedings without a court's order",
        )
    if isinstance(action, Send) and principal.kind != "human" and "decision" in action.command.model_fields:
        return Deny("a-person-decides", "a system does not decide about a young person: let a person do it")
    rule = _rule_that_allows(principal.role, action, purpose)
    if rule is not None:
        return Allow(rule)
    return Deny(
        "nothing-allows-it",
        f"as {principal.role} and for {purpose} this is not allowed: ask somebody whose task it is,"
        " or say the purpose it is for",
    )


def _rule_that_allows(role: Role, action: Action, purpose: Purpose) -> str | None:
    if isinstance(action, Send):
        return _sending(role, action, purpose)
    return _reading(role, action.resource, purpose)


# --- sending commands -------------------------------------------------------------------------------------

LEADING = frozenset({Role.CASE_MANAGER, Role.SUPERVISOR})
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
"""What commands are sent for. To audit and to report is to look."""


def _sending(role: Role, action: Send, purpose: Purpose) -> str | None:
    if purpose in WORK and role in who_may_send(action):
        return f"{action.aggregate.CATEGORY}/{command_name(action.command)}"
    return None


def who_may_send(action: Send) -> frozenset[Role]:
    """Return the roles that may send a command.

    A fact is corrected by whoever may report it, and by those who lead. It is retracted by those who lead:
    only the log knows which fact it is, and what is gone counts for nothing any more.
    """
    may = action.aggregate.MAY
    if action.command is Retract:
        return LEADING
    if action.command is not Correct:
        return may.get(action.command, frozenset())
    if action.instead is not None:
        return may[action.instead] | LEADING if action.instead in may else frozenset()
    return LEADING.union(*(roles for command, roles in may.items() if not issubclass(command, Act)))


# --- reading ----------------------------------------------------------------------------------------------

STAFF = LEADING | {Role.KEY_WORKER}
REFERRING = frozenset({Role.REFERRER, Role.POLICE_OFFICER, Role.COURT_OFFICER, Role.MINISTRY_OFFICER})


@dataclass(frozen=True)
class Rule:
    """Whoever acts in one of these roles may look at these things, for such a purpose."""

    id: str
    roles: frozenset[Role]
    resources: frozenset[Resource]
    purposes: frozenset[Purpose]


def _rule(name: str, roles: Iterable[Role], resources: Iterable[Resource], purposes: Iterable[Purpose]) -> Rule:
    return Rule(name, frozenset(roles), frozenset(resources), frozenset(purposes))


_OF_ALL = frozenset({Resource.DECISIONS, Resource.OUTCOMES})
"""What is told of everybody at once."""

RULES: tuple[Rule, ...] = (
    _rule("staff-read-cases", STAFF, frozenset(Resource) - _OF_ALL, WORK),
    _rule("agencies-read-referrals", REFERRING, [Resource.REFERRAL], WORK),
    _rule("courts-read-records", [Role.COURT_OFFICER], [Resource.RECORD], WORK),
    _rule("leaders-oversee", LEADING, _OF_ALL, [Purpose.SUPERVISION, Purpose.REPORTING]),
    _rule("auditors-read-for-audit", [Role.AUDITOR], Resource, [Purpose.AUDIT]),
    _rule(
        "reporting-reads-outcomes-only",
        [Role.REPORTING, Role.MINISTRY_OFFICER],
        [Resource.OUTCOMES],
        [Purpose.REPORTING],
    ),
)


def _reading(role: Role, resource: Resource, purpose: Purpose) -> str | None:
    """Return the first rule by which somebody may look at something."""
    for rule in RULES:
        if role in rule.roles and resource in rule.resources and purpose in rule.purposes:
            return rule.id
    return None
