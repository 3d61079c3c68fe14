"""Which command leads to which event, and which events may be corrected."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from scp_events.vocabulary import (
    Act,
    AnyAggregate,
    Command,
    Correct,
    Event,
    Grounds,
    Retract,
    correction_of,
    retraction_of,
    shared_fields,
)


def command_recording(aggregate: AnyAggregate, event: type[Event]) -> type[Command] | None:
    """Return the command that leads to events of a class; None where it comes about otherwise."""
    return _by_event(aggregate.COMMANDS).get(event)


@cache
def _by_event(commands: tuple[type[Command], ...]) -> Mapping[type[Event], type[Command]]:
    return {command.RECORDS: command for command in commands}


def is_correctable(aggregate: AnyAggregate, event: type[Event]) -> bool:
    """Whether events of a class can be corrected: they report something; an act took effect once recorded."""
    command = command_recording(aggregate, event)
    return command is not None and not issubclass(command, Act)


def every_event(aggregate: AnyAggregate) -> tuple[type[Event], ...]:
    """Return every event class that a stream of this aggregate may hold: its own, and their corrections.

    Those without a command came about with another event, and are corrected with it.
    """
    corrected: list[type[Event]] = [
        event
        for event in aggregate.EVENTS
        if command_recording(aggregate, event) is None or is_correctable(aggregate, event)
    ]
    return (
        *aggregate.EVENTS,
        *(correction_of(event) for event in corrected),
        *(retraction_of(event) for event in corrected),
    )


def evidence_types(aggregate: AnyAggregate, command: Command) -> tuple[type[Event], ...]:
    """Return the event classes that the evidence of a command is over, with what corrects them.

    A correction needs what the fact itself does, and what the facts do whose guards it could pass.
    """
    asked = aggregate.EVIDENCE
    over = (
        [event for evidence in asked.values() for event in evidence.over]
        if isinstance(command, Correct | Retract)
        else [*asked[type(command)].over]
        if type(command) in asked
        else []
    )
    return tuple(dict.fromkeys(each for event in over for each in _with_corrections(event)))


def _with_corrections(event: type[Event]) -> tuple[type[Event], ...]:
    return event, correction_of(event), retraction_of(event)


def asked_again(command: type[Command], event: Event) -> Command:
    """Return the command that an event was the answer to."""
    said = {name: getattr(event, name) for name in shared_fields(command)}
    return command.model_construct(None, **said)


def says_the_same(command: Command, event: Event) -> bool:
    """Whether an event says all that a command does. What a decision relies on may have been added to."""
    return isinstance(event, command.RECORDS) and all(
        _same(getattr(command, name), getattr(event, name))
        for name in shared_fields(type(command))
        if name != "event_id"
    )


def _same(asked: object, recorded: object) -> bool:
    if isinstance(asked, Grounds) and isinstance(recorded, Grounds):
        return all(
            getattr(asked, name) == getattr(recorded, name)
            for name in Grounds.model_fields
            if name != "relied_on"
        )
    return asked == recorded
