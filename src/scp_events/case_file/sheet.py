"""A case as a document says it, whatever draws it: headings, labels and words, and nothing to look up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scp_events.case_file.story import (
    Places,
    answered_by,
    clock,
    facts,
    grounds,
    marks,
    said,
    where,
    why_not,
)
from scp_events.case_file.summary import in_numbers
from scp_events.case_file.words import plain
from scp_events.replay import CaseReplay, Contradicted, Entry


@dataclass(frozen=True)
class Pair:
    """A label, and what belongs to it."""

    label: str
    words: str


@dataclass(frozen=True)
class Item:
    """One entry of the story."""

    day: str
    time: str
    place: str
    title: str
    by: str
    marks: tuple[str, ...]
    """What stands out: late, corrected."""
    said: tuple[Pair, ...]
    grounds: tuple[Pair, ...]


@dataclass(frozen=True)
class Sheet:
    """A document about a case."""

    reference: str
    about: tuple[Pair, ...]
    """From where it is seen, and how much there is."""
    heading: str
    items: tuple[Item, ...]
    remembered: tuple[Pair, ...]
    contradictions: tuple[Item, ...]
    foot: tuple[str, ...]

    @property
    def title(self) -> str:
        """What the document is called."""
        return f"Case {self.reference}"


def sheet_of(
    told: CaseReplay, only: tuple[str, tuple[Entry, ...]] | None = None, checkpoint: str | None = None
) -> Sheet:
    """Return a replayed case as a document; with `only`, a kind and its entries, those alone."""
    places = Places.of(told.story)
    kind, entries = only or ("", told.story)
    return Sheet(
        reference=told.case_reference,
        about=_pairs([*where(told.seen), *in_numbers(told)]),
        heading=f"What happened: {kind} alone" if kind else "What happened",
        items=tuple(_item(entry, places) for entry in entries),
        remembered=_pairs(facts(told.streams, places)),
        contradictions=tuple(_misfit(each) for each in told.contradictions),
        foot=(
            f"Built from log position {told.log_position}. #12 is the entry recorded twelfth.",
            *([f"Covered by a checkpoint: {checkpoint}."] if checkpoint else []),
        ),
    )


def _item(entry: Entry, places: Places) -> Item:
    return Item(
        day=entry.occurred_on.isoformat(),
        time=clock(entry),
        place=f"#{entry.position}",
        title=plain(entry.title),
        by=answered_by(entry),
        marks=tuple(mark.removeprefix("* ") for mark in marks(entry, places)),
        said=_pairs(said(entry, places)),
        grounds=_pairs(grounds(entry.decision, places)) if entry.decision is not None else (),
    )


def _misfit(found: Contradicted) -> Item:
    return Item(
        day=found.occurred_on.isoformat(),
        time="",
        place=f"#{found.position}",
        title=plain(found.title),
        by="",
        marks=(why_not(found),),
        said=(),
        grounds=(),
    )


def _pairs(told: Iterable[tuple[str, str]]) -> tuple[Pair, ...]:
    return tuple(Pair(label, words) for label, words in told)
