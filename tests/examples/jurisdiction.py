"""The jurisdiction of the tests: an invented one, and versions of the policy that it adopts."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from scp_events.aggregates import jurisdiction
from scp_events.aggregates.jurisdiction.commands import AdoptPolicy, ChangeProfile, DefineJurisdiction
from scp_events.aggregates.jurisdiction.events import (
    HOME,
    STREAM,
    CataloguedBasis,
    PolicyAdopted,
    RetentionRule,
)
from scp_events.event_log import BlockingCommandHandler, CommandRequest
from scp_events.policy import CURRENT
from scp_events.vocabulary import CommandId, Policy, Provenance, VariantMinutes
from tests.words import SUPERVISOR

DEFINE = DefineJurisdiction(
    title="An invented island",
    time_zone="UTC",
    legal_bases=(
        CataloguedBasis(
            code="child-justice",
            instrument="diversion-order",
            act="An invented Child Justice Act",
            section="s. 12",
            valid_from=date(2015, 12, 31),
        ),
    ),
    retention=(
        RetentionRule(
            record_kind="case-record",
            kept_years=7,
            counted_from="exit",
            citation="An invented Records Act, s. 3",
        ),
    ),
)
CHANGE = ChangeProfile(**(dict(DEFINE) | {"title": "Two invented islands"}))
FAR_OFF = date(2999, 1, 1)
"""Long after every test."""
MINORS_30H = CURRENT.model_copy(
    update={
        "version": "minors-30h",
        "variant_minutes": (
            VariantMinutes(programme="resocialisation", variant="minors", total_minutes=1800),
        ),
    }
)


def adopting(policy: Policy, first_day: date = FAR_OFF) -> AdoptPolicy:
    """Return the command that adopts a version for the days from one on."""
    return AdoptPolicy(policy=policy, in_force_from=first_day)


def adopted(policy: Policy, first_day: date = FAR_OFF) -> PolicyAdopted:
    """Return the event by which a version was adopted."""
    return PolicyAdopted(policy=policy, in_force_from=first_day)


def adopt(handler: BlockingCommandHandler, *policies: Policy, first_day: date = FAR_OFF) -> None:
    """Define the jurisdiction of a log, and adopt versions in it."""
    for command in (DEFINE, *(adopting(policy, first_day) for policy in policies)):
        handler.handle(
            CommandRequest(
                aggregate=jurisdiction,
                stream=STREAM,
                case_id=None,
                command=command,
                name=HOME,
                provenance=Provenance(command_id=CommandId(uuid4()), by=SUPERVISOR, purpose="casework"),
            )
        )
