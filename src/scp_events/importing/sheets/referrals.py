"""`referrals`: an agency refers a young person; the programme confirms that it has the referral."""

from __future__ import annotations

from pydantic import ValidationInfo, field_validator

from scp_events.aggregates.referral import CATEGORY
from scp_events.aggregates.referral.commands import AcknowledgeReferral, DraftReferral, SubmitReferral
from scp_events.importing.cells import CodeWord, Day, Staff, not_before, not_in_the_future
from scp_events.importing.desk import Desk, Step
from scp_events.importing.sheets.row import CorrectableRow
from scp_events.vocabulary import Text


class ReferralRow(CorrectableRow):
    """One referral, or with `corrects` the same referral as it should have read."""

    NAME = "referrals"

    referred_by: Staff
    """Who refers; the grounds are theirs."""
    programme: CodeWord
    """To which programme, as a code."""
    route: CodeWord
    """How the young person comes to it, as a code."""
    circumstances: Text
    """What happened, in words."""
    received_on: Day | None = None
    """When the programme confirmed it."""
    received_by: Staff | None = None
    """Who confirmed it."""

    _received_by_today = field_validator("received_on")(not_in_the_future)

    @field_validator("received_on")
    @classmethod
    def _received_after_it_was_sent(cls, day: Day, info: ValidationInfo) -> Day:
        return not_before(day, info.data.get("happened_on"), "happened_on")

    def steps(self, desk: Desk) -> list[Step]:
        """A referral is drafted, submitted, and acknowledged where it was received; or corrected."""
        if self.corrects:
            return [self.corrected(desk, desk.case(self.case), self._draft(desk))]
        return self._referral(desk)

    def _referral(self, desk: Desk) -> list[Step]:
        case_id = desk.open_case(self.case)
        stream = desk.stream_of(CATEGORY, self.NAME, self.row)
        submit = SubmitReferral(decision=self.grounds(desk, case_id))
        steps = [
            self.step(stream, case_id, self._draft(desk), by=self.referred_by),
            self.step(stream, case_id, submit, by=self.referred_by, name="submit"),
        ]
        if self.received_on is not None:
            at = self.at_time_of(self.received_on)
            acknowledge = AcknowledgeReferral()
            steps.append(
                self.step(stream, case_id, acknowledge, by=self.received_by, name="acknowledge", at=at)
            )
        return steps

    def _draft(self, desk: Desk) -> DraftReferral:
        return DraftReferral(
            event_id=None if self.corrects else self.event_id,
            programme=self.programme,
            route=self.route,
            circumstances=self.circumstances,
            policy_version=desk.policy_on(self.happened_on),
        )
