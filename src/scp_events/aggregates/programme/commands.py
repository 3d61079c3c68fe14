"""A programme: what doors offer, and to whom. A bespoke programme comes about as any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from scp_events.aggregates.programme import events
from scp_events.aggregates.programme.events import Template
from scp_events.vocabulary import LEADING, Code, Command, IdentifiedCommand, Role, members


class DefineProgramme(IdentifiedCommand, Template):
    """Say what a programme consists of and for whom it is."""

    RECORDS = events.ProgrammeDefined


class ReviseProgramme(IdentifiedCommand, Template):
    """Say what the programme consists of from now on, as a whole."""

    RECORDS = events.ProgrammeRevised


class RetireProgramme(IdentifiedCommand):
    """Let the programme admit nobody any more."""

    RECORDS = events.ProgrammeRetired
    reason_code: Code


ProgrammeCommand: TypeAlias = DefineProgramme | ReviseProgramme | RetireProgramme
COMMANDS: tuple[type[ProgrammeCommand], ...] = members(ProgrammeCommand)

MAY: Mapping[type[Command], frozenset[Role]] = dict.fromkeys(COMMANDS, LEADING)
"""Which roles may send which command. Those who lead answer for what a programme is."""
