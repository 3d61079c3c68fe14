"""One mechanism for every fact that can turn out wrong: it is corrected or retracted, and the original stays.

A correction holds the fact as it should have been recorded, and its time says when that was so. Nothing that
folds history sees corrections: they are put in their places first (see `history`). So no aggregate has
events, commands or rules of its own for them.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any, ClassVar, Generic, Literal, TypeVar, cast

from pydantic import AwareDatetime, SerializeAsAny, create_model

from scp_events.vocabulary.decisions import Grounds
from scp_events.vocabulary.ids import EventId
from scp_events.vocabulary.messages import Act, Command, DecisionEvent, Event, stored_type

F = TypeVar("F", bound=Event)


class Correction(DecisionEvent, Generic[F]):
    """What was recorded was wrong; this is what should have been."""

    OF: ClassVar[type[Event]]
    corrects: EventId
    fact: F
    """The fact as it should have been recorded."""


class Retraction(DecisionEvent):
    """What was recorded never was so; it counts for nothing any more."""

    OF: ClassVar[type[Event]]
    corrects: EventId


@cache
def correction_of(fact: type[Event]) -> type[Any]:
    """Return the event class that corrects facts of a class: `engagement.contact-recorded.corrected`."""
    made = _named(fact, "corrected", Correction[fact])  # type: ignore[valid-type]  # the class is known at run time only
    made.TITLE = f"Corrected: {fact.TITLE}"
    return made


@cache
def retraction_of(fact: type[Event]) -> type[Any]:
    """Return the event class that retracts facts of a class: `engagement.contact-recorded.retracted`."""
    made = _named(fact, "retracted", Retraction)
    _, _, what_happened = stored_type(fact).partition(".")
    made.TITLE = f"Retracted, because it never was so: {what_happened.replace('-', ' ')}"
    return made


def _named(fact: type[Event], what: str, base: type[Any]) -> type[Any]:
    stored = f"{stored_type(fact)}.{what}"
    made = create_model(
        f"{fact.__name__}{what.capitalize()}",
        __base__=base,
        __doc__=base.__doc__,
        __module__=fact.__module__,
        type=(cast("Any", Literal[stored]), stored),
    )
    setattr(made, "OF", fact)  # noqa: B010 - the type checker knows the class only as it was made
    setattr(made, "confidentiality", fact.confidentiality)  # noqa: B010 - as above
    return made


class Correct(Act):
    """Say what should have been recorded. The original stays, and both are told."""

    decision: Grounds
    corrects: EventId
    """The event that was wrong: the fact itself, not an earlier correction of it."""
    instead: SerializeAsAny[Command]
    """What should have been asked for."""
    occurred_at: AwareDatetime | date | None = None
    """When it really happened, where that was wrong; otherwise the time that stands is kept."""


class Retract(Act):
    """Say that what was recorded never was so."""

    decision: Grounds
    corrects: EventId
    """The event that was wrong."""
