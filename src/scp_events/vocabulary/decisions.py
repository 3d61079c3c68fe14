"""Decisions: on which grounds, on what authority, and who is answerable."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from scp_events.vocabulary.bounds import OCCURRED, Bound
from scp_events.vocabulary.ids import EventId, Position
from scp_events.vocabulary.naming import OfTheCase
from scp_events.vocabulary.people import Actor
from scp_events.vocabulary.personal import Citation, CoreDetail, Narrative
from scp_events.vocabulary.refusal import Refused
from scp_events.vocabulary.text import Code, PolicyVersion, Word


class LegalBasis(Word):
    """The authority a decision stands on, and the days on which it was in force."""

    instrument: Code
    """Such as `court-order`, `diversion-order`, `licence-condition`, `statute`, `consent`."""
    act: Citation
    section: Citation
    reference: CoreDetail | None = None
    """The number of the order or licence in this case: whoever has it finds the person in a court's list."""
    valid_from: Annotated[
        date, Bound(none_because="a law may be as old as it likes; the decision is compared")
    ]
    valid_to: Annotated[date | None, Bound(not_before="valid_from")] = None

    def in_force_on(self, day: date) -> bool:
        """Both ends belong to the time in force."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Views(Word):
    """What the young person said about the decision, or why they were not asked."""

    expressed: Narrative | None = None
    not_obtained_because: Narrative | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Views:
        if (self.expressed is None) == (self.not_obtained_because is None):
            raise ValueError("give either `expressed` or `not_obtained_because`")
        return self


NO_ACTION = "no-action"


class Grounds(Word):
    """Why somebody decides as they do. Everything an auditor will ask for, asked for at the time."""

    reason_code: Code
    reason_text: Narrative
    legal_basis: LegalBasis
    options_considered: Annotated[tuple[Code, ...], Field(min_length=2)]
    """The options weighed, as codes; doing nothing (`no-action`) is always one of them."""
    views: Views
    policy_version: PolicyVersion
    """The version of the rules the decision was made under; see `policy`."""
    relied_on: Annotated[tuple[EventId, ...], OfTheCase()] = ()
    """The events the decision rests on; those a rule looked at are added."""
    review_on: Annotated[date | None, Bound(not_before=OCCURRED)] = None
    known_through: Annotated[Position, Field(ge=0)] | None = None
    """The log position the decision maker's screen was rendered from."""

    @field_validator("options_considered")
    @classmethod
    def _doing_nothing_was_weighed(cls, options: tuple[str, ...]) -> tuple[str, ...]:
        if NO_ACTION not in options:
            raise ValueError(f"name every option considered, `{NO_ACTION}` among them")
        return options

    def relying_on(self, events: Sequence[EventId]) -> Self:
        """Return them with events that the decision rests on, besides those named."""
        together = tuple(dict.fromkeys((*self.relied_on, *events)))
        return self.model_copy(update={"relied_on": together})


class Decision(Grounds):
    """A choice somebody made about a young person: the grounds, and who is answerable for it."""

    by: Actor

    @field_validator("by")
    @classmethod
    def _a_human_decides(cls, by: Actor) -> Actor:
        if by.kind != "human":
            raise ValueError("a system may be an input to a decision, never its maker; name the person")
        return by


def must_be_in_force(decision: Grounds, day: date) -> None:
    """Refuse a decision whose legal basis was not in force on the day it was made."""
    basis = decision.legal_basis
    if not basis.in_force_on(day):
        until = basis.valid_to.isoformat() if basis.valid_to else "further notice"
        raise Refused(
            "legal-basis-not-in-force",
            f"{basis.act} {basis.section} was in force from {basis.valid_from.isoformat()} until {until},"
            f" not on {day.isoformat()}: name the `legal_basis` that was in force on the day of the decision",
        )
