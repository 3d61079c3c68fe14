"""What would have been decided otherwise under another version of the policy; nothing is recorded.

A rule change never judges old records anew. Whoever wants to know what it would have changed asks here: the
rule of every decision is asked again about what stood before it, with the other version's numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from scp_events.aggregates import BY_CATEGORY
from scp_events.event_log import LogReader
from scp_events.history import Otherwise, decided_otherwise
from scp_events.policy import policy_of
from scp_events.replay import by_stream, evidence_of
from scp_events.vocabulary import CaseId, Command, EventId, Grounds, Position, Word, title_of


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


def what_if(log: LogReader, version: str, case_id: CaseId | None = None) -> Iterator[WouldDiffer]:
    """Yield every decision of a case, or of all, that would differ under a version of the policy.

    Cases in order of reference, each in order of its streams and of time; restricted streams are left out.
    Raises `Refused` where the version is not known.
    """
    policy_of(version)
    for reference, each in log.cases():
        if case_id in {None, each}:
            yield from _in_one_case(log, reference, each, version)


def _in_one_case(log: LogReader, reference: str, case_id: CaseId, version: str) -> Iterator[WouldDiffer]:
    history = log.case_history(case_id)
    known = [recorded for recorded in history if recorded.envelope.confidentiality == "standard"]
    facts = [recorded.fact for recorded in known]
    facts_of = evidence_of(log, facts, log.head())
    under = partial(under_policy, version=version)
    for stream, own in by_stream(known).items():
        aggregate = BY_CATEGORY[stream.category]
        for found in decided_otherwise(aggregate, own, facts_of, case_id, under):
            yield _told(reference, found)


def under_policy(command: Command, *, version: str) -> Command:
    """Return a command as if it had been sent under a version; itself where it names none, or that one."""
    changes: dict[str, Any] = {}
    if getattr(command, "policy_version", version) != version:
        changes["policy_version"] = version
    grounds = getattr(command, "decision", None)
    if isinstance(grounds, Grounds) and grounds.policy_version != version:
        changes["decision"] = grounds.model_copy(update={"policy_version": version})
    return command.model_copy(update=changes) if changes else command


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
