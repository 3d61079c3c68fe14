"""What `scp-events demo` shows last: a person's data erased, and the log as whole as before."""

from __future__ import annotations

import psycopg

from scp_cli.answering import bring_up_to_date
from scp_cli.erasing import certificate_lines, data_directory, say
from scp_cli.headings import step
from scp_cli.output import show_rich
from scp_events import erasure
from scp_events.aggregates.record.commands import ApproveErasure, RequestErasure
from scp_events.aggregates.record.events import ErasureOrigin
from scp_events.case_file.story import brief, pairs
from scp_events.event_log import BlockingCommandHandler, LogReader
from scp_events.policy import CURRENT
from scp_events.projections import ALL as PROJECTIONS
from scp_events.replay import replay
from scp_events.vocabulary import (
    Actor,
    CaseId,
    Grounds,
    LegalBasis,
    OrganisationId,
    PersonId,
    Role,
    Views,
)

KEY_WORKER = Actor(
    id=PersonId("kw-avens"), role=Role.KEY_WORKER, organisation=OrganisationId("harbour-lights")
)
SUPERVISOR = Actor(
    id=PersonId("sv-hazel"), role=Role.SUPERVISOR, organisation=OrganisationId("harbour-lights")
)
"""Who asks and who approves: never one and the same."""


def erase_one(log: LogReader, handler: BlockingCommandHandler, case_id: CaseId) -> None:
    """Erase a person's data, unless that was done when the demo ran before."""
    reference = log.reference_of(case_id)
    step(15, f"{reference} is erased", "asked by one, approved by another: the key goes, the log stays whole")
    if not erasure.standing(log, case_id).erasure.is_approved:
        say(handler, case_id, RequestErasure(origin=ErasureOrigin.PARTICIPANT), KEY_WORKER)
        say(handler, case_id, ApproveErasure(decision=_grounds(log)), SUPERVISOR)
    certificate = erasure.carry_out(log, handler, case_id, PROJECTIONS, by=SUPERVISOR, data=data_directory())
    with psycopg.connect(log.conninfo, autocommit=True) as connection:
        bring_up_to_date(log, connection, PROJECTIONS)
    show_rich(pairs(certificate_lines(certificate), indent=2))
    show_rich("\n  What is left of the story:", brief(replay(log, case_id).story[:3], frozenset()))


def _grounds(log: LogReader) -> Grounds:
    return Grounds(
        reason_code="asked-for",
        reason_text="Was written down twice, and asked that this record goes.",
        legal_basis=LegalBasis(
            instrument="statute",
            act="Example Data Act",
            section="s. 17",
            valid_from=log.calendar.day_of(log.now()).replace(month=1, day=1),
        ),
        options_considered=("erase", "no-action"),
        views=Views(expressed="I want it gone."),
        policy_version=CURRENT.version,
    )
