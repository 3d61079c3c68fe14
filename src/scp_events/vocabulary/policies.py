"""The numbers the rules use: one version of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from scp_events.vocabulary.text import Code, NumberedVersion, PolicyVersion, Word

Count = Annotated[int, Field(ge=1, le=10_000)]


class Strictness(StrEnum):
    """How a register is asked about people, as of the time of the act: practitioners (S1.12), members."""

    OFF = "off"
    """Not at all: what the sender says of them counts, and what the sender's token says of the sender."""
    WARN = "warn"
    """It is recorded that what is asked for was missing."""
    REQUIRE = "require"
    """Where it is missing, the command is refused."""


class VariantMinutes(Word):
    """How much somebody has to attend in a variant of a programme, whatever the programme itself says."""

    programme: Code
    variant: Code
    total_minutes: Annotated[int, Field(ge=1, le=100_000)]


class Policy(Word):
    """One version of the numbers."""

    version: PolicyVersion
    draft_open_days: Count
    """A referral drafted and not submitted within so many days has to be drafted anew."""
    open_referrals_per_programme: Count
    """How many referrals of one young person to one programme may be open at once."""
    contacts_before_story: Annotated[int, Field(ge=0, le=10_000)]
    """Contacts held before a story can be called heard and understood: trust takes time."""
    caseload_capacity: Count
    """Young people per key worker above which a caseload is said to be too full."""
    credential_to_assess: Code | None = None
    """The credential an assessor must hold on the day, or None where none is asked for."""
    credential_of_key_worker: Code | None = None
    """The credential a key worker must hold on the day, or None where none is asked for."""
    credential_to_approve_irp: Code | None = None
    """The credential of whoever approves an IRP, or None where none is asked for."""
    credential_in_crisis: Code | None = None
    """The credential of whoever intervenes in a crisis, or None where none is asked for."""
    competence: Strictness = Strictness.OFF
    """How strictly whoever assesses, approves or intervenes is judged by the register of practitioners."""
    register_of_members: Strictness = Strictness.OFF
    """How strictly people whom a fact names are looked up among the members of their organisation."""
    agreement_to_refer: bool = False
    """Whether who refers or transfers somebody to another organisation has to name an agreement with it."""
    age_of_majority: Annotated[int, Field(ge=1, le=130)]
    """From the day on which somebody has completed so many years they are no minor any more. It stands here
    and nowhere else, because it decides what is asked of somebody."""
    mentor_training: Code | None = None
    """The course a mentor must have completed, or None where any will do."""
    days_between_match_reviews: Count
    """A match is reviewed again within so many days: whether it remains right changes."""
    criteria: NumberedVersion = "2025.1"
    """Which sets of criteria are asked of a referral: the latest that are not newer."""
    variant_minutes: Annotated[tuple[VariantMinutes, ...], Field(max_length=200)] = ()
    """Where whoever is enrolled from now on has to attend more or less than the programme says."""

    def total_minutes(self, programme: Code, variant: Code) -> int | None:
        """Return how much a variant asks for by this policy; None where that is left to the programme."""
        for each in self.variant_minutes:
            if (each.programme, each.variant) == (programme, variant):
                return each.total_minutes
        return None
