"""The sheets, one module each: a model names the columns; its `steps` are the commands a row stands for."""

from __future__ import annotations

from scp_cli.importing.reading import Columns
from scp_cli.importing.registers import REGISTERS, Entry
from scp_cli.importing.sheets.assessments import AssessmentRow
from scp_cli.importing.sheets.consents import ConsentRow
from scp_cli.importing.sheets.contacts import ContactRow
from scp_cli.importing.sheets.key_workers import KeyWorkerRow
from scp_cli.importing.sheets.milestones import MilestoneRow
from scp_cli.importing.sheets.people import PersonRow
from scp_cli.importing.sheets.plans import PlanRow
from scp_cli.importing.sheets.referral_decisions import ReferralDecisionRow
from scp_cli.importing.sheets.referrals import ReferralRow
from scp_cli.importing.sheets.reviews import ReviewRow
from scp_cli.importing.sheets.row import Row

SHEETS: tuple[type[Row], ...] = (
    ReferralRow,
    ReferralDecisionRow,
    PersonRow,
    ConsentRow,
    KeyWorkerRow,
    MilestoneRow,
    ContactRow,
    AssessmentRow,
    PlanRow,
    ReviewRow,
)
"""In the order in which rows are recorded that happened and were entered at the same time."""


def columns_of(model: type[Row | Entry]) -> Columns:
    """Return the columns a sheet may and must have."""
    fields = model.model_fields
    needed = (name for name, field in fields.items() if field.is_required())
    return Columns(known=tuple(fields), needed=frozenset(needed))


COLUMNS = {model.NAME: columns_of(model) for model in SHEETS} | {
    model.NAME: columns_of(model) for model in REGISTERS
}
"""Of every file an import knows, by its name without ending."""

__all__ = ["COLUMNS", "SHEETS", "Columns", "Row", "columns_of"]
