"""Which version of the numbers was in force on which day: every decision names the one it was made under.

An installation adopts its own versions; see the jurisdiction. Those that are shipped here are what it has
until the first of its own is in force: examples to be replaced, none of them taken from a statute.

A version never changes. The first day of an adopted one lies after the day of its adoption. So what was in
force on a day is settled once that day begins, and no rule change judges an old record anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from operator import attrgetter

from scp_events.vocabulary import Actor, Command, Policy, Refused, Strictness

_FIRST = Policy(
    version="2025.1",
    draft_open_days=28,
    open_referrals_per_programme=1,
    contacts_before_story=2,
    caseload_capacity=12,
    credential_to_assess="needs-assessment",
    age_of_majority=18,
    mentor_training="mentor-induction",
    days_between_match_reviews=92,
)
_WARNING = _FIRST.model_copy(
    update={
        "version": "2025.2",
        "credential_to_approve_irp": "case-management",
        "credential_in_crisis": "crisis-intervention",
        "competence": Strictness.WARN,
        "agreement_to_refer": True,
    }
)
_REQUIRING = _WARNING.model_copy(update={"version": "2025.3", "competence": Strictness.REQUIRE})
_LOOKING_UP = _REQUIRING.model_copy(update={"version": "2025.4", "register_of_members": Strictness.WARN})
_REGISTERED = _LOOKING_UP.model_copy(update={"version": "2025.5", "register_of_members": Strictness.REQUIRE})
SHIPPED = {policy.version: policy for policy in (_FIRST, _WARNING, _REQUIRING, _LOOKING_UP, _REGISTERED)}
CURRENT = _FIRST
"""In force where nothing was adopted."""


@dataclass(frozen=True)
class Adopted:
    """A version that was adopted, and from which day on it is in force."""

    policy: Policy
    first_day: date


@dataclass(frozen=True)
class Policies:
    """Every version that is known, and which was in force when."""

    adopted: tuple[Adopted, ...] = ()
    """In the order of adoption."""
    supposed: Policy | None = None
    """In force on every day, whatever was adopted: to ask what would have come of it."""

    def of(self, version: str) -> Policy | None:
        """Return the numbers of a version; None where nobody knows it."""
        for each in self.adopted:
            if each.policy.version == version:
                return each.policy
        return SHIPPED.get(version)

    def in_force_on(self, day: date) -> Policy:
        """Return the version in force on a day: the one that began last, of two the one adopted last."""
        if self.supposed is not None:
            return self.supposed
        begun = self._begun_by(day)
        return max(begun, key=lambda each: each.first_day).policy if begun else CURRENT

    def named(self, version: str, day: date) -> Policy:
        """Return the numbers somebody decides by who names a version; refuse one not in force that day.

        Until the first of its own is in force an installation may choose among those that are shipped.
        """
        policy, in_force = self.of(version), self.in_force_on(day)
        if policy is None:
            raise Refused(
                "unknown-policy-version",
                f"`policy_version` {version} is not known here: name {in_force.version}, which was in force"
                f" on {day.isoformat()}",
            )
        if policy is not in_force and policy != in_force and not self._may_choose(version, day):
            raise Refused(
                "policy-not-in-force",
                f"`policy_version` {version} was not in force on {day.isoformat()}: name {in_force.version}",
            )
        return policy

    def asked_by(self, command: Command, day: date) -> Policy:
        """Return the numbers a command is decided by: those it names, or else those in force that day."""
        version = version_named_by(command)
        return self.in_force_on(day) if version is None else self.named(version, day)

    def supposing(self, version: str) -> Policies:
        """Return them as if one version had been in force from the first day on; refuse one nobody knows."""
        policy = self.of(version)
        if policy is None:
            raise Refused(
                "unknown-policy-version",
                f"policy {version} is not known here: adopt it with `adopt-policy`, or name one of"
                f" {', '.join(sorted(self.versions()))}",
            )
        return replace(self, supposed=policy)

    def as_adopted(self) -> Policies:
        """Return them with nothing supposed."""
        return replace(self, supposed=None)

    def versions(self) -> Iterator[str]:
        """Yield what every known version is called, each once."""
        yield from {**SHIPPED, **{each.policy.version: each.policy for each in self.adopted}}

    def _begun_by(self, day: date) -> list[Adopted]:
        """Return what was adopted for that day or one before; the latest adoption first."""
        return [each for each in reversed(self.adopted) if each.first_day <= day]

    def _may_choose(self, version: str, day: date) -> bool:
        return self.supposed is None and version in SHIPPED and not self._begun_by(day)


NOTHING_ADOPTED = Policies()


def version_named_by(command: Command) -> str | None:
    """Return the version of the policy that a command names, if it names one."""
    told = _naming(type(command))
    return None if told is None else told(command)


@cache
def _naming(command: type[Command]) -> Callable[[Command], str] | None:
    """Return how to find it in a command of a class: asking each for fields it lacks takes long."""
    if "policy_version" in command.model_fields:
        return attrgetter("policy_version")
    return attrgetter("decision.policy_version") if "decision" in command.model_fields else None


def must_hold(person: Actor, credential: str | None, policy: Policy) -> None:
    """Refuse somebody who does not hold a credential that a policy asks for; None asks for none."""
    if credential is not None and credential not in person.credentials:
        raise Refused(
            "credential-missing",
            f"{person.id} holds {', '.join(person.credentials) or 'no credential'} and policy"
            f" {policy.version} asks for {credential}: name somebody who holds it",
        )
