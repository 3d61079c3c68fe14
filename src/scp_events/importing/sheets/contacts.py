"""`contacts`: who met a young person, or tried to."""

from __future__ import annotations

from typing import Annotated, Literal

from scp_events.aggregates.engagement import CATEGORY
from scp_events.aggregates.engagement.commands import RecordContact
from scp_events.aggregates.engagement.events import ContactOutcome, Medium
from scp_events.importing.cells import AsCode, Codes, Staff, WholeMinutes
from scp_events.importing.desk import Desk, Step
from scp_events.importing.report import WrongCellError
from scp_events.importing.sheets.row import CorrectableRow
from scp_events.vocabulary import Text, the_one

NEVER_WAS = "never-was"
"""The outcome of a correction that takes a contact back."""


class ContactRow(CorrectableRow):
    """One contact, or with `corrects` the same one as it should have read."""

    NAME = "contacts"

    made_by: Staff
    """Who met them, or tried to."""
    medium: Annotated[Medium, AsCode]
    """How they met."""
    outcome: Annotated[ContactOutcome | Literal["never-was"], AsCode]
    """Whether it was held; in a correction also `never-was`."""
    minutes: WholeMinutes = 0
    """How long, in whole minutes. Blank or 0 where it was not held."""
    others_present: Codes = ()
    """Such as `guardian`: what they are, not who; parted by semicolons."""
    note: Text | None = None
    """What was talked about."""

    def steps(self, desk: Desk) -> list[Step]:
        """A contact is recorded, corrected or taken back."""
        case_id = desk.case(self.case)
        if self.corrects and self.outcome == NEVER_WAS:
            return [self.retracted(desk, case_id)]
        if self.corrects:
            return [self.corrected(desk, case_id, self._contact())]
        return [self.step(the_one(CATEGORY, case_id), case_id, self._contact(), by=self.made_by)]

    def _contact(self) -> RecordContact:
        if not isinstance(self.outcome, ContactOutcome):
            raise WrongCellError(
                "outcome",
                "only-a-correction",
                "takes back a contact this row does not name",
                "fill in `corrects`",
            )
        return RecordContact(
            event_id=None if self.corrects else self.event_id,
            made_by=self.made_by,
            medium=self.medium,
            outcome=self.outcome,
            held_minutes=self.minutes,
            others_present=self.others_present,
            note=self.note,
        )
