"""`consents`: which use of their data a young person or their guardian allowed, and took back."""

from __future__ import annotations

from typing import Annotated, Literal

from scp_events.aggregates.consent import CATEGORY
from scp_events.aggregates.consent.commands import GiveConsent, WithdrawConsent
from scp_events.aggregates.consent.events import ConsentParty
from scp_events.importing.cells import AsCode, CodeWord, Day, Staff, YesOrNo, required
from scp_events.importing.desk import Desk, Step
from scp_events.importing.sheets.row import Row
from scp_events.vocabulary import OrganisationId, the_one


class ConsentRow(Row):
    """One consent, given or withdrawn."""

    NAME = "consents"

    kind: Annotated[Literal["given", "withdrawn"], AsCode]
    """Whether it was given or withdrawn."""
    scope: CodeWord
    """Which use it allows, as a code."""
    recipient: CodeWord
    """By which organisation, as a code."""
    by_whom: Annotated[ConsentParty, AsCode]
    """Who gave or withdrew it."""
    capacity_noted: YesOrNo | None = None
    """Whether it was noted that they understand what they allow."""
    valid_until: Day | None = None
    """The last day, if there is one."""
    staff: Staff
    """Who wrote it down."""

    def steps(self, desk: Desk) -> list[Step]:
        """A consent is given or withdrawn."""
        case_id = desk.case(self.case)
        command = self._given() if self.kind == "given" else self._withdrawn()
        return [self.step(the_one(CATEGORY, case_id), case_id, command, by=self.staff)]

    def _given(self) -> GiveConsent:
        return GiveConsent(
            scope=self.scope,
            recipient=OrganisationId(self.recipient),
            given_by=self.by_whom,
            capacity_noted=required(self.capacity_noted, "capacity_noted"),
            valid_until=self.valid_until,
        )

    def _withdrawn(self) -> WithdrawConsent:
        return WithdrawConsent(
            scope=self.scope, recipient=OrganisationId(self.recipient), withdrawn_by=self.by_whom
        )
