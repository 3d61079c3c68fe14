"""Which decisions would have come out otherwise under another version of the policy.

The rule of every decision is asked again about what stood before it, with the other version's numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from scp_events.aggregates import BY_CATEGORY
from scp_events.history import Otherwise, by_stream, decided_otherwise
from scp_events.vocabulary import EventId, Position, Word, title_of
from scp_events.what_if.case import Case


class WouldDiffer(Word):
    """One decision, and what would have come of it."""

    case_reference: str
    position: Position
    event_id: EventId
    category: str
    stream_id: UUID
    occurred_on: date
    title: str
    policy_version: str
    """Under which it was decided."""
    would_be_refused_by: str | None
    """The rule; None where something else would have been recorded."""
    remedy: str | None
    differs_in: tuple[str, ...]
    """The fields that would say something else."""


PINNED = frozenset({"variants", "required_minutes"})
"""What an admission pins for completion: what would have come of that is asked in `completions`."""


def decisions(case: Case) -> Iterator[WouldDiffer]:
    """Yield the decisions of a case that would differ, in order of its streams and of time."""
    for stream, own in by_stream(case.facts).items():
        aggregate = BY_CATEGORY[stream.category]
        for found in decided_otherwise(aggregate, own, case.facts_of, case.case_id, case.policies):
            if found.refusal is not None or not PINNED.issuperset(found.differs_in):
                yield _told(case.reference, found)


def _told(reference: str, found: Otherwise) -> WouldDiffer:
    fact, refusal = found.fact, found.refusal
    return WouldDiffer(
        case_reference=reference,
        position=fact.position,
        event_id=fact.event_id,
        category=fact.stream.category,
        stream_id=fact.stream.id,
        occurred_on=fact.when.day,
        title=title_of(fact.event),
        policy_version=_version_of(fact.event),
        would_be_refused_by=None if refusal is None else refusal.rule,
        remedy=None if refusal is None else refusal.remedy,
        differs_in=found.differs_in,
    )


def _version_of(event: Any) -> str:  # noqa: ANN401 - any event that names one
    named = getattr(event, "policy_version", None) or event.decision.policy_version
    return str(named)
