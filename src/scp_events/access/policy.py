"""Who may do and see what, by role: one pure function, and the tables it reads.

Who may send a command, each aggregate says itself (`MAY`). Who may look at what, and for which purpose, is
the table `READERS`. This is the first, coarse layer: it does not know *whose* thing it is. Need to know (own
caseload, own referral, a listed hearing) comes on top of it and can only narrow what is allowed here.

What they do not allow is denied.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from scp_events.aggregates import BY_CATEGORY, record, referral, support
from scp_events.vocabulary import (
    LEADING,
    REFERRING,
    STAFF,
    Act,
    Actor,
    AnyAggregate,
    Command,
    Correct,
    Retract,
    Role,
    command_name,
)


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
    IMPORT = "import"


class Resource(StrEnum):
    """What is looked at across aggregates."""

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

    resource: str
    """An aggregate's category, or a `Resource` across them."""


@dataclass(frozen=True, slots=True)
class Import:
    """To import sheets, and to be told what became of them.

    Their rows say who decided and who did what, so whoever imports records in the name of others.
    """


Action: TypeAlias = Send | Read | Import


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
    if principal.kind != "human" and _decides(action):
        return Deny("a-person-decides", "a system does not decide about a young person: let a person do it")
    rule = _rule_that_allows(principal.role, action, purpose)
    if rule is not None:
        return Allow(rule)
    return Deny(
        "nothing-allows-it",
        f"as {principal.role} and for {purpose} this is not allowed: ask somebody whose task it is,"
        " or say the purpose it is for",
    )


def _decides(action: Action) -> bool:
    return isinstance(action, Import) or (
        isinstance(action, Send) and "decision" in action.command.model_fields
    )


def _rule_that_allows(role: Role, action: Action, purpose: Purpose) -> str | None:
    match action:
        case Send():
            return _sending(role, action, purpose)
        case Read():
            return _reading(role, action.resource, purpose)
        case Import():
            return "import" if role in IMPORTING and purpose is Purpose.IMPORT else None


# --- importing --------------------------------------------------------------------------------------------

IMPORTING = frozenset({Role.DATA_CLERK})
"""Who imports sheets: the role in which the command line records an import."""


# --- sending commands -------------------------------------------------------------------------------------

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

_STAFF_AND_AUDITORS = {**dict.fromkeys(STAFF, WORK), Role.AUDITOR: frozenset({Purpose.AUDIT})}
_OVERSEEING = {
    **dict.fromkeys(LEADING, frozenset({Purpose.SUPERVISION, Purpose.REPORTING})),
    Role.AUDITOR: frozenset({Purpose.AUDIT}),
}
_REPORTING = dict.fromkeys([Role.REPORTING, Role.MINISTRY_OFFICER], frozenset({Purpose.REPORTING}))

READERS: Mapping[str, Mapping[Role, frozenset[Purpose]]] = {
    **dict.fromkeys((*BY_CATEGORY, *Resource), _STAFF_AND_AUDITORS),
    referral.CATEGORY: _STAFF_AND_AUDITORS | dict.fromkeys(REFERRING, WORK),
    support.CATEGORY: _STAFF_AND_AUDITORS | {Role.ACTIVATION_WORKER: WORK},
    record.CATEGORY: _STAFF_AND_AUDITORS | {Role.COURT_OFFICER: WORK},
    Resource.DECISIONS: _OVERSEEING,
    Resource.OUTCOMES: _OVERSEEING | _REPORTING,
}
"""Who may look at what, and for which purposes. Staff and auditors, unless it says otherwise."""


def _reading(role: Role, resource: str, purpose: Purpose) -> str | None:
    return f"read-{resource}" if purpose in READERS.get(resource, {}).get(role, ()) else None
