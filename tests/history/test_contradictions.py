from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import pytest

from scp_events.aggregates import engagement, irp
from scp_events.aggregates.engagement.events import (
    BoundariesAgreed,
    ExitReason,
    KeyWorkerAssigned,
    ParticipantExited,
    StoryRecorded,
)
from scp_events.aggregates.irp.events import IrpSuperseded
from scp_events.aggregates.participant.events import ParticipantDied
from scp_events.history import AnyFact, contradictions_of
from scp_events.scenario import CASE, Given, Happened, at, given, on
from scp_events.vocabulary import Event, correction_of
from tests.examples import irp as plans
from tests.history.stories import REGISTERED
from tests.words import KEY_WORKER, NEXT_IRP, decision, event_id

pytestmark = pytest.mark.once

BOUNDARIES = BoundariesAgreed(decision=decision(), agreed_with=KEY_WORKER, boundaries="Invented.")
TOLD = StoryRecorded(event_id=event_id(1), story="An invented story.", told_to=KEY_WORKER)
LEFT = ParticipantExited(decision=decision(), reason=ExitReason.WITHDREW, exit_plan="An invented plan.")


def told(so_far: Given) -> list[tuple[type[Event], str]]:
    """Return which facts contradict what stands before them, and by which rule."""

    def facts_of(types: tuple[type[Event], ...], _others: Collection[UUID]) -> Sequence[AnyFact]:
        known = [*so_far.facts_of_others(), *so_far.facts()]
        return [fact for fact in known if getattr(fact.event, "OF", type(fact.event)) in types]

    found = contradictions_of(so_far.aggregate, so_far.facts(), facts_of, CASE)
    assert all(each.remedy for each in found)
    return [(type(each.fact.event), each.rule) for each in found]


def engaged(*more: Happened) -> Given:
    return given(engagement, on("2025-03-03", BOUNDARIES), *more).knowing(at("2025-01-01T08:00", REGISTERED))


def test_a_history_that_fits_together_has_no_contradictions() -> None:
    assert told(engaged(on("2025-03-05", TOLD), on("2025-03-10", LEFT))) == []


def test_a_late_report_shows_what_no_longer_fits() -> None:
    late = engaged(on("2025-03-05", TOLD), on("2025-03-04", LEFT))
    assert told(late) == [(StoryRecorded, "exited")]


def test_a_correction_settles_it() -> None:
    moved = correction_of(StoryRecorded)(corrects=event_id(1), fact=TOLD, decision=decision())
    assert told(engaged(on("2025-03-05", TOLD), on("2025-03-04", LEFT), on("2025-03-03", moved))) == []


def test_what_happened_in_another_stream_can_contradict() -> None:
    died = on("2025-03-04", ParticipantDied())
    assert told(engaged(on("2025-03-05", TOLD)).knowing(died)) == [(StoryRecorded, "died")]
    assert told(engaged(on("2025-03-03", TOLD)).knowing(died)) == []


def test_what_was_already_so_contradicts_nothing() -> None:
    assigned = KeyWorkerAssigned(decision=decision(), key_worker=KEY_WORKER)
    assert told(engaged(on("2025-03-05", assigned), on("2025-03-06", assigned))) == []


def test_what_came_about_with_another_event_is_not_asked_by_itself() -> None:
    ended = given(irp, *plans.history(*plans.ACTIVE), IrpSuperseded(by=NEXT_IRP)).knowing(*plans.FOUNDATION)
    assert told(ended) == []


def test_every_contradiction_is_told_in_order_of_time() -> None:
    facts: list[Any] = [TOLD.model_copy(update={"event_id": event_id(n)}) for n in (1, 2)]
    late = engaged(on("2025-03-07", facts[0]), on("2025-03-06", facts[1]), on("2025-03-04", LEFT))
    assert told(late) == [(StoryRecorded, "exited"), (StoryRecorded, "exited")]
