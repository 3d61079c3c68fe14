"""`people`: who the young people are."""

from __future__ import annotations

from pydantic import ValidationInfo, field_validator

from scp_cli.importing.cells import CodeWord, Day, RowId, Staff, not_before
from scp_cli.importing.desk import Desk, Step
from scp_cli.importing.sheets.row import CorrectableRow
from scp_events.aggregates import participant
from scp_events.aggregates.participant import CorrectDetails, ParticipantRegistered, PersonalDetails, Register
from scp_events.aggregates.referral import ReferralDrafted
from scp_events.vocabulary import ParticipantId, ReferralId, ShortText


class PersonRow(CorrectableRow):
    """One registration, or with `corrects` the same one as it should have read."""

    NAME = "people"

    registered_by: Staff
    referral: RowId | None = None
    """Blank where the young person came by themselves."""
    date_of_birth: Day
    name: ShortText
    preferred_language: CodeWord
    guardian: ShortText | None = None

    @field_validator("date_of_birth")
    @classmethod
    def _born_before(cls, day: Day, info: ValidationInfo) -> Day:
        if "happened_on" in info.data:
            not_before(info.data["happened_on"], day, "happened_on")
        return day

    def steps(self, desk: Desk) -> list[Step]:
        """A young person is registered, or their details are corrected."""
        if self.corrects:
            case_id = desk.case(self.case)
            correct = CorrectDetails(
                **self.corrected(ParticipantRegistered, desk, case_id), **self._details().model_dump()
            )
            return [
                self.step(participant, case_id, case_id, correct, by=self.decided_by, at=self.corrected_at)
            ]
        case_id = desk.case(self.case) if self.referral else desk.open_case(self.case)
        register = Register(
            event_id=self.event_id,
            case_reference=self.case,
            referral_id=self._referral_id(desk, case_id),
            **self._details().model_dump(),
        )
        return [self.step(participant, case_id, case_id, register, by=self.registered_by)]

    def _details(self) -> PersonalDetails:
        return PersonalDetails(
            name=self.name,
            date_of_birth=self.date_of_birth,
            preferred_language=self.preferred_language,
            guardian=self.guardian,
        )

    def _referral_id(self, desk: Desk, case_id: ParticipantId) -> ReferralId | None:
        if self.referral is None:
            return None
        return ReferralId(
            desk.find(ReferralDrafted, case_id, "referral", self.referral, "referrals").stream.id
        )
