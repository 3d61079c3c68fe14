"""Events and commands: what happened, in past tense, and what somebody asks for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from scp_events.vocabulary.decisions import Decision, Grounds
from scp_events.vocabulary.ids import EventId
from scp_events.vocabulary.people import Actor
from scp_events.vocabulary.personal import Erased, FieldGroup, personal_fields, values_in
from scp_events.vocabulary.text import Word


class Event(Word):
    """Something that happened, in the words a case worker would use. Stored for ever as it was first said."""

    schema_version: ClassVar[int] = 1
    confidentiality: ClassVar[Literal["standard", "restricted"]] = "standard"
    TITLE: ClassVar[str]
    """What an auditor, a clerk or a court reads: the fact, then how it came out: "Plan reviewed: {outcome}".

    `{field}` stands for a field that is not personal; `{decision.reason_code}` and the like work, too. All
    of them come after the colon: what is before it is said of a retraction as well.
    """

    type: str


class DecisionEvent(Event):
    """An event by which somebody decided something; it cannot be said without its grounds."""

    decision: Decision


class IdentifiedEvent(Event):
    """An event that others name, by an id whoever reports it may choose beforehand."""

    event_id: EventId


class DestroyedKey(Word):
    """A key that is no more: whose it was, and since when what it had sealed reads as erased."""

    key_id: UUID
    subject: UUID
    group: FieldGroup
    at: AwareDatetime
    epoch: int | None = None
    """Older copies of the keyring hold it wrapped by this epoch's key; None where it never was made."""

    @property
    def erased(self) -> Erased:
        """Return how everything it had sealed reads."""
        return Erased(key_id=self.key_id, at=self.at)


SomeKeys = Annotated[tuple[DestroyedKey, ...], Field(min_length=1)]


class ErasureEvent(DecisionEvent):
    """An event by which keys were destroyed. Whoever holds a copy of what they had sealed purges it."""

    destroyed: SomeKeys


class Command(Word):
    """What somebody asks for. An aggregate answers with events, with nothing new, or with `Refused`.

    It is a report of something that happened, perhaps long ago, and is decided as of its own time.
    """

    RECORDS: ClassVar[type[Event]]
    """The event it leads to. What both say is one shared model, copied by `fact`."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        """Nobody says what was erased: a command that would repeat it comes from reading, not from people."""
        told = (getattr(self, name) for name in personal_fields(type(self)))  # nothing else can be erased
        if any(isinstance(said, Erased) for each in told for said in values_in(each)):
            raise ValueError("a command cannot say what was erased: leave it out, or say it anew")
        return self

    def fact(self, by: Actor, **more: object) -> Any:  # noqa: ANN401 - the event class is known at run time only
        """Return the event this command leads to; `more` are fields that it does not say itself.

        Who decides is `by`: whoever acts.
        """
        fields: dict[str, Any] = {name: getattr(self, name) for name in shared_fields(type(self))}
        if isinstance(grounds := fields.get("decision"), Grounds):
            fields["decision"] = Decision(**{**dict(grounds), "by": by})
        return self.RECORDS(**(fields | more))


class Act(Command):
    """A command that takes effect by being recorded: its time is the log's clock, and nobody names it."""


class IdentifiedCommand(Command):
    """A report of an event that others name. Its id is made for it where it is left out."""

    event_id: EventId | None = None


class DecisionCommand(Command):
    """A command that is itself a decision, so it comes with its grounds."""

    decision: Grounds

    def relying_on(self, events: Sequence[EventId]) -> Self:
        """Return it with events that its decision rests on, besides those it names."""
        return self.model_copy(update={"decision": self.decision.relying_on(events)})


@cache
def shared_fields(command: type[Command]) -> tuple[str, ...]:
    """Return the fields that a command and its event have in common."""
    return tuple(name for name in command.model_fields if name in command.RECORDS.model_fields)


@cache
def stored_type(event: type[Event]) -> str:
    """Return the name an event class is stored under."""
    return str(event.model_fields["type"].default)


@cache
def command_name(command: type[Command]) -> str:
    """Return what doors call a command: `record-contact` for `RecordContact`."""
    name = command.__name__
    return "".join(f"-{c.lower()}" if c.isupper() and n else c.lower() for n, c in enumerate(name))
