"""Plainly invented people, grounds and dates, for every test to share."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from scp_events.vocabulary import (
    Actor,
    CaseId,
    Decision,
    EventId,
    Grounds,
    IrpId,
    LegalBasis,
    OrganisationId,
    PersonId,
    ReferralId,
    Role,
    Views,
)

MONDAY = date(2025, 3, 3)
FRIDAY = date(2025, 3, 7)
NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)

PARTICIPANT = CaseId(UUID("11111111-1111-4111-8111-111111111111"))
REFERRAL = ReferralId(UUID("22222222-2222-4222-8222-222222222222"))
IRP = IrpId(UUID("33333333-3333-4333-8333-333333333333"))
NEXT_IRP = IrpId(UUID("44444444-4444-4444-8444-444444444444"))


def event_id(number: int) -> EventId:
    """Return the same invented event id for the same number."""
    return EventId(UUID(int=(7 << 76) | (2 << 62) | number))


def person(name: str, role: Role = Role.KEY_WORKER, *credentials: str) -> Actor:
    """Return somebody who works for the programme."""
    return Actor(
        id=PersonId(name),
        role=role,
        organisation=OrganisationId("second-chance"),
        credentials=credentials,
    )


KEY_WORKER = person("kw-juniper", Role.KEY_WORKER, "needs-assessment")
OTHER_KEY_WORKER = person("kw-marigold")
SUPERVISOR = person("sv-rowan", Role.SUPERVISOR)
REFERRER = Actor(id=PersonId("po-thistle"), role=Role.POLICE_OFFICER, organisation=OrganisationId("police"))
ROBOT = Actor(
    id=PersonId("risk-model"), role=Role.SERVICE, organisation=OrganisationId("second-chance"), kind="system"
)

LEGAL_BASIS = LegalBasis(
    instrument="statute",
    act="Example Child Justice Act",
    section="s. 17(1)",
    valid_from=date(2015, 1, 1),
)


def grounds(reason_code: str = "meets-criteria", **changes: object) -> Grounds:
    """Return full grounds for a decision; name what should differ."""
    return Grounds.model_validate(_said(reason_code) | changes)


def decision(by: Actor = SUPERVISOR, reason_code: str = "meets-criteria", **changes: object) -> Decision:
    """Return a decision on full grounds; name what should differ."""
    return Decision.model_validate(_said(reason_code) | {"by": by} | changes)


def _said(reason_code: str) -> dict[str, object]:
    return {
        "reason_code": reason_code,
        "reason_text": "An invented reason, long enough to be read.",
        "legal_basis": LEGAL_BASIS,
        "options_considered": ("proceed", "no-action"),
        "views": Views(expressed="I want to try this."),
        "policy_version": "2025.1",
    }
