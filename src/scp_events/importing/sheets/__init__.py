"""The sheets, one module each: a model names the columns; its `steps` are the commands a row stands for."""

from __future__ import annotations

from datetime import date
from typing import get_args

from scp_events.importing.reading import Columns
from scp_events.importing.registers import REGISTERS, Entry
from scp_events.importing.sheets.assessments import AssessmentRow
from scp_events.importing.sheets.consents import ConsentRow
from scp_events.importing.sheets.contacts import ContactRow
from scp_events.importing.sheets.key_workers import KeyWorkerRow
from scp_events.importing.sheets.milestones import MilestoneRow
from scp_events.importing.sheets.people import PersonRow
from scp_events.importing.sheets.plans import PlanRow
from scp_events.importing.sheets.referral_decisions import ReferralDecisionRow
from scp_events.importing.sheets.referrals import ReferralRow
from scp_events.importing.sheets.reviews import ReviewRow
from scp_events.importing.sheets.row import Row

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


def _is_a_day(annotation: object) -> bool:
    """Whether a column holds days, also where it may be blank: `Annotated[date, ...] | None`."""
    return annotation is date or any(_is_a_day(part) for part in get_args(annotation))


COLUMNS = {model.NAME: columns_of(model) for model in SHEETS} | {
    model.NAME: columns_of(model) for model in REGISTERS
}
"""Of every file an import knows, by its name without ending."""

_ALL: tuple[type[Row | Entry], ...] = (*SHEETS, *REGISTERS)
DAYS = {
    model.NAME: frozenset(name for name, field in model.model_fields.items() if _is_a_day(field.annotation))
    for model in _ALL
}
"""Of every file, the columns that hold days: each column is read in one order of day and month."""

__all__ = ["COLUMNS", "DAYS", "SHEETS", "Columns", "Row", "columns_of"]
