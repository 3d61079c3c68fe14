"""A support episode: what is stored for ever.

What a young person is helped with, what they owe, what they do and where they live tell of them, so all of it
is encrypted with the key of their words. A court and the day of a hearing would find them in a court's list,
so those go with the key of who they are. How the work goes on, who does it and how it ended is not encrypted.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from scp_events.aggregates.agreement.events import Resting
from scp_events.aggregates.engagement.events import Medium
from scp_events.aggregates.irp.events import GoalOutcome
from scp_events.aggregates.organisation.events import ByRegister, UnderPolicy
from scp_events.aggregates.practitioner.events import ByCompetence
from scp_events.vocabulary import (
    OCCURRED,
    Amount,
    Bound,
    CoreCode,
    Currency,
    DecisionEvent,
    Erased,
    EventId,
    IdentifiedEvent,
    Narrative,
    OfTheCase,
    OrganisationCode,
    Personal,
    PersonalDate,
    PersonCode,
    PolicyVersion,
    TellingCode,
    Word,
    members,
)

# --- what a command and its event both say ----------------------------------------------------------------


class SupportKind(StrEnum):
    """What is done for somebody: the nine kinds of S2.17."""

    ACCOMPANYING_IN_COURT = "accompanying-in-court"
    PAROLE_APPLICATION = "parole-application"
    REPORTING_AND_STATEMENTS = "reporting-and-statements"
    """The steps for reporting to serve a sentence, or for making a statement to the police."""
    PREVENTIVE_WORK = "preventive-work"
    EXPLAINING_LEGAL_TERMS = "explaining-legal-terms"
    DEALING_WITH_AUTHORITIES = "dealing-with-authorities"
    DEBT = "debt"
    LIFE_WITH_A_SENTENCE = "life-with-a-sentence"
    """Complicated situations in life that come with serving a prison sentence."""
    SOCIAL_TRAINING = "social-training"


class Area(StrEnum):
    """In which area of life: the six of S2.14, and what S3.2 adds."""

    DEBTS = "debts"
    FINANCE = "finance"
    WORK = "work"
    HOUSING = "housing"
    CRIMINAL_LAW = "criminal-law"
    MENTAL_HEALTH = "mental-health"
    SUBSTANCES = "substances"
    SOCIAL_SKILLS = "social-skills"


class DebtMeans(StrEnum):
    """By which means a debt, or the risk of one, is reduced: the seven of S2.6."""

    INSTALMENT_CALENDAR = "instalment-calendar"
    BANKRUPTCY_APPROVED = "bankruptcy-approved"
    DEBT_REDUCED = "debt-reduced"
    """Or it grows no more."""
    DISTRAINTS_CONSOLIDATED = "distraints-consolidated"
    RECOVERY_COSTS_REDUCED = "recovery-costs-reduced"
    UNJUSTIFIED_DISTRAINT_STOPPED = "unjustified-distraint-stopped"
    ARBITRATION_CLAUSE_NULLIFIED = "arbitration-clause-nullified"


class EmploymentStatus(StrEnum):
    """How somebody stands in work and education: the seven of S2.7, and that there is neither."""

    FOUND_JOB = "found-job"
    KEPT_JOB = "kept-job"
    SHORT_TERM_WORK = "short-term-work"
    REQUALIFICATION_COURSE = "requalification-course"
    COMMUNITY_WORK = "community-work"
    RESUMED_EDUCATION = "resumed-education"
    CONTINUED_AT_INSTITUTION = "continued-at-institution"
    NEITHER = "neither"


class HousingStatus(StrEnum):
    """Where somebody lives."""

    OWN_HOME = "own-home"
    WITH_FAMILY = "with-family"
    WITH_FRIENDS = "with-friends"
    SUPPORTED_HOUSING = "supported-housing"
    SHELTER = "shelter"
    INSTITUTION = "institution"
    NO_HOME = "no-home"


TellingAmount = Annotated[Amount | Erased, Personal("narrative")]
TellingKind = Annotated[SupportKind | Erased, Personal("narrative")]
TellingAreas = Annotated[tuple[Area, ...] | Erased, Personal("narrative")]
TellingMeans = Annotated[tuple[DebtMeans, ...] | Erased, Personal("narrative")]
TellingEmployment = Annotated[EmploymentStatus | Erased, Personal("narrative")]
TellingHousing = Annotated[HousingStatus | Erased, Personal("narrative")]
Minutes = Annotated[int, Field(ge=1, le=24 * 60)]


class Request(Word):
    """What somebody is to be helped with."""

    kind: TellingKind
    areas: TellingAreas
    request: Narrative
    need: Annotated[EventId | None, OfTheCase()] = None
    """The event that identified the need it serves, where a plan names one."""


class Effort(Word):
    """What was done, for how long, and by whom."""

    minutes: Minutes
    medium: Medium
    done_by: PersonCode
    account: Narrative


class Hearing(Word):
    """A hearing at which somebody was accompanied."""

    court: CoreCode
    hearing_on: Annotated[PersonalDate, Bound(not_after=OCCURRED, years_before=5)]
    """The day on which the hearing began: one may go on for days."""
    hearing_outcome: TellingCode
    """Such as `adjourned`, `sentenced`, `case-dismissed`."""
    accompanied_by: PersonCode


class Crisis(Effort):
    """What was done in a crisis, and how the young person was afterwards."""

    afterwards: TellingCode
    """Such as `safe-at-home`, `in-hospital`, `still-in-danger`."""
    policy_version: PolicyVersion
    """The version of the rules that says who may intervene."""


class DebtPosition(Word):
    """What somebody owes in all, in one currency, and what is done about it."""

    currency: Currency
    owed: TellingAmount
    monthly_instalment: TellingAmount | None = None
    means: TellingMeans


class Employment(Word):
    """How somebody stands in work and education."""

    employment: TellingEmployment
    note: Narrative | None = None


class Housing(Word):
    """Where somebody lives."""

    housing: TellingHousing
    note: Narrative | None = None


class SupportResult(Word):
    """What came of the support so far."""

    outcome: GoalOutcome
    note: Narrative | None = None


class SupportEnd(StrEnum):
    """How an episode ended."""

    RESOLVED = "resolved"
    UNRESOLVED = "unresolved"
    TRANSFERRED = "transferred"


class Closing(Resting):
    """How an episode ended; where it was transferred, who goes on and on which agreement that rests."""

    closed_as: SupportEnd
    transferred_to: OrganisationCode | None = None


# --- events -----------------------------------------------------------------------------------------------


class SupportRequested(IdentifiedEvent, Request):
    """Somebody asked that the young person be helped with something."""

    TITLE = "Support requested"
    type: Literal["support.requested"] = "support.requested"


class SupportOpened(DecisionEvent):
    """Somebody decided to help."""

    TITLE = "Support opened"
    type: Literal["support.opened"] = "support.opened"


class SupportActionRecorded(IdentifiedEvent, Effort, UnderPolicy, ByRegister):
    """Something was done for the young person."""

    TITLE = "Support given: {minutes} minutes, {medium}"
    type: Literal["support.action-recorded"] = "support.action-recorded"


class CourtAccompanied(IdentifiedEvent, Hearing, UnderPolicy, ByRegister):
    """Somebody went to court with the young person."""

    TITLE = "Accompanied to court: by {accompanied_by}"
    type: Literal["support.court-accompanied"] = "support.court-accompanied"


class CrisisInterventionRecorded(IdentifiedEvent, Crisis, ByCompetence, ByRegister):
    """Somebody stood by the young person in a crisis."""

    TITLE = "Crisis intervention: {minutes} minutes, {medium}"
    type: Literal["support.crisis-intervention-recorded"] = "support.crisis-intervention-recorded"


class DebtPositionRecorded(IdentifiedEvent, DebtPosition):
    """What the young person owed was added up."""

    TITLE = "Debt position recorded: in {currency}"
    type: Literal["support.debt-position-recorded"] = "support.debt-position-recorded"


class EmploymentStatusRecorded(IdentifiedEvent, Employment):
    """How the young person stood in work and education became known."""

    TITLE = "Employment and education recorded"
    type: Literal["support.employment-status-recorded"] = "support.employment-status-recorded"


class HousingStatusRecorded(IdentifiedEvent, Housing):
    """Where the young person lived became known."""

    TITLE = "Housing recorded"
    type: Literal["support.housing-status-recorded"] = "support.housing-status-recorded"


class SupportOutcomeRecorded(IdentifiedEvent, SupportResult):
    """It was recorded what came of the support."""

    TITLE = "Outcome of the support recorded: {outcome}"
    type: Literal["support.outcome-recorded"] = "support.outcome-recorded"


class SupportClosed(DecisionEvent, Closing):
    """Somebody decided that the episode ended, and how."""

    TITLE = "Support closed: {closed_as}"
    type: Literal["support.closed"] = "support.closed"


class SupportReopened(DecisionEvent):
    """Somebody decided to go on with an episode that was closed."""

    TITLE = "Support reopened"
    type: Literal["support.reopened"] = "support.reopened"


SupportEvent: TypeAlias = (
    SupportRequested
    | SupportOpened
    | SupportActionRecorded
    | CourtAccompanied
    | CrisisInterventionRecorded
    | DebtPositionRecorded
    | EmploymentStatusRecorded
    | HousingStatusRecorded
    | SupportOutcomeRecorded
    | SupportClosed
    | SupportReopened
)
EVENTS: tuple[type[SupportEvent], ...] = members(SupportEvent)
