"""`people`: who the young people are."""

from __future__ import annotations

from scp_events.aggregates.participant import CATEGORY
from scp_events.aggregates.participant.commands import Register
from scp_events.aggregates.referral.events import ReferralDrafted
from scp_events.importing.cells import CodeWord, Day, RowId, Staff
from scp_events.importing.desk import Desk, Step
from scp_events.importing.sheets.row import CorrectableRow
from scp_events.vocabulary import CaseId, ReferralId, ShortText, the_one


class PersonRow(CorrectableRow):
    """One registration, or with `corrects` the same one as it should have read."""

    NAME = "people"

    registered_by: Staff
    """Who took them on."""
    referral: RowId | None = None
    """Blank where the young person came by themselves."""
    date_of_birth: Day
    """Their date of birth."""
    name: ShortText
    """Their name."""
    preferred_language: CodeWord
    """A code such as `en`."""
    guardian: ShortText | None = None
    """Their guardian's name."""

    def steps(self, desk: Desk) -> list[Step]:
        """A young person is registered, or their details are corrected."""
        opened = self.corrects is None and self.referral is None
        case_id = desk.open_case(self.case) if opened else desk.case(self.case)
        register = Register(
            event_id=None if self.corrects else self.event_id,
            referral_id=self._referral_id(desk, case_id),
            name=self.name,
            date_of_birth=self.date_of_birth,
            preferred_language=self.preferred_language,
            guardian=self.guardian,
        )
        if self.corrects:
            return [self.corrected(desk, case_id, register)]
        return [self.step(the_one(CATEGORY, case_id), case_id, register, by=self.registered_by)]

    def _referral_id(self, desk: Desk, case_id: CaseId) -> ReferralId | None:
        if self.referral is None:
            return None
        drafted = desk.find(ReferralDrafted, case_id, "referral", self.referral, "referrals")
        return ReferralId(drafted.stream.id)
