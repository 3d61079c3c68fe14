"""Feedback on the programme: what doors offer, and to whom. That something is published is an act, so now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from scp_events.aggregates.feedback import events
from scp_events.aggregates.feedback.events import (
    OfTestimony,
    Publication,
    Relationship,
    Satisfaction,
    Testimony,
)
from scp_events.vocabulary import (
    ENTERING,
    LEADING,
    STAFF,
    Act,
    Command,
    DecisionCommand,
    IdentifiedCommand,
    Role,
    members,
)


class RecordSatisfaction(IdentifiedCommand, Satisfaction):
    """Say how satisfied somebody is, with which instrument they were asked, and how."""

    RECORDS = events.SatisfactionRecorded


class RateRelationship(IdentifiedCommand, Relationship):
    """Say how the participant and their mentor or key worker get on, as one of the two sees it."""

    RECORDS = events.RelationshipRated


class GiveTestimony(IdentifiedCommand, Testimony):
    """Write down what the participant tells of the programme, in their own words."""

    RECORDS = events.TestimonyGiven


class WithdrawTestimony(Command, OfTestimony):
    """Say that the participant took their words back."""

    RECORDS = events.TestimonyWithdrawn


class PublishTestimony(Act, DecisionCommand, Publication):
    """Let an organisation publish a testimony from now on, as the participant consented to."""

    RECORDS = events.TestimonyPublished


class TakeDownTestimony(Act, DecisionCommand, Publication):
    """Say that an organisation publishes a testimony no longer."""

    RECORDS = events.TestimonyTakenDown


FeedbackCommand: TypeAlias = (
    RecordSatisfaction
    | RateRelationship
    | GiveTestimony
    | WithdrawTestimony
    | PublishTestimony
    | TakeDownTestimony
)
COMMANDS: tuple[type[FeedbackCommand], ...] = members(FeedbackCommand)

MAY: Mapping[type[Command], frozenset[Role]] = {
    **dict.fromkeys(COMMANDS, STAFF | ENTERING),
    PublishTestimony: LEADING,
    TakeDownTestimony: STAFF,
}
"""Which roles may send which command. To take something down nobody waits for those who lead."""
