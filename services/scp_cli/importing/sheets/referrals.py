"""`referrals`: an agency refers a young person; the programme confirms that it has the referral."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from pydantic import ValidationInfo, field_validator

from scp_cli.importing.cells import CodeWord, Day, Staff, not_before, not_in_the_future
from scp_cli.importing.desk import Desk, Step
from scp_cli.importing.sheets.row import NOON, CorrectableRow
from scp_events import policy
from scp_events.aggregates import referral
from scp_events.aggregates.referral import (
    AcknowledgeReferral,
    CorrectReferral,
    DraftReferral,
    ReferralDrafted,
    SubmitReferral,
)
from scp_events.vocabulary import ReferralId, Text


class ReferralRow(CorrectableRow):
    """One referral, or with `corrects` the same referral as it should have read."""

    NAME = "referrals"

    referred_by: Staff
    programme: CodeWord
    route: CodeWord
    circumstances: Text
    received_on: Day | None = None
    received_by: Staff | None = None

    _received_by_today = field_validator("received_on")(not_in_the_future)

    @field_validator("received_on")
    @classmethod
    def _received_after_it_was_sent(cls, day: Day, info: ValidationInfo) -> Day:
        return not_before(day, info.data.get("happened_on"), "happened_on")

    def steps(self, desk: Desk) -> list[Step]:
        """A referral is drafted, submitted, and acknowledged where it was received."""
        return self._correction(desk) if self.corrects else self._referral(desk)

    def _referral(self, desk: Desk) -> list[Step]:
        case_id = desk.open_case(self.case)
        found = desk.stream_of(self.NAME, self.row)
        referral_id = ReferralId(found.id if found else uuid4())
        draft = DraftReferral(
            event_id=self.event_id,
            participant_id=case_id,
            case_reference=self.case,
            programme=self.programme,
            route=self.route,
            referred_by=self.referred_by,
            circumstances=self.circumstances,
            drafted_on=self.happened_on,
            policy_version=policy.CURRENT.version,
        )
        submit = SubmitReferral(
            decision=self.decision(desk, case_id, self.referred_by), submitted_on=self.happened_on
        )
        steps = [
            self.step(referral, referral_id, case_id, draft, by=self.referred_by),
            self.step(referral, referral_id, case_id, submit, by=self.referred_by, name="submit"),
        ]
        if self.received_on is not None:
            received_at = datetime.combine(self.received_on, self.time or NOON, UTC)
            steps.append(
                self.step(
                    referral,
                    referral_id,
                    case_id,
                    AcknowledgeReferral(),
                    by=self.received_by,
                    name="acknowledge",
                    at=received_at,
                )
            )
        return steps

    def _correction(self, desk: Desk) -> list[Step]:
        case_id = desk.case(self.case)
        found = desk.find(ReferralDrafted, case_id, "corrects", self.corrects or "", self.NAME)
        command = CorrectReferral(
            decision=self.decision(desk, case_id),
            corrects=found.event.event_id,
            programme=self.programme,
            route=self.route,
            circumstances=self.circumstances,
        )
        return [
            self.step(referral, found.stream.id, case_id, command, by=self.decided_by, at=self.corrected_at)
        ]
