"""What of a sheet is left open for a person: columns that nothing fills, and words that are not known."""

from __future__ import annotations

from collections.abc import Mapping

from scp_events.importing.column_kinds import KINDS, Column, Kind
from scp_events.importing.mapping.content import TheirColumn, is_short
from scp_events.importing.mapping.document import OPEN
from scp_events.importing.mapping.draft import DraftSheet, Said
from scp_events.importing.mapping.synonyms import as_word, word_for

_GROUNDS = {
    "decided_by": "Who decided: a code from staff, or a column of yours.",
    "reason_code": "Why, as a code of your own, such as start-of-work.",
    "reason": "Why, in words.",
    "legal_basis": "A code from legal-bases.",
    "options": "What was considered, such as assign; no-action.",
    "no_views_because": "Why the young person was not asked; or fill `views` from a column of yours.",
}
_ALWAYS_DECIDES = ("referrals", "referral-decisions", "key-workers")
_OF_A_KIND = {
    "boundaries-agreed": {"words": "The boundaries: what was agreed.", **_GROUNDS},
    "exited": {
        "exit_reason": "Why they left.",
        "no_exit_plan_because": "Why there is no plan for afterwards; or fill `words` with the plan.",
        **_GROUNDS,
    },
}
"""What a kind of row needs, beside what every row of its sheet needs."""
_OFTEN_THE_SAME = {Kind.TEXT, Kind.CHOICE, Kind.LEGAL_BASIS}
"""What is often the same on every line, where an organisation has no column for it."""


def ask_for_what_is_missing(entry: DraftSheet, name: str) -> None:
    """Leave open what a row of this sheet needs and nothing fills."""
    kind = entry.columns.get("kind", Said("")).value
    needs = {column.name: column.description for column in KINDS[name].values() if column.is_needed}
    if name in _ALWAYS_DECIDES:
        needs |= _GROUNDS
    for ours, what in (needs | _OF_A_KIND.get(str(kind), {})).items():
        if ours == "no_views_because" and "views" in entry.columns:
            continue
        if ours not in entry.columns and not (ours == "row" and entry.row):
            about = KINDS[name][ours]
            why = f"{what} {_one_of(about)}" if about.words else what
            entry.columns[ours] = Said(OPEN, why, always=about.kind in _OFTEN_THE_SAME)
    entry.columns = {ours: entry.columns[ours] for ours in KINDS[name] if ours in entry.columns}


def _one_of(column: Column) -> str:
    return f"One of {', '.join(column.words)}"


def propose_words(entry: DraftSheet, name: str, theirs: Mapping[str, TheirColumn]) -> None:
    """Propose our words for theirs. What somebody may have written freely is not repeated, but asked for."""
    for ours, column in theirs.items():
        about = KINDS[name][ours]
        if about.kind is Kind.CHOICE and (words := _words(column, about)):
            entry.words[ours] = words


def _words(column: TheirColumn, about: Column) -> dict[str, Said]:
    others = [text for text in column.distinct if as_word(text) not in about.words]
    known = {text: Said(word) for text in others if (word := word_for(text, about))}
    unknown = [text for text in others if text not in known]
    repeated = {text for text in unknown if is_short(text)} if column.is_of_words(about) else set()
    asked = {text: Said(OPEN, _one_of(about)) for text in unknown if text in repeated}
    if len(repeated) < len(unknown):
        why = f"{len(unknown) - len(repeated)} texts may be personal and are left out: write the words"
        asked["your word"] = Said(OPEN, f"{why}; {_one_of(about)}")
    if column.has_blanks and about.is_needed:
        asked[""] = Said(OPEN, f"where it is blank: {_one_of(about)}")
    return known | asked
