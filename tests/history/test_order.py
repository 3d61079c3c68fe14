from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from scp_events.aggregates import engagement
from scp_events.aggregates.engagement.events import ChoiceRecorded
from scp_events.history import (
    NOTHING_HAPPENED,
    AnyFact,
    before,
    effective,
    latest_of,
    standing,
    told,
    until,
)
from scp_events.scenario import Given, Happened, at, given, known_as, on
from scp_events.vocabulary import Calendar, EventId, correction_of, retraction_of
from tests.words import decision, event_id

pytestmark = pytest.mark.once

ANTIGUA = Calendar(ZoneInfo("America/Antigua"))
CORRECTED, RETRACTED = correction_of(ChoiceRecorded), retraction_of(ChoiceRecorded)


def choice(name: str) -> ChoiceRecorded:
    return ChoiceRecorded(event_id=named(name), about="invented", choice=name)


def named(name: str) -> EventId:
    return event_id(sum(map(ord, name)))


def correct(wrong: str, right: str) -> Happened:
    fact = choice(right).model_copy(update={"event_id": named(wrong)})
    return CORRECTED(corrects=named(wrong), fact=fact, decision=decision())


def retract(wrong: str) -> Happened:
    return RETRACTED(corrects=named(wrong), decision=decision())


def recorded(*happened: Happened) -> Given:
    return given(engagement, *happened)


def order(facts: list[AnyFact]) -> str:
    return " ".join(fact.event.choice for fact in facts)


# --- order of time ----------------------------------------------------------------------------------------


def test_what_is_entered_late_stands_where_it_happened() -> None:
    history = recorded(at("2025-03-12T09:00", choice("b")), at("2025-03-10T09:00", choice("a")))
    assert order(effective(history.facts())) == "a b"


def test_what_is_known_by_its_day_follows_what_was_recorded_of_the_day() -> None:
    history = recorded(
        at("2025-03-10T10:00", choice("a")),
        on("2025-03-10", choice("b")),
        at("2025-03-10T11:00", choice("c")),
    )
    assert order(effective(history.facts())) == "a b c"


def test_what_is_known_by_its_day_comes_first_where_it_was_recorded_first() -> None:
    history = recorded(on("2025-03-10", choice("a")), at("2025-03-10T01:00", choice("b")))
    assert order(effective(history.facts())) == "a b"


def test_a_late_fact_moves_no_other() -> None:
    contact, leaving = at("2025-03-10T10:00", choice("contact")), on("2025-03-10", choice("leaving"))
    assert order(effective(recorded(contact, leaving).facts())) == "contact leaving"
    late = at("2025-03-10T09:00", choice("late"))
    assert order(effective(recorded(contact, leaving, late).facts())) == "late contact leaving"


def test_facts_of_one_minute_stand_as_they_were_recorded() -> None:
    same = "2025-03-10T10:00"
    history = recorded(at(same, choice("a")), on("2025-03-10", choice("b")), at(same, choice("c")))
    assert order(effective(history.facts())) == "a b c"


def test_a_day_is_the_organisations_also_in_the_evening() -> None:
    evening = at("2025-03-10T21:30-04:00", choice("evening"))
    next_day = on("2025-03-11", choice("next day"))
    history = recorded(next_day, evening).in_days_of(ANTIGUA)
    assert order(effective(history.facts())) == "evening next day"


# --- what stands ------------------------------------------------------------------------------------------


def test_a_correction_stands_in_the_place_of_its_fact_with_its_own_time() -> None:
    history = recorded(
        at("2025-03-10T09:00", choice("a")),
        at("2025-03-11T09:00", choice("b")),
        at("2025-03-12T09:00", correct("a", "corrected")),
    )
    assert order(effective(history.facts())) == "b corrected"
    assert [fact.position for fact in effective(history.facts())] == [2, 1]


def test_the_last_correction_known_counts() -> None:
    first, second = correct("a", "once"), correct("a", "twice")
    history = recorded(*(at("2025-03-10T09:00", each) for each in (choice("a"), first, second)))
    assert order(effective(history.facts())) == "twice"
    assert order(effective(history.facts()[:2])) == "once"
    assert order(effective(history.facts()[:1])) == "a"


def test_what_was_retracted_counts_for_nothing() -> None:
    history = recorded(
        *(at("2025-03-10T09:00", each) for each in (choice("a"), correct("a", "b"), retract("a")))
    )
    assert effective(history.facts()) == []
    assert len(standing(history.facts()[:2])) == 1


def test_a_correction_of_what_is_not_known_changes_nothing() -> None:
    history = recorded(at("2025-03-10T09:00", choice("a")), at("2025-03-10T09:00", correct("b", "c")))
    assert order(effective(history.facts())) == "a"


# --- before, until and the latest -------------------------------------------------------------------------


def test_before_a_time_is_what_stands_before_something_recorded_now() -> None:
    history = recorded(
        at("2025-03-10T10:00", choice("a")),
        on("2025-03-10", choice("b")),
        at("2025-03-11T10:00", choice("c")),
    ).facts()
    when = ANTIGUA.when
    assert order(before(history, when(date(2025, 3, 9)))) == ""
    assert order(before(history, when(date(2025, 3, 10)))) == "a b"
    assert order(before(history, when(datetime.fromisoformat("2025-03-10T09:00+00:00")))) == ""
    assert order(before(history, when(datetime.fromisoformat("2025-03-10T10:00+00:00")))) == "a b"
    assert order(before(history, when(date(2025, 3, 11)))) == "a b c"


def test_nothing_is_before_itself() -> None:
    for told_as in (on("2025-03-10", choice("a")), at("2025-03-10T10:00", choice("a"))):
        (fact,) = recorded(told_as).facts()
        assert before([fact], fact.when, fact.position) == []


def test_until_a_time_is_what_was_not_after_it() -> None:
    history = effective(recorded(at("2025-03-10T10:00", choice("a")), on("2025-03-11", choice("b"))).facts())
    assert order(until(history, None)) == "a b"
    assert order(until(history, ANTIGUA.when(date(2025, 3, 10)))) == "a"
    assert order(until(history, ANTIGUA.when(datetime.fromisoformat("2025-03-10T09:59+00:00")))) == ""
    assert order(until(history, ANTIGUA.when(datetime.fromisoformat("2025-03-11T09:59+00:00")))) == "a b"


def test_a_history_admits_what_is_not_before_its_latest() -> None:
    history = recorded(at("2025-03-10T14:00", choice("a")), on("2025-03-11", choice("b"))).in_days_of(ANTIGUA)
    latest = latest_of(history.facts())
    for said, is_admitted in (
        (date(2025, 3, 10), False),
        (date(2025, 3, 11), True),
        (datetime.fromisoformat("2025-03-11T03:59+00:00"), False),  # the evening of the 10th
        (datetime.fromisoformat("2025-03-11T04:00+00:00"), True),
    ):
        assert latest.admits(ANTIGUA.when(said)) is is_admitted, said
    assert NOTHING_HAPPENED.admits(ANTIGUA.when(date(1, 1, 2)))


def test_a_fact_is_found_by_its_id() -> None:
    (fact,) = recorded(known_as(event_id(5), choice("a"))).facts()
    assert told([fact], named("a")) is fact
    assert told([fact], event_id(6)) is None
    assert told([fact], None) is None
