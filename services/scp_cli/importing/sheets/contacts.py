"""`contacts`: who met a young person, or tried to."""

from __future__ import annotations

from typing import Annotated, Literal

from scp_cli.importing.cells import AsCode, Codes, Staff, WholeMinutes
from scp_cli.importing.desk import Desk, Step
from scp_cli.importing.report import WrongCellError
from scp_cli.importing.sheets.row import CorrectableRow
from scp_events.aggregates import participant
from scp_events.aggregates.participant import (
    ContactDetails,
    ContactOutcome,
    ContactRecorded,
    CorrectContact,
    Medium,
    RecordContact,
    RetractContact,
)
from scp_events.vocabulary import ParticipantId, Text

NEVER_WAS = "never-was"
"""The outcome of a correction that takes a contact back."""


class ContactRow(CorrectableRow):
    """One contact, or with `corrects` the same one as it should have read."""

    NAME = "contacts"

    made_by: Staff
    medium: Annotated[Medium, AsCode]
    outcome: Annotated[ContactOutcome | Literal["never-was"], AsCode]
    minutes: WholeMinutes = 0
    others_present: Codes = ()
    note: Text | None = None

    def steps(self, desk: Desk) -> list[Step]:
        """A contact is recorded, corrected or taken back."""
        case_id = desk.case(self.case)
        if self.corrects:
            command = self._correction(desk, case_id)
            return [
                self.step(participant, case_id, case_id, command, by=self.decided_by, at=self.corrected_at)
            ]
        record = RecordContact(event_id=self.event_id, **self._details().model_dump())
        return [self.step(participant, case_id, case_id, record, by=self.made_by)]

    def _correction(self, desk: Desk, case_id: ParticipantId) -> CorrectContact | RetractContact:
        corrected = self.corrected(ContactRecorded, desk, case_id)
        if self.outcome == NEVER_WAS:
            return RetractContact(**corrected)
        return CorrectContact(**corrected, **self._details().model_dump())

    def _details(self) -> ContactDetails:
        if not isinstance(self.outcome, ContactOutcome):
            raise WrongCellError(
                "outcome",
                "only-a-correction",
                "takes back a contact this row does not name",
                "fill in `corrects`",
            )
        return ContactDetails(
            made_by=self.made_by,
            medium=self.medium,
            outcome=self.outcome,
            held_minutes=self.minutes,
            others_present=self.others_present,
            note=self.note,
        )
