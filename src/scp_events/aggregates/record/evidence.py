"""Keeping and erasing a young person's record: what it needs to know of their testimonies.

Nothing else: somebody who was referred and never registered has the right to be forgotten, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scp_events.aggregates.feedback.events import TestimonyPublished, TestimonyTakenDown
from scp_events.aggregates.record.commands import ApproveErasure, BeginErasure
from scp_events.vocabulary import Command, Event, EventId, Evidence, Fact, OrganisationId


@dataclass(frozen=True)
class Publications:
    """Which testimonies are published, and by whom."""

    out: frozenset[tuple[EventId, OrganisationId]] = frozenset()


def _publish(known: Publications, fact: Fact[Event]) -> Publications:
    match fact.event:
        case TestimonyPublished(testimony=testimony, publisher=publisher):
            return Publications(known.out | {(testimony, publisher)})
        case TestimonyTakenDown(testimony=testimony, publisher=publisher):
            return Publications(known.out - {(testimony, publisher)})
    return known


PUBLICATIONS = Evidence(Publications(), _publish, over=(TestimonyPublished, TestimonyTakenDown))

EVIDENCE: Mapping[type[Command], Evidence[Any]] = {ApproveErasure: PUBLICATIONS, BeginErasure: PUBLICATIONS}
