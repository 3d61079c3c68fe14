"""A programme: what is stored for ever."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import Field

from scp_events.vocabulary import (
    Citation,
    Code,
    Event,
    EventId,
    Evidence,
    Fact,
    IdentifiedEvent,
    PolicyVersion,
    Refused,
    When,
    Word,
    members,
    named,
    replace,
)

# --- what a command and its event both say ----------------------------------------------------------------

Minutes = Annotated[int, Field(ge=1, le=100_000)]
Years = Annotated[int, Field(ge=0, le=130)]
"""Completed years of age."""


class OfAge(StrEnum):
    """Whom a variant is for, by the jurisdiction's age of majority on the day of enrolment."""

    MINORS = "minors"
    ADULTS = "adults"
    ANYBODY = "anybody"


class Variant(Word):
    """What one group of people does in a programme: how much of it, and in which phases."""

    code: Code
    of_age: OfAge
    session_count: Annotated[int, Field(ge=1, le=1_000)]
    session_minutes: Minutes
    """How long a session is at least."""
    total_minutes: Minutes
    """How much somebody has to attend for successful completion."""
    phases: tuple[Code, ...] = ()
    """In the order in which they are entered; none where the programme has no phases."""
    short_sessions_count: bool = True
    """Whether the minutes of a session shorter than `session_minutes` count towards the total."""


class Initiative(StrEnum):
    """What kind of programme it is: those of S3.3. None of them is a programme of another kind."""

    STRUCTURED_MENTORSHIP = "structured-mentorship"
    PEER_MENTORING = "peer-mentoring"
    SUPPORT_GROUP = "support-group"
    JOB_TRAINING = "job-training"
    LIFE_SKILLS = "life-skills"
    VOCATIONAL_TRAINING = "vocational-training"
    ANGER_MANAGEMENT = "anger-management"
    SUBSTANCE_ABUSE_COUNSELLING = "substance-abuse-counselling"


class Topic(StrEnum):
    """What is learnt in a part of a programme, where it is one of those of S3.6."""

    VOCATIONAL_TRAINING = "vocational-training"
    LITERACY = "literacy"
    SOFT_SKILLS = "soft-skills"
    EDUCATION = "education"
    BEHAVIOURAL_THERAPY = "behavioural-therapy"


class Module(Word):
    """A part of the content, such as a theme of one week."""

    code: Code
    title: Citation
    phase: Code | None = None
    topic: Topic | None = None


class Audience(Word):
    """Whom a programme admits, whatever their variant. What is left out admits everybody."""

    youngest_years: Years | None = None
    oldest_years: Years | None = None
    female_only: bool = False
    offence_severities: tuple[Code, ...] = ()


class Template(Word):
    """What a programme consists of and for whom it is: one version."""

    template_version: PolicyVersion
    title: Citation
    initiative: Initiative | None = None
    variants: Annotated[tuple[Variant, ...], Field(min_length=1, max_length=20)]
    modules: Annotated[tuple[Module, ...], Field(max_length=200)] = ()
    audience: Audience = Audience()
    venue_kinds: Annotated[tuple[Code, ...], Field(max_length=50)] = ()
    """Where it may be held, such as `community-centre`; none is anywhere."""
    gives_access_to: Annotated[tuple[Code, ...], Field(max_length=50)] = ()
    """Services that are open to whoever takes part, such as `counselling`."""
    evidence_base: Annotated[tuple[Citation, ...], Field(max_length=50)] = ()
    """On which research it is based."""


# --- events -----------------------------------------------------------------------------------------------


class ProgrammeDefined(IdentifiedEvent, Template):
    """An organisation said what a programme consists of, in its first version."""

    TITLE = "Programme defined: version {template_version}"
    type: Literal["programme.defined"] = "programme.defined"
    code: Code
    """What people call it."""


class ProgrammeRevised(IdentifiedEvent, Template):
    """The programme has a new version. Who is enrolled already keeps the one they were enrolled under."""

    TITLE = "Programme revised: version {template_version}"
    type: Literal["programme.revised"] = "programme.revised"


class ProgrammeRetired(IdentifiedEvent):
    """The programme admits nobody any more. Its versions stay readable, and who is enrolled goes on."""

    TITLE = "Programme retired: {reason_code}"
    type: Literal["programme.retired"] = "programme.retired"
    reason_code: Code


ProgrammeEvent: TypeAlias = ProgrammeDefined | ProgrammeRevised | ProgrammeRetired
EVENTS: tuple[type[ProgrammeEvent], ...] = members(ProgrammeEvent)

# --- what other aggregates need to know -------------------------------------------------------------------


@dataclass(frozen=True)
class Programme:
    """A programme as it stands: the version in force, the event that says so, and whether it was retired."""

    template: Template | None = None
    defined_as: EventId | None = None
    retired: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it admits anybody."""
        return self.template is not None and not self.retired

    @property
    def audience(self) -> Audience:
        """Return whom it admits; anybody, as far as was said."""
        return Audience() if self.template is None else self.template.audience

    @property
    def relied_on(self) -> tuple[EventId, ...]:
        """Return the version that was looked at."""
        return () if self.defined_as is None else (self.defined_as,)

    def in_force(self, code: Code, when: When) -> Template:
        """Return the version in force, also of a programme that was retired; refuse one never defined."""
        if self.template is None:
            raise Refused(
                "no-such-programme",
                f"programme {code} was not defined by {when}: `define-programme` first, or name another"
                " `programme`",
            )
        return self.template


def _follow(known: Programme, fact: Fact[Event]) -> Programme:
    match fact.event:
        case ProgrammeDefined() | ProgrammeRevised():
            return replace(known, template=fact.event, defined_as=fact.event_id)
        case ProgrammeRetired():
            return replace(known, retired=True)
    return known


def programme_called(code: Code) -> tuple[UUID]:
    """Return the stream of a programme, which belongs to no case."""
    return (named("programme", code).id,)


PROGRAMME = Evidence(
    Programme(),
    _follow,
    over=(ProgrammeDefined, ProgrammeRevised, ProgrammeRetired),
    others=lambda command, _by: programme_called(command.programme),
)
