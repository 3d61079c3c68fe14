"""Criteria that explain themselves: small classes, in sets that are named by their question and a version.

A set never changes once a decision has named it; other criteria are a new version.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from scp_events.vocabulary.refusal import Refused
from scp_events.vocabulary.text import Code, NumberedVersion, Word

A = TypeVar("A")
A_contra = TypeVar("A_contra", contravariant=True)


class Criterion(ABC, Generic[A_contra]):
    """One thing that is asked; the first line of its docstring says it for people."""

    CODE: ClassVar[Code]

    @abstractmethod
    def holds(self, asked: A_contra) -> bool:
        """Whether it is met."""


class Finding(Word):
    """Whether one criterion was met."""

    criterion: Code
    holds: bool


class Findings(Word):
    """What a set of criteria came to, criterion by criterion."""

    question: Code
    criteria_version: NumberedVersion
    findings: tuple[Finding, ...]

    @property
    def all_hold(self) -> bool:
        """Whether every criterion was met."""
        return all(finding.holds for finding in self.findings)

    @property
    def failed(self) -> tuple[Code, ...]:
        """Return the criteria that were not met."""
        return tuple(finding.criterion for finding in self.findings if not finding.holds)


@dataclass(frozen=True)
class Criteria(Generic[A]):
    """A set of criteria: what it answers, and since which version of the policy."""

    question: Code
    version: NumberedVersion
    criteria: tuple[Criterion[A], ...]

    def find(self, asked: A) -> Findings:
        """Ask every criterion."""
        return Findings(
            question=self.question,
            criteria_version=self.version,
            findings=tuple(Finding(criterion=each.CODE, holds=each.holds(asked)) for each in self.criteria),
        )


def criteria_under(sets: Sequence[Criteria[A]], version: NumberedVersion) -> Criteria[A]:
    """Return the set that a policy asks for by a version: the latest that is not newer."""
    in_force = [each for each in sets if _order(each.version) <= _order(version)]
    if not in_force:
        raise Refused(
            "no-criteria-then",
            f"criteria {version} know nothing of this question: the first are of"
            f" {sets[0].version}; leave `known` out, or decide under a policy that asks for later `criteria`",
        )
    return max(in_force, key=lambda each: _order(each.version))


def _order(version: NumberedVersion) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
