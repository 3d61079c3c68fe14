"""A practitioner: what doors offer, and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from scp_events.aggregates.practitioner import events
from scp_events.aggregates.practitioner.events import (
    Candidacy,
    CompletedModule,
    Exam,
    OfCredential,
    OfExam,
    OfPractice,
    Practice,
    Validity,
)
from scp_events.vocabulary import (
    LEADING,
    STAFF,
    Command,
    DecisionCommand,
    IdentifiedCommand,
    Role,
    members,
)


class RegisterCandidate(IdentifiedCommand, Candidacy):
    """Say for which credential a member of staff studies, with whom, and what that asks for."""

    RECORDS = events.CandidateRegistered


class CompleteModule(IdentifiedCommand, CompletedModule):
    """Say that the candidate completed an online module."""

    RECORDS = events.ModuleCompleted


class LogPractice(IdentifiedCommand, Practice):
    """Write down practical experience."""

    RECORDS = events.PracticeLogged


class VerifyPractice(IdentifiedCommand, OfPractice):
    """Confirm, as somebody else, that the practice took place."""

    RECORDS = events.PracticeVerified


class SitExam(IdentifiedCommand, Exam):
    """Say how the examination came out in each area."""

    RECORDS = events.ExamSat


class PassExam(DecisionCommand, IdentifiedCommand, OfExam):
    """Decide that the examination was passed."""

    RECORDS = events.ExamPassed


class FailExam(DecisionCommand, IdentifiedCommand, OfExam):
    """Decide that the examination was not passed."""

    RECORDS = events.ExamFailed


class AwardCredential(DecisionCommand, IdentifiedCommand, Validity):
    """Certify the candidate."""

    RECORDS = events.CredentialAwarded


class RenewCredential(DecisionCommand, IdentifiedCommand, Validity):
    """Let the credential be valid for longer, or again."""

    RECORDS = events.CredentialRenewed


class SuspendCredential(DecisionCommand, IdentifiedCommand, OfCredential):
    """Let the credential not count for now."""

    RECORDS = events.CredentialSuspended


class ReinstateCredential(DecisionCommand, IdentifiedCommand, OfCredential):
    """Let the credential count again."""

    RECORDS = events.CredentialReinstated


class RevokeCredential(DecisionCommand, IdentifiedCommand, OfCredential):
    """Take the credential away."""

    RECORDS = events.CredentialRevoked


PractitionerCommand: TypeAlias = (
    RegisterCandidate
    | CompleteModule
    | LogPractice
    | VerifyPractice
    | SitExam
    | PassExam
    | FailExam
    | AwardCredential
    | RenewCredential
    | SuspendCredential
    | ReinstateCredential
    | RevokeCredential
)
COMMANDS: tuple[type[PractitionerCommand], ...] = members(PractitionerCommand)

MAY: Mapping[type[Command], frozenset[Role]] = {
    **dict.fromkeys(COMMANDS, LEADING),
    CompleteModule: STAFF,
    LogPractice: STAFF,
}
"""Which roles may send which command. Candidates say what they did, and others what it is worth."""
