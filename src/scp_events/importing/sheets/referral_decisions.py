"""`referral-decisions`: what the programme answered to a referral, and why."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from scp_events.aggregates.referral.commands import (
    AcceptReferral,
    AssessSuitability,
    DeclineReferral,
    DetermineEligibility,
    RedirectReferral,
    ReferralCommand,
    WaitlistReferral,
    WithdrawReferral,
)
from scp_events.aggregates.referral.events import ReferralDrafted, Suitability, WithdrawnBy
from scp_events.importing.cells import AsCode, CodeWord, RowId, Staff, YesOrNo, required
from scp_events.importing.desk import MAIN, Desk, Step
from scp_events.importing.sheets.row import GroundedRow
from scp_events.vocabulary import Grounds, OrganisationId


class Answer(StrEnum):
    """What became of a referral."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    REDIRECTED = "redirected"
    WAITLISTED = "waitlisted"
    WITHDRAWN = "withdrawn"


class ReferralDecisionRow(GroundedRow):
    """One answer. What was found on the way to it, eligibility and suitability, has the same grounds."""

    NAME = "referral-decisions"

    referral: RowId
    """The row of the referral."""
    outcome: Annotated[Answer, AsCode]
    """What the programme answered."""
    eligible: YesOrNo | None = None
    """Whether the criteria admit the young person."""
    suitability: Annotated[Suitability, AsCode] | None = None
    """How suitable the programme was found."""
    redirected_to: CodeWord | None = None
    """The organisation it was sent on to, as a code."""
    withdrawn_by: Annotated[WithdrawnBy, AsCode] | None = None
    """Who withdrew it."""
    decided_by: Staff
    """Who decided and answers for it: a code from `staff`."""

    def steps(self, desk: Desk) -> list[Step]:
        """Eligibility and suitability come before the answer, where the row says them."""
        case_id = desk.case(self.case)
        found = desk.find(ReferralDrafted, case_id, "referral", self.referral, "referrals")
        decision = self.grounds(desk, case_id)
        return [
            self.step(found.stream, case_id, command, by=self.decided_by, name=name)
            for name, command in self._commands(decision)
        ]

    def _commands(self, decision: Grounds) -> list[tuple[str, ReferralCommand]]:
        commands: list[tuple[str, ReferralCommand]] = []
        if self.eligible is not None:
            commands.append(("eligibility", DetermineEligibility(decision=decision, eligible=self.eligible)))
        if self.suitability is not None:
            assess = AssessSuitability(decision=decision, suitability=self.suitability)
            commands.append(("suitability", assess))
        return [*commands, (MAIN, self._answer(decision))]

    def _answer(self, decision: Grounds) -> ReferralCommand:
        match self.outcome:
            case Answer.ACCEPTED:
                return AcceptReferral(decision=decision)
            case Answer.DECLINED:
                return DeclineReferral(decision=decision)
            case Answer.REDIRECTED:
                to = OrganisationId(required(self.redirected_to, "redirected_to"))
                return RedirectReferral(decision=decision, to=to)
            case Answer.WAITLISTED:
                return WaitlistReferral()
            case Answer.WITHDRAWN:
                by = required(self.withdrawn_by, "withdrawn_by")
                return WithdrawReferral(decision=decision, withdrawn_by=by)
