"""A case on one page: how much there is of it, who decided, how it stands, and what does not fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from scp_events.case_file.choosing import chosen, counts
from scp_events.case_file.story import LOUD, Places, brief, contradictions, delay, pairs, remembered, where
from scp_events.replay import CaseReplay

LATEST = 6
"""Decisions shown: more do not fit on a page."""


def summary(told: CaseReplay) -> Iterator[RenderableType]:
    """Tell a case in brief."""
    places = Places.of(told.story)
    yield Text(told.case_reference, LOUD)
    yield pairs([*where(told.seen), *in_numbers(told)], indent=2)
    decided = chosen(told, "decisions")[-LATEST:]
    if decided:
        yield Text("\nLatest decisions", LOUD)
        yield brief(decided)
    yield Text()
    yield remembered(told.streams, places)
    yield from contradictions(told.contradictions)


def in_numbers(told: CaseReplay) -> Iterator[tuple[str, str]]:
    """Tell how much there is, from when to when, and who decided."""
    if not told.story:
        yield "entries", "none"
        return
    of_kind = counts(told)
    yield "entries", f"{len(told.story)}, from {told.story[0].occurred_on} to {told.story[-1].occurred_on}"
    yield "decisions", _decisions(told)
    longest = max(map(delay, told.story))
    yield "late", f"{of_kind['late']}, the latest by {longest} days" if of_kind["late"] else "none"
    corrections = sum(entry.corrects is not None for entry in told.story)
    yield "corrections", str(corrections or "none")
    yield "do not fit", str(of_kind["contradictions"] or "none")


def _decisions(told: CaseReplay) -> str:
    by = Counter(entry.by.id for entry in chosen(told, "decisions"))
    who = ", ".join(f"{person} {number}" for person, number in by.most_common(LATEST))
    return f"{by.total()}: {who}" if by else "none"
