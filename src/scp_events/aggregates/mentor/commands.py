"""A mentor: what doors offer, and to whom. That a place is taken or freed is said by a match."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from scp_events.aggregates.mentor import events
from scp_events.aggregates.mentor.events import (
    Application,
    BackgroundCheck,
    Capacity,
    Offer,
    Supervision,
    Training,
)
from scp_events.aggregates.organisation.events import UnderPolicy
from scp_events.vocabulary import (
    ENTERING,
    LEADING,
    STAFF,
    Command,
    DecisionCommand,
    IdentifiedCommand,
    Role,
    members,
)


class ApplyAsMentor(IdentifiedCommand, Application):
    """Say that somebody offers to be a mentor, and what they offer."""

    RECORDS = events.MentorApplied


class ChangeMentorOffer(IdentifiedCommand, Offer):
    """Say what the mentor offers from now on, and where they live, as a whole."""

    RECORDS = events.MentorOfferChanged


class BeginMentorScreening(Command):
    """Begin to find out whether young people are safe with them."""

    RECORDS = events.MentorScreeningBegun


class RecordBackgroundCheck(DecisionCommand, IdentifiedCommand, BackgroundCheck):
    """Say what a background check came to, and until when it is valid."""

    RECORDS = events.BackgroundCheckRecorded


class RecordMentorTraining(IdentifiedCommand, Training):
    """Say which training the mentor completed."""

    RECORDS = events.MentorTrainingCompleted


class ApproveMentor(DecisionCommand, IdentifiedCommand):
    """Trust the mentor with young people."""

    RECORDS = events.MentorApproved


class RecordMentorSupervision(IdentifiedCommand, Supervision, UnderPolicy):
    """Say that somebody talked the mentor's work over with them."""

    RECORDS = events.MentorSupervisionHeld


class ChangeMentorCapacity(Command):
    """Say for how many young people at once the mentor can be there from now on."""

    RECORDS = events.MentorCapacityChanged
    capacity: Capacity


class SuspendMentor(DecisionCommand):
    """Let the mentor begin nothing with a young person for the time being."""

    RECORDS = events.MentorSuspended


class ReinstateMentor(DecisionCommand):
    """Let the mentor begin with young people again."""

    RECORDS = events.MentorReinstated


class ExitMentor(DecisionCommand):
    """Say that the mentor is one no longer."""

    RECORDS = events.MentorExited


MentorCommand: TypeAlias = (
    ApplyAsMentor
    | ChangeMentorOffer
    | BeginMentorScreening
    | RecordBackgroundCheck
    | RecordMentorTraining
    | ApproveMentor
    | RecordMentorSupervision
    | ChangeMentorCapacity
    | SuspendMentor
    | ReinstateMentor
    | ExitMentor
)
COMMANDS: tuple[type[MentorCommand], ...] = members(MentorCommand)

MAY: Mapping[type[Command], frozenset[Role]] = {
    **dict.fromkeys(COMMANDS, LEADING),
    ApplyAsMentor: STAFF | ENTERING,
    ChangeMentorOffer: STAFF | ENTERING,
    BeginMentorScreening: STAFF,
    RecordMentorTraining: STAFF | ENTERING,
    RecordMentorSupervision: STAFF | ENTERING,
    ChangeMentorCapacity: STAFF | ENTERING,
    SuspendMentor: STAFF,
}
"""Which roles may send which command. To suspend somebody nobody waits for those who lead."""
