"""What is said to be absent from a case: which types, which days, and what of it stands after all."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from functools import cache

from scp_events.aggregates import ALL
from scp_events.event_log import LogReader
from scp_events.history import every_event, standing
from scp_events.ledger.format.absence import Claim
from scp_events.ledger.log.absence import Known
from scp_events.vocabulary import CaseId, Event, Position, stored_type


class UnknownTypeError(Exception):
    """No event has such a type, so a proof that there is none would prove nothing."""


def claim_of(log: LogReader, types: Collection[str], first_day: date, last_day: date) -> Claim:
    """Return the claim that no event of these types stands in these days of the organisation.

    A type is named whole, or from its beginning up to a dot. Raises `UnknownTypeError`.
    """
    calendar = log.calendar
    claim = Claim(
        types=sorted(set(types)),
        first_day=first_day,
        last_day=last_day,
        time_zone=calendar.zone.key,
        starts_at=calendar.whole_day(first_day).at,
        ends_before=calendar.whole_day(last_day + timedelta(days=1)).at,
    )
    for named in claim.types:
        if not any(f"{stored_as}.".startswith(f"{named}.") for stored_as in _stored_types()):
            raise UnknownTypeError(
                f"no event is a {named!r}, so nothing would be proved: docs/GLOSSARY.md lists every type"
            )
    return claim


def known(log: LogReader, case_id: CaseId, size: int, claim: Claim) -> Known:
    """Return what the case is called, and which events contradict the claim, as known at a size of the log.

    Nothing personal is opened: when something was so, and of which type it is, stands in the clear.
    """
    recorded = log.histories([case_id], Position(size), unopened=_every_event())
    facts = standing(each.fact for each in recorded)
    return Known(
        reference=log.reference_of(case_id) or str(case_id),
        standing=[
            fact.position
            for fact in facts
            if claim.is_about(fact.event.type) and claim.first_day <= fact.when.day <= claim.last_day
        ],
    )


@cache
def _every_event() -> tuple[type[Event], ...]:
    return tuple(event for aggregate in ALL for event in every_event(aggregate))


@cache
def _stored_types() -> frozenset[str]:
    return frozenset(map(stored_type, _every_event()))
