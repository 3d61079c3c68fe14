"""How far the erasure of a case has come, as the log has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from scp_events.aggregates import record
from scp_events.aggregates.record import Erasure
from scp_events.aggregates.record.events import ErasureApproved, ErasureRequested, PersonalDataErased
from scp_events.event_log import LogReader, Recorded
from scp_events.history import effective, state_of
from scp_events.vocabulary import CaseId, Event, the_one

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Standing:
    """How far the erasure of a case has come."""

    erasure: Erasure
    requested: Recorded[ErasureRequested] | None
    approved: Recorded[ErasureApproved] | None
    """None, too, where it was refused since."""
    done: Recorded[PersonalDataErased] | None


def standing(log: LogReader, case_id: CaseId) -> Standing:
    """Return how far the erasure of a case has come."""
    history = log.stream_history(the_one(record.CATEGORY, case_id))
    state = state_of(record, effective(recorded.fact for recorded in history))
    return Standing(
        state.erasure,
        _last(history, ErasureRequested),
        _last(history, ErasureApproved) if state.erasure.is_approved else None,
        _last(history, PersonalDataErased),
    )


def _last(history: Sequence[Recorded[Any]], kind: type[E]) -> Recorded[E] | None:
    return next((recorded for recorded in reversed(history) if isinstance(recorded.event, kind)), None)
