"""A practitioner: what is stored for ever, and what others ask of it: who was competent when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias
from uuid import UUID

from pydantic import Field

from scp_events.policy import must_hold
from scp_events.vocabulary import (
    Actor,
    Bound,
    Code,
    Context,
    DecisionEvent,
    Event,
    EventId,
    Evidence,
    Fact,
    IdentifiedEvent,
    OfTheCase,
    OrganisationCode,
    PersonCode,
    PersonId,
    Refused,
    Stream,
    Strictness,
    Word,
    members,
    named,
    replace,
)

CATEGORY = "practitioner"

# --- what a command and its event both say ----------------------------------------------------------------


class Work(StrEnum):
    """What practitioners do in corrections and rehabilitation (S1.2)."""

    PROGRAMME_MANAGEMENT = "programme-management"
    CLIENT_SUPPORT = "client-support"


class Skill(StrEnum):
    """What a practitioner can be competent in: the six of S1.3. A policy asks for one by its word."""

    CASE_MANAGEMENT = "case-management"
    CURRICULUM_DEVELOPMENT = "curriculum-development"
    LEGAL_AND_ETHICAL = "legal-and-ethical"
    """What law and ethics ask of whoever works with vulnerable people."""
    NEEDS_ASSESSMENT = "needs-assessment"
    CRISIS_INTERVENTION = "crisis-intervention"
    RELAPSE_PREVENTION = "relapse-prevention"

    @property
    def work(self) -> Work:
        """Return for which work it is needed."""
        return Work.PROGRAMME_MANAGEMENT if self in _OF_PROGRAMMES else Work.CLIENT_SUPPORT


_OF_PROGRAMMES = {Skill.CURRICULUM_DEVELOPMENT, Skill.LEGAL_AND_ETHICAL}

Skills = Annotated[tuple[Skill, ...], Field(max_length=len(Skill))]


class OfCredential(Word):
    """Which credential it is about."""

    credential: Code


class Requirements(Word):
    """What a provider asks for before it awards: it varies from one to another (S1.4, S1.11)."""

    modules: Annotated[tuple[Code, ...], Field(max_length=200)]
    """The online modules to be completed."""
    practice_minutes: Annotated[int, Field(ge=0, le=1_000_000)]
    """Minutes of practice that somebody else has verified."""
    skills: Skills = ()
    """What whoever is certified is competent in, beyond what the credential is called after."""


class Candidacy(OfCredential):
    """For which credential somebody studies, with whom, and what that asks for."""

    provider: OrganisationCode
    requires: Requirements


class CompletedModule(OfCredential):
    """An online module."""

    module: Code


class Placement(StrEnum):
    """How practical experience is come by (S1.5)."""

    INTERNSHIP = "internship"
    VOLUNTEERING = "volunteering"
    EMPLOYMENT = "employment"


class Practice(OfCredential):
    """Practical experience: how much, and where."""

    minutes: Annotated[int, Field(ge=1, le=100_000)]
    placement: Placement
    host: OrganisationCode


class OfPractice(OfCredential):
    """Which practice it is about: the event that logged it."""

    practice: Annotated[EventId, OfTheCase()]


class Areas(Word):
    """The three areas of the examination (S1.6), each passed or not."""

    programme_development: bool
    client_interaction: bool
    community_collaboration: bool

    @property
    def all_passed(self) -> bool:
        """Whether none is missing."""
        return self.programme_development and self.client_interaction and self.community_collaboration


class Exam(OfCredential):
    """An examination, as it came out in each area."""

    areas: Areas


class OfExam(OfCredential):
    """Which examination it is about: the event that says it was sat."""

    exam: Annotated[EventId, OfTheCase()]


class Validity(OfCredential):
    """From when until when a credential is valid; both days belong to it."""

    valid_from: Annotated[
        date,
        Bound(
            none_because="a provider may say an earlier day or a later one: rules ask on the day of the act"
        ),
    ]
    valid_until: Annotated[date | None, Bound(not_before="valid_from")] = None
    """None is without an end. It lapses by itself."""


# --- events -----------------------------------------------------------------------------------------------


class CandidateRegistered(IdentifiedEvent, Candidacy):
    """A member of staff began to study for a credential."""

    TITLE = "Registered as a candidate: for {credential}, with {provider}"
    type: Literal["practitioner.candidate-registered"] = "practitioner.candidate-registered"
    code: PersonCode
    """Whose practitioner's record this is."""


class ModuleCompleted(IdentifiedEvent, CompletedModule):
    """The candidate completed an online module."""

    TITLE = "Module completed: {module}, for {credential}"
    type: Literal["practitioner.module-completed"] = "practitioner.module-completed"


class PracticeLogged(IdentifiedEvent, Practice):
    """The candidate gained practical experience; it counts once somebody else has verified it."""

    TITLE = "Practice logged: {minutes} minutes, {placement} with {host}"
    type: Literal["practitioner.practice-logged"] = "practitioner.practice-logged"
    logged_by: Actor


class PracticeVerified(IdentifiedEvent, OfPractice):
    """Somebody else confirmed the practice."""

    TITLE = "Practice verified: for {credential}"
    type: Literal["practitioner.practice-verified"] = "practitioner.practice-verified"


class ExamSat(IdentifiedEvent, Exam):
    """The candidate sat the examination."""

    TITLE = "Examination sat: for {credential}"
    type: Literal["practitioner.exam-sat"] = "practitioner.exam-sat"


class ExamPassed(DecisionEvent, IdentifiedEvent, OfExam):
    """The examination was passed, in all three areas."""

    TITLE = "Examination passed: for {credential}"
    type: Literal["practitioner.exam-passed"] = "practitioner.exam-passed"


class ExamFailed(DecisionEvent, IdentifiedEvent, OfExam):
    """The examination was not passed; it can be sat again."""

    TITLE = "Examination failed: for {credential}"
    type: Literal["practitioner.exam-failed"] = "practitioner.exam-failed"


class CredentialAwarded(DecisionEvent, IdentifiedEvent, Validity):
    """The candidate was certified."""

    TITLE = "Credential awarded: {credential}, from {valid_from}"
    type: Literal["practitioner.credential-awarded"] = "practitioner.credential-awarded"
    skills: Skills = ()
    """What the provider taught, as it stood."""


class CredentialRenewed(DecisionEvent, IdentifiedEvent, Validity):
    """The credential is valid for longer, or again."""

    TITLE = "Credential renewed: {credential}, from {valid_from}"
    type: Literal["practitioner.credential-renewed"] = "practitioner.credential-renewed"


class CredentialSuspended(DecisionEvent, IdentifiedEvent, OfCredential):
    """The credential does not count for now."""

    TITLE = "Credential suspended: {credential}, {decision.reason_code}"
    type: Literal["practitioner.credential-suspended"] = "practitioner.credential-suspended"


class CredentialReinstated(DecisionEvent, IdentifiedEvent, OfCredential):
    """The credential counts again, for as long as it is valid."""

    TITLE = "Credential reinstated: {credential}, {decision.reason_code}"
    type: Literal["practitioner.credential-reinstated"] = "practitioner.credential-reinstated"


class CredentialRevoked(DecisionEvent, IdentifiedEvent, OfCredential):
    """The credential was taken away. To be certified again, the examination is to be passed anew."""

    TITLE = "Credential revoked: {credential}, {decision.reason_code}"
    type: Literal["practitioner.credential-revoked"] = "practitioner.credential-revoked"


PractitionerEvent: TypeAlias = (
    CandidateRegistered
    | ModuleCompleted
    | PracticeLogged
    | PracticeVerified
    | ExamSat
    | ExamPassed
    | ExamFailed
    | CredentialAwarded
    | CredentialRenewed
    | CredentialSuspended
    | CredentialReinstated
    | CredentialRevoked
)
EVENTS: tuple[type[PractitionerEvent], ...] = members(PractitionerEvent)

# --- who was competent when -------------------------------------------------------------------------------


class Period(NamedTuple):
    """Days on which a credential is valid, both ends included, and the event that says so."""

    said_as: EventId
    first: date
    last: date | None


@dataclass(frozen=True)
class Standing:
    """How a credential stands: for which days it was given, and whether it counts at all."""

    periods: tuple[Period, ...] = ()
    skills: frozenset[Skill] = frozenset()
    suspended: bool = False
    revoked: bool = False

    def held_as(self, day: date) -> EventId | None:
        """Return the event by which it was valid on a day; None where it was not. It lapses by itself."""
        if self.suspended:
            return None
        valid = (p for p in reversed(self.periods) if p.first <= day and (p.last is None or day <= p.last))
        return next((period.said_as for period in valid), None)


def stands_after(standing: Standing, event: Event) -> Standing:
    """Return how a credential stands after an event about it."""
    match event:
        case CredentialAwarded():
            period = Period(event.event_id, event.valid_from, event.valid_until)
            return Standing((*standing.periods, period), frozenset(event.skills), standing.suspended)
        case CredentialRenewed():
            period = Period(event.event_id, event.valid_from, event.valid_until)
            return replace(standing, periods=(*standing.periods, period), revoked=False)
        case CredentialSuspended():
            return replace(standing, suspended=True)
        case CredentialReinstated():
            return replace(standing, suspended=False)
        case CredentialRevoked():
            return Standing(revoked=True)
    return standing


Held: TypeAlias = tuple[UUID, Code]
"""Whose stream, and which credential."""


@dataclass(frozen=True)
class Credentials:
    """How credentials stood at the time of an act, of whoever is looked at."""

    standings: Mapping[Held, Standing] = field(default_factory=dict)

    def held_as(self, person: PersonId, asked_for: Code, day: date) -> EventId | None:
        """Return the event by which somebody held what is asked for on a day; None where they did not.

        That is a credential of this name, or one that comes with this skill.
        """
        whose = stream_of(person).id
        fitting = (
            standing.held_as(day)
            for (of, credential), standing in self.standings.items()
            if of == whose and asked_for in {credential, *standing.skills}
        )
        return next((held_as for held_as in fitting if held_as is not None), None)


def stream_of(person: PersonId) -> Stream:
    """Return the practitioner's stream of a member of staff."""
    return named(CATEGORY, person)


def whoever_acts(_command: Any, by: Actor) -> tuple[UUID, ...]:  # noqa: ANN401 - of any command
    """Return the stream to look at for a command that needs a competent person."""
    return (stream_of(by.id).id,)


def _certify(known: Credentials, fact: Fact[Event]) -> Credentials:
    match fact.event:
        case (
            CredentialAwarded(credential=credential)
            | CredentialRenewed(credential=credential)
            | CredentialSuspended(credential=credential)
            | CredentialReinstated(credential=credential)
            | CredentialRevoked(credential=credential)
        ):
            held = (fact.stream.id, credential)
            standing = stands_after(known.standings.get(held, Standing()), fact.event)
            return replace(known, standings={**known.standings, held: standing})
    return known


CREDENTIALS = Evidence(
    Credentials(),
    _certify,
    over=(
        CredentialAwarded,
        CredentialRenewed,
        CredentialSuspended,
        CredentialReinstated,
        CredentialRevoked,
    ),
    others=whoever_acts,
)


class Competence(Word):
    """What was asked of whoever acted, how strictly, and by which event they held it at the time."""

    credential: Code
    strictness: Strictness
    held_as: EventId | None
    """None where it was not held, and the policy only warns."""


class ByCompetence(Word):
    """What an event says of whoever acted, where a policy asks for a credential."""

    competence: Competence | None = None
    """None where the policy does not ask the register of practitioners."""


def must_be_competent(
    known: Credentials,
    credential: Code | None,
    context: Context,
    person: PersonId | None = None,
) -> Competence | None:
    """Judge whoever acted by the credential a policy asks for; refuse where the policy requires it.

    That is whoever reports it, unless the report says that it was somebody else: `person`.
    Return None where the register of practitioners is not asked. What was so at the time of the act counts,
    whatever became of the credential since.
    """
    policy = context.policy
    if credential is None:
        return None
    if policy.competence is Strictness.OFF:
        must_hold(context.by, credential, policy)
        return None
    person = person or context.author.id
    held_as = known.held_as(person, credential, context.when.day)
    if held_as is None and policy.competence is Strictness.REQUIRE:
        raise Refused(
            "credential-missing",
            f"{person} did not hold {credential} on {context.when.day.isoformat()}, and policy"
            f" {policy.version} requires it: let somebody act who holds it, or `award-credential` first",
        )
    return Competence(credential=credential, strictness=policy.competence, held_as=held_as)
