"""The decisions: one folder an aggregate, each pure rules that turn commands into events."""

from scp_events.aggregates import (
    agreement,
    assessment,
    concern,
    consent,
    engagement,
    enrolment,
    feedback,
    irp,
    jurisdiction,
    match,
    mentor,
    observation,
    offence,
    organisation,
    participant,
    practitioner,
    programme,
    record,
    referral,
    sanction,
    session,
    support,
)
from scp_events.vocabulary import AnyAggregate

ALL: tuple[AnyAggregate, ...] = (
    jurisdiction,
    organisation,
    agreement,
    programme,
    practitioner,
    session,
    mentor,
    referral,
    participant,
    engagement,
    consent,
    concern,
    assessment,
    irp,
    support,
    offence,
    sanction,
    observation,
    enrolment,
    match,
    feedback,
    record,
)
"""Every aggregate, in the order in which a young person meets them. Doors, drawings and tests follow it."""

BY_CATEGORY = {aggregate.CATEGORY: aggregate for aggregate in ALL}
