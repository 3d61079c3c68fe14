"""Part of a case's story: its decisions, what was entered late, what was corrected, what does not fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from scp_events.case_file.story import delay
from scp_events.replay import CaseReplay, Entry
from scp_events.vocabulary import LATE_FROM

Kind: TypeAlias = Literal["decisions", "late", "corrections", "contradictions"]


def chosen(told: CaseReplay, kind: Kind) -> tuple[Entry, ...]:
    """Return the entries of a kind, in the order of the story."""
    return tuple(entry for entry in told.story if _IS[kind](entry, told))


def counts(told: CaseReplay) -> Mapping[Kind, int]:
    """Return how many entries there are of each kind."""
    return {kind: len(chosen(told, kind)) for kind in _IS}


_IS: Mapping[Kind, Callable[[Entry, CaseReplay], bool]] = {
    "decisions": lambda entry, _: entry.decision is not None,
    "late": lambda entry, _: delay(entry) >= LATE_FROM,
    "corrections": lambda entry, _: entry.corrects is not None or bool(entry.corrected_by),
    "contradictions": lambda entry, told: any(entry.position == c.position for c in told.contradictions),
}
"""A correction is shown with what it corrects."""
