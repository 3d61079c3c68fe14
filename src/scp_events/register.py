"""The register of decisions, each with the rules by which it no longer fits what stands before it.

Whether it fits depends on what is entered later, in any stream of its case. So it is asked anew with every
answer, as in a replay: no row has to change with a late entry, a correction or a retraction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from scp_events.event_log import LogReader, Recorded
from scp_events.follower import AnyConnection
from scp_events.projections import decisions
from scp_events.projections.decisions import EVERY, Decided, Wanted
from scp_events.replay import contradicted, evidence_of
from scp_events.vocabulary import NOTHING_YET, Event, EventId, Position, Word


class BrokenRule(Word):
    """A rule by which a decision would be refused, asked again as of its time."""

    rule: str
    remedy: str


class Registered(Decided):
    """One decision, and how it stands."""

    contradictions: tuple[BrokenRule, ...]
    """None where it fits what is known by now to have stood before it."""


def register(
    log: LogReader,
    connection: AnyConnection,
    after: Position = NOTHING_YET,
    limit: int | None = 100,
    wanted: Wanted = EVERY,
) -> list[Registered]:
    """Return at most `limit` decisions after a position, in the order in which they were recorded."""
    found = decisions.register(connection, after, limit, wanted)
    broken = _broken(log, {each.case_id for each in found})
    return [Registered(**dict(each), contradictions=tuple(broken[each.event_id])) for each in found]


def _broken(log: LogReader, cases: Collection[UUID]) -> Mapping[EventId, list[BrokenRule]]:
    """Return what no longer fits in some cases, by event; restricted streams take no part in it."""
    through, policies = log.head(), log.policies()
    broken: dict[EventId, list[BrokenRule]] = defaultdict(list)
    for known in _by_case(log.histories(cases, through)).values():
        facts = [recorded.fact for recorded in known]
        facts_of = evidence_of(log, facts, through)
        for found in contradicted(facts, known[0].envelope.case_id, facts_of, policies):
            broken[found.event_id].append(BrokenRule(rule=found.rule, remedy=found.remedy))
    return broken


def _by_case(history: Sequence[Recorded[Event]]) -> Mapping[UUID, list[Recorded[Event]]]:
    cases: dict[UUID, list[Recorded[Event]]] = defaultdict(list)
    for recorded in history:
        if recorded.envelope.confidentiality == "standard":
            cases[recorded.envelope.case_id or recorded.stream.id].append(recorded)
    return cases
