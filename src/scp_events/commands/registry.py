"""Every command that doors offer. It follows `aggregates.ALL`: nothing is listed here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any

from pydantic import TypeAdapter

from scp_events.aggregates import ALL
from scp_events.vocabulary import Act, AnyAggregate, Command, Correct, Retract, Scope, command_name


class By(StrEnum):
    """How people say what a command is about."""

    CASE = "case reference"
    ID = "id"
    """Of one of many in a case."""
    NAME = "name"
    """Of what belongs to no case."""


@dataclass(frozen=True)
class Offer:
    """A command, and the aggregate it is for."""

    aggregate: AnyAggregate
    command: type[Command]

    @cached_property
    def name(self) -> str:
        """Return what doors call it, such as `record-contact`."""
        return command_name(self.command)

    @cached_property
    def full_name(self) -> str:
        """Return a name that no other offer has: `correct` and `retract` are offered by many aggregates."""
        return f"{self.aggregate.COLLECTION}/{self.name}"

    @cached_property
    def begins(self) -> bool:
        """Whether it begins what it is about."""
        return self.command is self.aggregate.BEGINS

    @cached_property
    def opens_case(self) -> bool:
        """Whether it may be sent for a case that nobody has heard of yet."""
        return self.begins and self.aggregate.OPENS_CASE

    @cached_property
    def addressed_by(self) -> By:
        """What says which one it is about."""
        if self.aggregate.SCOPE is Scope.NO_CASE:
            return By.NAME
        return By.CASE if self.aggregate.SCOPE is Scope.ONE_PER_CASE or self.begins else By.ID

    @cached_property
    def decides(self) -> bool:
        """Whether it is a decision, so that it comes with its grounds."""
        return "decision" in self.command.model_fields

    @cached_property
    def is_for_every_fact(self) -> bool:
        """Whether every aggregate with reports offers it: correcting and retracting."""
        return self.command in {Correct, Retract}

    @cached_property
    def is_report(self) -> bool:
        """Whether it may say when it was. The time of an act is the log's clock."""
        return not issubclass(self.command, Act)


def _offers() -> Iterator[Offer]:
    for aggregate in ALL:
        for command in aggregate.COMMANDS:
            if command in aggregate.MAY:
                yield Offer(aggregate, command)
        if correctable(aggregate):
            yield Offer(aggregate, Correct)
            yield Offer(aggregate, Retract)


def correctable(aggregate: AnyAggregate) -> tuple[type[Command], ...]:
    """Return the commands whose facts can be corrected: what they report may have been otherwise."""
    return tuple(c for c in aggregate.COMMANDS if c in aggregate.MAY and not issubclass(c, Act))


OFFERS: tuple[Offer, ...] = tuple(_offers())
"""Every command there is at the doors, in the order of the aggregates."""


def name_of_one(aggregate: AnyAggregate) -> Any:  # noqa: ANN401 - a type, known at run time only
    """Return what a name of something that belongs to no case may look like: its first event says it."""
    assert aggregate.BEGINS is not None, "what belongs to no case is begun by its name"  # noqa: S101 - for the type checker
    said = aggregate.BEGINS.RECORDS.model_fields["code"]
    return Annotated[(said.annotation, *said.metadata)]


NAME_READERS: Mapping[str, TypeAdapter[str]] = {
    aggregate.CATEGORY: TypeAdapter(name_of_one(aggregate))
    for aggregate in ALL
    if aggregate.SCOPE is Scope.NO_CASE
}
"""What reads such a name, and describes it, by category."""


class UnknownCommandError(Exception):
    """There is no command of this name; the message says which there are."""


def offer_named(name: str) -> Offer:
    """Return the command of this name, such as `record-contact` or `engagement/correct`."""
    found = [offer for offer in OFFERS if name in (offer.name, offer.full_name)]
    if len(found) == 1:
        return found[0]
    if found:
        fitting = ", ".join(offer.full_name for offer in found)
        raise UnknownCommandError(f"there are several commands {name!r}: name one of {fitting}")
    raise UnknownCommandError(f"there is no command {name!r}: {', '.join(_names())}")


def _names() -> list[str]:
    return sorted({offer.name for offer in OFFERS})
