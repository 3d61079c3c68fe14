"""A case as something to read: what happened, in order, who answers for it and on what grounds.

`#12` is a place in the log: the entry recorded twelfth. It is what `--known-at` takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from scp_events.aggregates import ALL
from scp_events.case_file.words import in_words, plain
from scp_events.history import every_event
from scp_events.replay import CaseDifference, CaseReplay, Change, Contradicted, Entry, Seen, StreamState
from scp_events.vocabulary import (
    LATE_FROM,
    Actor,
    Decision,
    Erased,
    LegalBasis,
    Retraction,
    SourceRow,
    Views,
    days_late,
    stored_type,
)

QUIET, LOUD, LATE = "dim", "bold", "yellow"
UNTOLD = frozenset({"case_reference", "corrects", "decision", "event_id", "type"})
"""Fields said elsewhere in the story, or only for programs."""
FIRST = frozenset({"status", "key_worker"})
"""What people ask for first of what is remembered."""
PAIR = 2
SHOWN_DIGITS = 12
"""Of a file's digest: enough to tell the files of an office apart."""
RETRACTIONS = frozenset(
    stored_type(event)
    for aggregate in ALL
    for event in every_event(aggregate)
    if issubclass(event, Retraction)
)
A_FEW_WORDS = 3
"""Longer text is somebody's words, and stands in quotation marks."""


def story(told: CaseReplay, only: tuple[str, Sequence[Entry]] | None = None) -> Iterator[RenderableType]:
    """Tell a replayed case: where we stand, what happened, what is remembered.

    With `only`, a kind and its entries, those alone.
    """
    places = Places.of(told.story)
    kind, entries = only or ("", told.story)
    yield Text(told.case_reference, LOUD)
    yield pairs(where(told.seen), indent=2)
    yield Rule(style=QUIET)
    yield full(entries, places) if entries else Text(_nothing(kind))
    yield Rule(style=QUIET)
    if not only:
        yield remembered(told.streams, places)
    if kind in {"", "contradictions"}:
        yield from contradictions(told.contradictions)
    shown = f"; shown are {len(entries)}: {kind}" if only else ""
    yield Text(f"Built from log position {told.log_position}: {count(told.story)}{shown}.", QUIET)


def _nothing(kind: str) -> str:
    if kind:
        return f"There are no {'late entries' if kind == 'late' else kind} among what was known."
    return "Nothing had happened yet that was known."


def difference(told: CaseDifference, shown: Iterable[Entry]) -> Iterator[RenderableType]:
    """Tell what lies between two points of a case, by cause, and what is remembered differently.

    `shown` is what either point shows: an entry may name something of it that does not differ.
    """
    parts = {
        "Newly learned": ("had happened by then, and was recorded only after it", told.newly_learned),
        "Newly happened": ("happened in the world after the first point", told.newly_happened),
        "Corrected": ("what we had said was wrong, and this says what we learned", told.corrected),
        "Not yet": ("seen from the first point and not from the second", told.not_yet),
    }
    places = Places.of(shown)
    yield Text(f"{told.case_reference}: what differs", LOUD)
    yield _points(told)
    for heading, (meaning, entries) in parts.items():
        if entries:
            yield _heading(f"{heading} ({len(entries)})", meaning)
            yield full(entries, places, reasons=True)
    if not any(entries for _, entries in parts.values()):
        yield Text("\nNothing: both points show the same events.")
    yield from contradictions(told.contradictions)
    yield from _changes(told.changes, places)


def _points(told: CaseDifference) -> RenderableType:
    grid = _grid(6)
    for name, seen in (("first", told.first), ("second", told.second)):
        grid.add_row(Text(name, QUIET), pairs(where(seen)))
    return Padding(grid, (0, 0, 0, 2))


def _heading(heading: str, meaning: str) -> Text:
    return Text.assemble("\n", (heading, LOUD), (f"  {meaning}", QUIET), "\n")


def count(entries: Sequence[Entry]) -> str:
    """Return how many entries there are, and how many decisions."""
    decisions = sum(entry.decision is not None for entry in entries)
    return f"{len(entries)} entries, {decisions} of them decisions"


# --- where we stand ---------------------------------------------------------------------------------------


def where(seen: Seen) -> list[tuple[str, str]]:
    """Return from where a case is seen, as labels and words."""
    as_of = "everything that has happened" if seen.as_of is None else f"what had happened by {at(seen.as_of)}"
    return [("as of", as_of), ("known at", _known(seen))]


def _known(seen: Seen) -> str:
    if seen.trust_source and seen.known_at is not None:
        return (
            f"what its sources say was entered by {at(seen.known_at)} (their claim: the log cannot prove it)"
        )
    if seen.known_at is None or not seen.known_through:
        return "nothing had been recorded yet (log position 0)"
    return f"what the log held at position {seen.known_through}, on {at(seen.known_at)}"


def at(moment: datetime | date) -> str:
    """Return a time as people write it; a day is the organisation's, and its end is meant."""
    if not isinstance(moment, datetime):
        return f"the end of {moment}"
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


# --- entries ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Places:
    """Where each thing of the story first comes up, so that an id can be shown as a place to look at."""

    by_id: Mapping[str, int]
    entries: Mapping[int, Entry]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Places:
        """Return the places of events and streams, and of needs, goals and the like by first mention."""
        in_log_order: dict[int, Entry] = {
            entry.position: entry for entry in sorted(entries, key=lambda e: e.position)
        }
        by_id: dict[str, int] = {str(entry.event_id): place for place, entry in in_log_order.items()}
        for place, entry in in_log_order.items():
            for name in (str(entry.stream_id), *_ids(content(entry))):
                by_id.setdefault(name, place)
        return cls(by_id, in_log_order)

    def dated(self, event_id: UUID) -> str:
        """Return an event's place and date."""
        place = self.by_id.get(str(event_id))
        if place is None:
            return "an event not seen from here"
        return f"#{place} of {self.entries[place].occurred_on}"

    def done_by(self, event_id: UUID) -> str:
        """Return what a correction does to a fact."""
        found = self.entries.get(self.by_id.get(str(event_id), 0))
        return "retracted" if found is not None and found.type in RETRACTIONS else "corrected"

    def corrected(self, entry: Entry) -> Entry | None:
        """Return what stood before a correction: the event it corrects, or that event's last correction."""
        return next(
            (
                earlier
                for place, earlier in reversed(list(self.entries.items()))
                if place < entry.position
                and entry.corrects is not None
                and entry.corrects in (earlier.event_id, earlier.corrects)
            ),
            None,
        )


def _ids(says: Mapping[str, Any]) -> Iterator[str]:
    return (value for field, value in says.items() if field.endswith("_id") and _is_id(value))


def _is_id(value: object) -> bool:
    try:
        return isinstance(value, str) and len(value) == 36 and UUID(value) is not None  # noqa: PLR2004 - a UUID
    except ValueError:
        return False


def brief(entries: Iterable[Entry], new: frozenset[int] = frozenset()) -> RenderableType:
    """Tell each entry in a line; those in `new` are marked."""
    grid = _grid(10, 6)
    for entry in entries:
        is_new = entry.position in new
        grid.add_row(
            Text(entry.occurred_on.isoformat()),
            Text(f"{'+ ' if is_new else ''}#{entry.position}", LATE if is_new else QUIET, justify="right"),
            Text.assemble(plain(entry.title), (f", by {plain(entry.by.id)}", QUIET)),
        )
    return grid


def full(entries: Iterable[Entry], places: Places, *, reasons: bool = False) -> RenderableType:
    """Tell each entry with all it says, its marks and its grounds."""
    grid = _grid(10, 5)
    for number, entry in enumerate(entries):
        if number:
            grid.add_row()
        grid.add_row(
            Text.assemble(entry.occurred_on.isoformat(), (f"\n{clock(entry)}", QUIET)),
            Text(f"#{entry.position}", QUIET, justify="right"),
            _entry(entry, places, reasons=reasons),
        )
    return grid


def clock(entry: Entry) -> str:
    """Return the time of day, where it is known."""
    return entry.time_of_day or ""


def _entry(entry: Entry, places: Places, *, reasons: bool) -> RenderableType:
    parts: list[RenderableType] = [Text(plain(entry.title), LOUD), Text(answered_by(entry), QUIET)]
    parts += [Text(mark, LATE) for mark in marks(entry, places)]
    parts += [pairs(said(entry, places))]
    if entry.decision is not None:
        parts += [pairs(grounds(entry.decision, places), indent=2)]
    elif reasons:
        parts += [pairs([("purpose", plain(entry.purpose))])]
    return Group(*parts)


def answered_by(entry: Entry) -> str:
    """Say who answers for an entry, and who typed it in where that was somebody else, or later."""
    doing = "decided by" if entry.decision is not None else "by"
    clerk = f" by {plain(entry.recorded_by.id)}" if entry.recorded_by != entry.by else ""
    days = delay(entry)
    after = f" {_days(days)} later" if 0 < days < LATE_FROM else ""
    made = f", {_made(entry)}{clerk}{after}" if clerk or after else ""
    return f"{entry.category}: {doing} {_actor(entry.by)}{made}"


def _actor(actor: Actor) -> str:
    return f"{plain(actor.id)} ({actor.role} at {plain(actor.organisation)})"


def marks(entry: Entry, places: Places) -> Iterator[str]:
    """Return what stands out of an entry, in words."""
    if (days := delay(entry)) >= LATE_FROM:
        yield f"* late: {_made(entry)} {_days(days)} later, on {entry.entered_on}"
    if entry.corrects is not None:
        yield f"* {'retracts' if entry.type in RETRACTIONS else 'corrects'} {places.dated(entry.corrects)}"
    for correction in entry.corrected_by:
        yield f"* {places.done_by(correction)} by {places.dated(correction)}"


def delay(entry: Entry) -> int:
    """Return how many days after it happened an entry was made; 0 where it was the same day."""
    return days_late(entry.occurred_on, entry.entered_on)


def _made(entry: Entry) -> str:
    return "entered in its source" if entry.source_recorded_at else "recorded"


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def said(entry: Entry, places: Places) -> Iterator[tuple[str, str]]:
    """Tell an entry's own fields; of a correction, what differs from what stood before."""
    before = places.corrected(entry)
    for field, value in content(entry).items():
        if field in UNTOLD or places.by_id.get(str(value)) == entry.position or _is_whoever(value, entry):
            continue
        text = _value(value, places)
        if before is not None:
            text = _against(text, _value(content(before).get(field), places))
        if text:
            yield _label(field), text
    if entry.source_row is not None:
        yield "imported from", _source(entry.source_row)


def _source(row: SourceRow) -> str:
    """Say which row it was; the beginning of the digest tells which of an office's files."""
    told = f"row {row.row} of {row.sheet}, in the file with SHA-256 {row.file_sha256[:SHOWN_DIGITS]}..."
    if row.mapping_sha256 is not None:
        told += f", read by the mapping {row.mapping_sha256[:SHOWN_DIGITS]}..."
    return told + (f", accepted: {', '.join(row.accepted)}" if row.accepted else "")


def content(entry: Entry) -> Mapping[str, Any]:
    """Return what an entry says; of a correction, what it says of the fact."""
    fact: Mapping[str, Any] = entry.says.get("fact", entry.says)
    return fact


def _is_whoever(value: object, entry: Entry) -> bool:
    """Whether a field names again who acted."""
    return isinstance(value, dict) and value == entry.by.model_dump(mode="json")


def _against(now: str, was: str) -> str:
    return "" if now == was else f"{now or 'nothing'} (was {was or 'nothing'})"


def _label(field: str) -> str:
    return field.removesuffix("_id").replace("_", " ")


def _value(value: object, places: Places) -> str:
    """Return a value in words; what has a place in the story is named by its place."""
    match value:
        case {"id": who, "role": role, "organisation": organisation}:
            return f"{plain(who)} ({role} at {plain(organisation)})"
        case dict() if "erased" not in value:
            told = {key: inner for key, inner in value.items() if key not in UNTOLD}
            words = ((_key(key, places), _value(inner, places)) for key, inner in told.items())
            return "; ".join(f"{key} {text}".strip() for key, text in words if text)
        case list():
            return ", ".join(filter(None, (_member(inner, places) for inner in value)))
        case str() if _is_id(value):
            return f"#{places.by_id[value]}" if value in places.by_id else ""
        case str() if value.count(" ") >= A_FEW_WORDS:
            return f"“{plain(value)}”"
    return in_words(value)


def _member(value: object, places: Places) -> str:
    """Return a part of a list in words; a pair, such as a domain and its score, without field names."""
    if isinstance(value, dict) and len(value) == PAIR:
        return " ".join(_value(inner, places) for inner in value.values())
    return _value(value, places)


def _key(key: str, places: Places) -> str:
    return _value(key, places) if _is_id(key) else _label(key)


def grounds(decision: Decision, places: Places) -> Iterator[tuple[str, str]]:
    """Return the grounds of a decision, as labels and words."""
    yield "reason", f"{plain(decision.reason_code)}: {_words(decision.reason_text)}"
    yield "legal basis", _legal_basis(decision.legal_basis)
    yield "considered", ", ".join(map(plain, decision.options_considered))
    yield "their views", _views(decision.views)
    yield "policy", decision.policy_version
    if decision.relied_on:
        yield "relied on", ", ".join(places.dated(event_id) for event_id in decision.relied_on)
    if decision.known_through is not None:
        yield "screen of", f"log position {decision.known_through}"
    if decision.review_on is not None:
        yield "review on", decision.review_on.isoformat()


def _legal_basis(basis: LegalBasis) -> str:
    reference = f", {_plainly(basis.reference)}" if basis.reference else ""
    until = f" until {basis.valid_to}" if basis.valid_to else ""
    return (
        f"{plain(basis.instrument)}, {plain(basis.act)} {plain(basis.section)}{reference}"
        f" (in force from {basis.valid_from}{until})"
    )


def _views(views: Views) -> str:
    if views.expressed is not None:
        return _words(views.expressed)
    return f"not obtained: {_words(views.not_obtained_because)}"


def _words(said: str | Erased | None) -> str:
    """Return somebody's words as such; or that they were erased, which nobody said."""
    return _plainly(said) if isinstance(said, Erased) else f"“{plain(said)}”"


def _plainly(said: str | Erased) -> str:
    return in_words(said.model_dump(mode="json") if isinstance(said, Erased) else said)


# --- what no longer fits together -------------------------------------------------------------------------


def why_not(found: Contradicted) -> str:
    """Return by which rule a fact no longer fits, and what to do."""
    return f"{found.rule}: {plain(found.remedy)}"


def contradictions(found: Sequence[Contradicted]) -> Iterator[RenderableType]:
    """Tell what no longer fits together, if anything."""
    if not found:
        return
    yield _heading(
        f"No longer fits together ({len(found)})", "each would be refused now; a correction settles it"
    )
    grid = _grid(10, 5)
    for each in found:
        grid.add_row(
            Text(each.occurred_on.isoformat()),
            Text(f"#{each.position}", QUIET, justify="right"),
            Group(Text(plain(each.title), LOUD), Text(why_not(each), LATE)),
        )
    yield grid


# --- what is remembered -----------------------------------------------------------------------------------


def remembered(streams: Iterable[StreamState], places: Places) -> RenderableType:
    """Tell how each stream stands."""
    return Group(Text("What is remembered", LOUD), pairs(facts(streams, places), indent=2))


def facts(streams: Iterable[StreamState], places: Places) -> Iterator[tuple[str, str]]:
    """Yield what is remembered of each stream, in words; of some there is nothing but ids."""
    for stream in streams:
        in_order = sorted(stream.state.items(), key=lambda said: said[0] not in FIRST)
        if known := ", ".join(filter(None, (_fact(*said, places) for said in in_order))):
            yield stream.category, known


def _fact(field: str, value: object, places: Places) -> str:
    """Say the plain values that are set, and how many there are of the others."""
    if not value or _is_id(value):
        return ""
    match value:
        case True:
            return _label(field)
        case dict() if all(key.isidentifier() for key in value) and "role" not in value:
            return ""  # a record of its own, told in the story
        case list() | dict() if not (isinstance(value, dict) and "role" in value):
            return f"{_label(field)}: {len(value)}"
    return f"{_label(field)} {_value(value, places)}"


def _changes(changes: Sequence[Change], places: Places) -> Iterator[RenderableType]:
    if not changes:
        return
    yield _heading(f"Remembered differently ({len(changes)})", "what the rules go by, stream by stream")
    grid = _grid(11)
    for change in changes:
        grid.add_row(Text(change.category, QUIET), Text(_change(change, places)))
    yield Padding(grid, (0, 0, 0, 2))


def _change(change: Change, places: Places) -> str:
    gone, come = _apart(change.before, change.after)
    what = _label(change.field)
    if isinstance(gone, list):
        parts = [*(f"- {_value(part, places)}" for part in gone), *(f"+ {_value(p, places)}" for p in come)]
        return f"{what}: {', '.join(parts)}"
    return f"{what}: {_value(gone, places) or 'nothing'} -> {_value(come, places) or 'nothing'}"


def _apart(before: Any, after: Any) -> tuple[Any, Any]:  # noqa: ANN401 - a remembered value is any JSON value
    """Of collections, return the parts that only one of them has."""
    old, new = _parts(before), _parts(after)
    if old is None or new is None:
        return before, after
    return [part for part in old if part not in new], [part for part in new if part not in old]


def _parts(value: object) -> list[object] | None:
    """Return the members of a list or the pairs of a mapping; of nothing, none."""
    match value:
        case None:
            return []
        case list():
            return value
        case dict() if "role" not in value:
            return [{key: inner} for key, inner in value.items()]
    return None


# --- layout -----------------------------------------------------------------------------------------------


def _grid(*widths: int) -> Table:
    """Return columns without lines: of at least these widths, and one for the rest."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    for columns in widths:
        grid.add_column(min_width=columns, no_wrap=True)
    grid.add_column(overflow="fold")
    return grid


def pairs(said: Iterable[tuple[str, str]], *, indent: int = 0) -> RenderableType:
    """Return labels and what belongs to them, side by side."""
    grid = _grid(13)
    for name, value in said:
        grid.add_row(Text(name, QUIET), Text(value))
    return Padding(grid, (0, 0, 0, indent)) if grid.row_count else Group()
