"""The laws of time are sharp: a history that is wrong in one place breaks one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime

import pytest

from scp_events.history import AnyFact, deciding, effective, order
from scp_events.vocabulary import Calendar, Correction, Retraction, When
from tests.history import laws
from tests.history.test_laws import ask

pytestmark = pytest.mark.once

STORIES = 3000
"""Enough to find what is wrong; most are found within a hundred."""


def must_break(law: Callable[..., None]) -> None:
    """Some story breaks the law."""
    with pytest.raises(AssertionError):
        ask(law, STORIES, only_find=True)


def in_order_of_entry(facts: Iterable[AnyFact]) -> list[AnyFact]:
    return sorted(facts, key=lambda fact: fact.position)


def test_a_history_in_order_of_entry_breaks_a_law(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "in_order_of_time", in_order_of_entry)
    must_break(laws.order_of_entry_does_not_matter)


def with_their_old_times(known: Iterable[AnyFact]) -> list[AnyFact]:
    facts = {fact.event_id: fact for fact in known}
    for fact in [*facts.values()]:
        if isinstance(fact.event, Correction | Retraction):
            wrong = facts.pop(fact.event.corrects, None)
            if wrong and isinstance(fact.event, Correction):
                facts[wrong.event_id] = wrong._replace(event=fact.event.fact)
            del facts[fact.event_id]
    return sorted(facts.values(), key=lambda fact: fact.position)


def test_a_correction_that_keeps_the_old_time_breaks_a_law(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "standing", with_their_old_times)
    must_break(laws.a_correction_is_as_if_it_had_been_right_at_once)


def day_in_utc(_calendar: Calendar, instant: datetime) -> date:
    return instant.astimezone(UTC).date()


def test_days_counted_in_utc_break_a_law(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Calendar, "day_of", day_in_utc)
    must_break(laws.order_of_entry_does_not_matter)


def all_that_is_known(known: Iterable[AnyFact], _when: When) -> list[AnyFact]:
    return effective(known)


def test_a_rule_asked_as_of_today_breaks_a_law(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "before", all_that_is_known)
    must_break(laws.what_is_taken_contradicts_nothing_that_stood_before_it)
