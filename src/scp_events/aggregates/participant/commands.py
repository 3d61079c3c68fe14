"""A young person, as they are known to the programme: what doors offer."""

from __future__ import annotations

from typing import TypeAlias

from scp_events.aggregates.participant import events
from scp_events.aggregates.participant.events import PersonalDetails, WordsOfTheOther
from scp_events.vocabulary import (
    Act,
    CaseId,
    Command,
    DecisionCommand,
    IdentifiedCommand,
    ReferralId,
    members,
)


class Register(IdentifiedCommand, PersonalDetails):
    """Take a young person on, through an accepted referral or by themselves."""

    RECORDS = events.ParticipantRegistered
    referral_id: ReferralId | None = None


class RecordDeath(Command):
    """Say that the young person died."""

    RECORDS = events.ParticipantDied


class ProposeIdentityLink(Act, DecisionCommand):
    """Say that another record is of the same person; somebody else has to confirm it."""

    RECORDS = events.IdentityLinkProposed
    other: CaseId
    recognised_by: WordsOfTheOther | None = None


class ConfirmIdentityLink(Act, DecisionCommand):
    """Confirm, as a second person, that another record is of the same person."""

    RECORDS = events.IdentityLinked
    other: CaseId


class ProposeIdentityUnlink(Act, DecisionCommand):
    """Say that a linked record is another person's after all; somebody else has to confirm it."""

    RECORDS = events.IdentityUnlinkProposed
    other: CaseId


class ConfirmIdentityUnlink(Act, DecisionCommand):
    """Confirm, as a second person, that a linked record is another person's."""

    RECORDS = events.IdentityUnlinked
    other: CaseId


ParticipantCommand: TypeAlias = (
    Register
    | RecordDeath
    | ProposeIdentityLink
    | ConfirmIdentityLink
    | ProposeIdentityUnlink
    | ConfirmIdentityUnlink
)
COMMANDS: tuple[type[ParticipantCommand], ...] = members(ParticipantCommand)
