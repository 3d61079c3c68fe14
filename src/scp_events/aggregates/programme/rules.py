"""A programme: the rules.

    defined -> revised (any number of times) -> retired

A version is called what people call it, and never used for something else. All of them stay readable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from scp_events.aggregates.programme.commands import (
    DefineProgramme,
    ProgrammeCommand,
    RetireProgramme,
    ReviseProgramme,
)
from scp_events.aggregates.programme.events import (
    ProgrammeDefined,
    ProgrammeEvent,
    ProgrammeRetired,
    ProgrammeRevised,
    Template,
)
from scp_events.vocabulary import Command, Context, Evidence, Refused, Word, must_differ, part_of, replace

EVIDENCE: Mapping[type[Command], Evidence[Any]] = {}

# --- state ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """What we remember: every version, and whether the programme admits anybody still."""

    versions: tuple[Template, ...] = ()
    retired: bool = False


initial = State()


class View(Word):
    """What others may read of a programme."""

    versions: tuple[Template, ...]
    """The current one is the last."""
    retired: bool


def view(state: State) -> View:
    """Return what others may read."""
    return View(versions=state.versions, retired=state.retired)


def evolve(state: State, event: ProgrammeEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case ProgrammeDefined() | ProgrammeRevised():
            return replace(state, versions=(*state.versions, part_of(event, Template)))
        case ProgrammeRetired():
            return replace(state, retired=True)
    assert_never(event)


# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: ProgrammeCommand, context: Context) -> list[ProgrammeEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case DefineProgramme():
            return define_programme(state, command, context)
        case ReviseProgramme():
            return revise_programme(state, command, context)
        case RetireProgramme():
            return retire_programme(state, command, context)
    assert_never(command)


def define_programme(state: State, command: DefineProgramme, context: Context) -> list[ProgrammeEvent]:
    """A programme is defined once; what changes later is a revision."""
    if state.versions:
        if state.versions == (part_of(command, Template),):
            return []
        raise Refused(
            "already-defined",
            f"programme {context.name} was defined by {context.when}: say what changed with"
            " `revise-programme`, or define another under a name of its own",
        )
    _must_fit_together(command)
    return [command.fact(context.by, event_id=context.event_id, code=context.name)]


def revise_programme(state: State, command: ReviseProgramme, context: Context) -> list[ProgrammeEvent]:
    """A programme that admits people can be revised, under a version nobody has used yet."""
    _must_be_there(state, context)
    _must_not_be_retired(state, context)
    if state.versions[-1] == part_of(command, Template):
        return []
    if command.template_version in {known.template_version for known in state.versions}:
        raise Refused(
            "version-taken",
            f"version {command.template_version} says something else already: give this one a"
            " `template_version` of its own",
        )
    _must_fit_together(command)
    return [command.fact(context.by, event_id=context.event_id)]


def retire_programme(state: State, command: RetireProgramme, context: Context) -> list[ProgrammeEvent]:
    """A programme is retired once."""
    _must_be_there(state, context)
    return [] if state.retired else [command.fact(context.by, event_id=context.event_id)]


def _must_be_there(state: State, context: Context) -> None:
    if not state.versions:
        raise Refused(
            "not-defined",
            f"the programme was not defined by {context.when}: `define-programme` first, or correct"
            " `occurred_at`",
        )


def _must_not_be_retired(state: State, context: Context) -> None:
    if state.retired:
        raise Refused(
            "retired",
            f"the programme was retired by {context.when}: define another under a name of its own",
        )


def _must_fit_together(template: Template) -> None:
    must_differ("`variants`", [variant.code for variant in template.variants], _OF_ITS_OWN)
    must_differ("`modules`", [module.code for module in template.modules], _OF_ITS_OWN)
    phases = {phase for variant in template.variants for phase in variant.phases}
    unknown = sorted({module.phase for module in template.modules if module.phase} - phases)
    if unknown:
        raise Refused(
            "no-such-phase",
            f"a module is of phase {unknown[0]}, which no variant has: name one of the `phases` of a variant",
        )


_OF_ITS_OWN = "give each a `code` of its own"
