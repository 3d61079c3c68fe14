"""The numbers the rules use, by version: every decision names the version it was made under.

A version never changes once a decision has named it; a new number is a new version. The figures are examples
to be replaced by an installation's own; none is taken from a statute.
"""

from __future__ import annotations

from dataclasses import dataclass

from scp_events.vocabulary import Actor, Refused


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
    agreement_to_refer: bool
    """Whether who refers or transfers somebody to another organisation has to name an agreement with it."""


POLICIES = {
    policy.version: policy
    for policy in (
        Policy(
            version="2025.1",
            draft_open_days=28,
            open_referrals_per_programme=1,
            contacts_before_story=2,
            caseload_capacity=12,
            credential_to_assess="needs-assessment",
            credential_of_key_worker=None,
            agreement_to_refer=False,
        ),
        Policy(
            version="2025.2",
            draft_open_days=28,
            open_referrals_per_programme=1,
            contacts_before_story=2,
            caseload_capacity=12,
            credential_to_assess="needs-assessment",
            credential_of_key_worker=None,
            agreement_to_refer=True,
        ),
    )
}
CURRENT = POLICIES["2025.1"]


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
