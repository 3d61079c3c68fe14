"""A case, or every case, asked again under a version of the policy."""

from __future__ import annotations

from collections.abc import Iterator

from scp_events.event_log import LogReader
from scp_events.policy import Policies
from scp_events.replay import evidence_of
from scp_events.vocabulary import CaseId, Position
from scp_events.what_if.case import Case
from scp_events.what_if.completions import WouldComplete, completions
from scp_events.what_if.decisions import WouldDiffer, decisions


def what_if(
    log: LogReader, version: str, case_id: CaseId | None = None
) -> Iterator[WouldDiffer | WouldComplete]:
    """Yield what would differ of a case, or of all, under a version of the policy.

    Cases in order of reference, of each its decisions before its enrolments; restricted streams are left
    out. Raises `Refused` where the version is not known.
    """
    through, policies = log.head(), log.policies().supposing(version)
    for reference, each in log.cases():
        if case_id in {None, each}:
            case = _case(log, reference, each, policies, through)
            yield from decisions(case)
            yield from completions(case)


def _case(log: LogReader, reference: str, case_id: CaseId, policies: Policies, through: Position) -> Case:
    history = log.case_history(case_id, through)
    facts = [each.fact for each in history if each.envelope.confidentiality == "standard"]
    return Case(reference, case_id, facts, evidence_of(log, facts, through), policies)
