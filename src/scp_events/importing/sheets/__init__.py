"""The sheets: a model names the columns; its `steps` are the commands a row stands for.

Those that are written by hand have a module each; all others are drawn from the commands of an aggregate.
"""

from __future__ import annotations

from datetime import date
from typing import get_args

from pydantic.fields import FieldInfo

from scp_events.aggregates import assessment, consent, engagement, irp, participant, referral
from scp_events.importing.reading import Columns
from scp_events.importing.registers import REGISTERS, Entry
from scp_events.importing.sheets.assessments import AssessmentRow
from scp_events.importing.sheets.consents import ConsentRow
from scp_events.importing.sheets.contacts import ContactRow
from scp_events.importing.sheets.derived import derived_sheets
from scp_events.importing.sheets.key_workers import KeyWorkerRow
from scp_events.importing.sheets.milestones import MilestoneRow
from scp_events.importing.sheets.people import PersonRow
from scp_events.importing.sheets.plans import PlanRow
from scp_events.importing.sheets.referral_decisions import ReferralDecisionRow
from scp_events.importing.sheets.referrals import ReferralRow
from scp_events.importing.sheets.reviews import ReviewRow
from scp_events.importing.sheets.row import Row

BY_HAND: tuple[type[Row], ...] = (
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
"""They say in few columns what a case needs every day, some of them of several streams."""
_HAVE_SHEETS = (referral, participant, engagement, consent, assessment, irp)
"""The aggregates that those are about."""
DERIVED = derived_sheets(BY_HAND, [aggregate.CATEGORY for aggregate in _HAVE_SHEETS])
"""Every other aggregate has a sheet that follows from its commands."""
SHEETS: tuple[type[Row], ...] = (*BY_HAND, *DERIVED)
"""In the order in which rows are recorded that happened and were entered at the same time."""


def fields_of(model: type[Row | Entry]) -> dict[str, FieldInfo]:
    """Return the columns of a sheet, and what they hold."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def columns_of(model: type[Row | Entry]) -> Columns:
    """Return the columns a sheet may and must have."""
    fields = fields_of(model)
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
    model.NAME: frozenset(name for name, field in fields_of(model).items() if _is_a_day(field.annotation))
    for model in _ALL
}
"""Of every file, the columns that hold days: each column is read in one order of day and month."""

__all__ = ["COLUMNS", "DAYS", "DERIVED", "SHEETS", "Columns", "Row", "columns_of", "fields_of"]
