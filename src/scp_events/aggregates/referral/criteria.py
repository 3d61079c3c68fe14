"""What is asked of a young person who is referred: the criteria, in sets by question and version.

Each is asked of what the decider knows and of the programme as it was defined on the day. A person decides;
who decides otherwise than the criteria came out says why.
"""

from __future__ import annotations

from typing import NamedTuple

from scp_events.aggregates.participant.events import FEMALE
from scp_events.aggregates.programme.events import Audience
from scp_events.aggregates.referral.events import Particulars, Readiness, Suitability
from scp_events.vocabulary import Criteria, Criterion, Findings


class Applicant(NamedTuple):
    """Whom the question is about, and what the programme admits."""

    known: Particulars
    audience: Audience
    is_open: bool
    """Whether the programme was defined by then, and not retired."""


# --- is the young person eligible? ------------------------------------------------------------------------


class ProgrammeOpen(Criterion[Applicant]):
    """The programme is defined by that day and not retired."""

    CODE = "programme-open"

    def holds(self, asked: Applicant) -> bool:
        """Whether it admits anybody."""
        return asked.is_open


class OldEnough(Criterion[Applicant]):
    """They have completed the programme's lowest age."""

    CODE = "old-enough"

    def holds(self, asked: Applicant) -> bool:
        """Whether there is no lowest age, or they have reached it."""
        youngest = asked.audience.youngest_years
        return youngest is None or _years(asked.known) >= youngest


class YoungEnough(Criterion[Applicant]):
    """They are not beyond the programme's highest age."""

    CODE = "young-enough"

    def holds(self, asked: Applicant) -> bool:
        """Whether there is no highest age, or they have not passed it."""
        oldest = asked.audience.oldest_years
        return oldest is None or _years(asked.known) <= oldest


class AdmittedGender(Criterion[Applicant]):
    """A programme for women only admits women (S4.1)."""

    CODE = "admitted-gender"

    def holds(self, asked: Applicant) -> bool:
        """Whether everybody is admitted, or they are a woman."""
        return not asked.audience.female_only or asked.known.gender == FEMALE


class AdmittedSeverity(Criterion[Applicant]):
    """The severity of the offence is one the programme takes (S4.1)."""

    CODE = "admitted-severity"

    def holds(self, asked: Applicant) -> bool:
        """Whether every severity is admitted, or this one."""
        admitted = asked.audience.offence_severities
        return not admitted or asked.known.offence_severity in admitted


def _years(known: Particulars) -> int:
    assert isinstance(known.age_years, int), "asked of what can be read"  # noqa: S101 - for the type checker
    return known.age_years


ELIGIBILITY = (
    Criteria(
        question="eligible",
        version="2025.1",
        criteria=(ProgrammeOpen(), OldEnough(), YoungEnough(), AdmittedGender(), AdmittedSeverity()),
    ),
)


# --- would the programme help them, now? ------------------------------------------------------------------


class NeedsAddressed(Criterion[Readiness]):
    """The programme addresses what they need most (S2.13)."""

    CODE = "needs-addressed"

    def holds(self, asked: Readiness) -> bool:
        """Whether it does."""
        return asked.needs_addressed is True


class RiskManageable(Criterion[Readiness]):
    """The risk to them and to others in the group can be managed."""

    CODE = "risk-manageable"

    def holds(self, asked: Readiness) -> bool:
        """Whether it can."""
        return asked.risk_manageable is True


class WillingNow(Criterion[Readiness]):
    """They are willing to take part now (S0.17)."""

    CODE = "willing-now"

    def holds(self, asked: Readiness) -> bool:
        """Whether they are."""
        return asked.willing_now is True


SUITABILITY = (
    Criteria(
        question="suitable",
        version="2025.1",
        criteria=(NeedsAddressed(), RiskManageable(), WillingNow()),
    ),
)
SETS = (*ELIGIBILITY, *SUITABILITY)
"""Every set there ever was."""


def suitability_by(found: Findings) -> Suitability:
    """Return what the criteria come to: who is merely not willing yet is not ready."""
    if found.all_hold:
        return Suitability.SUITABLE
    if found.failed == (WillingNow.CODE,):
        return Suitability.SUITABLE_NOT_READY
    return Suitability.NOT_SUITABLE
