"""The numbers the rules use, by version: every decision names the version it was made under.

A version never changes once a decision has named it; a new number is a new version. The figures are examples
to be replaced by an installation's own; none is taken from a statute.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from scp_events.vocabulary import Actor, Refused


class Strictness(StrEnum):
    """How a register is asked about people, as of the time of the act: practitioners (S1.12), members."""

    OFF = "off"
    """Not at all: what the sender says of them counts, and what the sender's token says of the sender."""
    WARN = "warn"
    """It is recorded that what is asked for was missing."""
    REQUIRE = "require"
    """Where it is missing, the command is refused."""


@dataclass(frozen=True)
class Policy:
    """One version of the numbers."""

    version: str
    draft_open_days: int
    """A referral drafted and not submitted within so many days has to be drafted anew."""
    open_referrals_per_programme: int
    """How many referrals of one young person to one programme may be open at once."""
    contacts_before_story: int
    """Contacts held before a story can be called heard and understood: trust takes time."""
    caseload_capacity: int
    """Young people per key worker above which a caseload is said to be too full."""
    credential_to_assess: str | None
    """The credential an assessor must hold on the day, or None where none is asked for."""
    credential_of_key_worker: str | None
    """The credential a key worker must hold on the day, or None where none is asked for."""
    credential_to_approve_irp: str | None
    """The credential of whoever approves an IRP, or None where none is asked for."""
    credential_in_crisis: str | None
    """The credential of whoever intervenes in a crisis, or None where none is asked for."""
    competence: Strictness
    """How strictly whoever assesses, approves or intervenes is judged by the register of practitioners."""
    register: Strictness
    """How strictly people whom a fact names are looked up among the members of their organisation."""
    agreement_to_refer: bool
    """Whether who refers or transfers somebody to another organisation has to name an agreement with it."""
    age_of_majority: int
    """From the day on which somebody has completed so many years they are no minor any more."""
    mentor_training: str | None
    """The course a mentor must have completed, or None where any will do."""
    days_between_match_reviews: int
    """A match is reviewed again within so many days: whether it remains right changes."""


_FIRST = Policy(
    version="2025.1",
    draft_open_days=28,
    open_referrals_per_programme=1,
    contacts_before_story=2,
    caseload_capacity=12,
    credential_to_assess="needs-assessment",
    credential_of_key_worker=None,
    credential_to_approve_irp=None,
    credential_in_crisis=None,
    competence=Strictness.OFF,
    register=Strictness.OFF,
    agreement_to_refer=False,
    age_of_majority=18,
    mentor_training="mentor-induction",
    days_between_match_reviews=92,
)
_WARNING = replace(
    _FIRST,
    version="2025.2",
    credential_to_approve_irp="case-management",
    credential_in_crisis="crisis-intervention",
    competence=Strictness.WARN,
    agreement_to_refer=True,
)
_REQUIRING = replace(_WARNING, version="2025.3", competence=Strictness.REQUIRE)
_LOOKING_UP = replace(_REQUIRING, version="2025.4", register=Strictness.WARN)
_REGISTERED = replace(_LOOKING_UP, version="2025.5", register=Strictness.REQUIRE)
POLICIES = {policy.version: policy for policy in (_FIRST, _WARNING, _REQUIRING, _LOOKING_UP, _REGISTERED)}
CURRENT = _FIRST


def policy_of(version: str) -> Policy:
    """Return the numbers of `version`; refuse one that was never in force."""
    if version not in POLICIES:
        raise Refused(
            "unknown-policy-version",
            f"`policy_version` {version} is not known here: use one of {', '.join(sorted(POLICIES))}",
        )
    return POLICIES[version]


def must_hold(person: Actor, credential: str | None, policy: Policy) -> None:
    """Refuse somebody who does not hold a credential that a policy asks for; None asks for none."""
    if credential is not None and credential not in person.credentials:
        raise Refused(
            "credential-missing",
            f"{person.id} holds {', '.join(person.credentials) or 'no credential'} and policy"
            f" {policy.version} asks for {credential}: name somebody who holds it",
        )
