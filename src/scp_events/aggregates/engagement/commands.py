"""Working with a young person: what doors offer. Whoever sends a command is who heard, agreed or decided."""

from __future__ import annotations

from typing import TypeAlias

from scp_events.aggregates.engagement import events
from scp_events.aggregates.engagement.events import Choice, ContactDetails, Leaving, Story
from scp_events.vocabulary import (
    Actor,
    Command,
    DecisionCommand,
    IdentifiedCommand,
    Narrative,
    PolicyVersion,
    members,
)


class AgreeBoundaries(DecisionCommand):
    """Say what the participant and you agreed."""

    RECORDS = events.BoundariesAgreed
    boundaries: Narrative


class DeclineBoundaries(DecisionCommand):
    """Say that the participant does not agree, for now."""

    RECORDS = events.BoundariesDeclined


class RecordContact(IdentifiedCommand, ContactDetails):
    """Say who met the participant, and what became of it."""

    RECORDS = events.ContactRecorded


class RecordStory(IdentifiedCommand, Story):
    """Write down what the participant told you."""

    RECORDS = events.StoryRecorded


class ConfirmStory(Command):
    """Say that the participant confirmed to you that their story was understood."""

    RECORDS = events.StoryConfirmed
    policy_version: PolicyVersion


class RecordChoice(IdentifiedCommand, Choice):
    """Write down what the participant chose."""

    RECORDS = events.ChoiceRecorded


class AssignKeyWorker(DecisionCommand):
    """Give the participant a key worker."""

    RECORDS = events.KeyWorkerAssigned
    key_worker: Actor


class HandOver(DecisionCommand):
    """Give the participant another key worker."""

    RECORDS = events.KeyWorkerChanged
    to_key_worker: Actor
    handover_note: Narrative


class Pause(DecisionCommand):
    """Let the participant take a break."""

    RECORDS = events.ParticipationPaused


class Resume(DecisionCommand):
    """End the break."""

    RECORDS = events.ParticipationResumed


class Exit(DecisionCommand, Leaving):
    """Let the participant go, with a plan for afterwards, or saying why there is none."""

    RECORDS = events.ParticipantExited


class ReEngage(DecisionCommand):
    """Take the participant back."""

    RECORDS = events.ParticipantReEngaged


EngagementCommand: TypeAlias = (
    AgreeBoundaries
    | DeclineBoundaries
    | RecordContact
    | RecordStory
    | ConfirmStory
    | RecordChoice
    | AssignKeyWorker
    | HandOver
    | Pause
    | Resume
    | Exit
    | ReEngage
)
COMMANDS: tuple[type[EngagementCommand], ...] = members(EngagementCommand)
